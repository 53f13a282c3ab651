package import PenchantCore
package import PenchantData
import Synchronization

/// Applies a patch to pairs as they are read, and notices which of its rows were met.
///
/// What it says of a pair depends on the pair alone, so that pairs can be read again in any order.
package final class PatchEditor: Sendable {
  /// A row that was left out.
  package struct Dropped: Sendable, Equatable {
    package let line: Patch.Line
    package let source: RowLocation

    /// Its line in dropped.jsonl.
    package var json: JSON {
      .object(
        JSONObject([
          "id": .string(line.id), "row": .string(source.description), "reason": "patch",
          "check": .string(line.reason),
        ]))
    }
  }

  /// A row's pairs are told apart by their texts: a ranked list makes several.
  private struct Place: Hashable {
    var file: String
    var row: Int
    var fingerprint: String
  }

  package let patch: Patch
  private let edits: [Place: Patch.Line]
  private let met = Mutex<[Place: RowLocation]>([:])

  package init(_ patch: Patch) {
    self.patch = patch
    edits = Dictionary(patch.lines.map { (Self.place($0), $0) }) { first, _ in first }
  }

  private static func place(_ line: Patch.Line) -> Place {
    Place(file: line.file, row: line.row, fingerprint: line.fingerprint)
  }

  /// The pair as the patch wants it; nil where it is left out.
  package func edit(_ pair: Pair) -> Pair? {
    let place = Place(
      file: FileSystem.name(of: pair.source.file), row: pair.source.row,
      fingerprint: Patch.fingerprint(of: pair))
    guard let line = edits[place] else { return pair }
    met.withLock { $0[place] = pair.source }
    var pair = pair
    switch line.action {
    case .drop: return nil
    case .flip:
      if let rejected = pair.rejected {
        (pair.chosen, pair.rejected) = (rejected, pair.chosen)
        // A margin says by how much the chosen answer is better, which it no longer is.
        pair.margin = pair.margin.map { -$0 }
      }
    case .soften(let confidence): pair.confidence = confidence
    }
    return pair
  }

  /// To be called when all pairs were read once: the rows that were left out, in the order of the patch.
  /// - Throws: ``AuditError`` if a row of the patch was not met as it was.
  package func finish() throws(AuditError) -> [Dropped] {
    let met = met.withLock { $0 }
    let missing = patch.lines.filter { met[Self.place($0)] == nil }
    if let first = missing.first {
      throw AuditError(
        .patchRowsNotFound(count: missing.count, file: first.file, row: first.row))
    }
    return patch.lines.compactMap { line in
      guard line.action == .drop, let source = met[Self.place(line)] else { return nil }
      return Dropped(line: line, source: source)
    }
  }
}

extension Patch {
  /// The pairs as the patch wants them, and the rows that were left out.
  /// - Throws: ``AuditError`` if a row of the patch is not among the pairs as it was.
  package func apply(
    to pairs: [Pair]
  ) throws(AuditError) -> (pairs: [Pair], dropped: [PatchEditor.Dropped]) {
    let editor = PatchEditor(self)
    let edited = pairs.compactMap(editor.edit)
    return (edited, try editor.finish())
  }
}
