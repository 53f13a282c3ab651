import PenchantAudit
import PenchantCore
import PenchantData

/// The pairs of a run after its patch, and what the blocking checks of the audit say of them.
struct AuditedPairs {
  let pairs: [Pair]
  /// What to say of them, a line each.
  let notes: [String]
  /// Rows that the patch left out, as lines of dropped.jsonl.
  let dropped: [JSON]

  /// - Parameters:
  ///   - patch: path of a patch, if one is to be applied.
  ///   - compares: whether the answers will be held against each other; else there is nothing to audit.
  /// - Throws: `AuditError` for a patch that does not fit the pairs.
  init(_ read: [Pair], patch: String?, compares: Bool) throws(AuditError) {
    var (pairs, notes, dropped) = (read, [String](), [JSON]())
    if let patch {
      let outcome = try Patch(path: patch).apply(to: pairs)
      pairs = outcome.pairs
      notes.append("\(patch): \(outcome.summary)")
      dropped = outcome.dropped.map { pair, reason in
        .object(
          JSONObject([
            "id": .string(pair.id), "row": .string(pair.source.description), "reason": "patch",
            "check": .string(reason),
          ]))
      }
    }
    if compares { notes.append(Self.verdict(Audit.blocking(pairs), of: pairs.count)) }
    self.pairs = pairs
    self.notes = notes
    self.dropped = dropped
  }

  private static func verdict(_ findings: [Finding], of count: Int) -> String {
    guard !findings.isEmpty else { return "audit: nothing that blocks in \(count) pairs" }
    let rows = Set(findings.flatMap { $0.rows.map(\.index) }).count
    let kinds = findings.map { "\($0.check.title) in \($0.count)" }.joined(separator: ", ")
    return "audit: \(rows) of \(count) pairs cannot teach what they are meant to (\(kinds)); "
      + "penchant audit shows them and writes a patch"
  }
}
