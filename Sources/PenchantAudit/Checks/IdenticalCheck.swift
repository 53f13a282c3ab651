import PenchantData

/// Answers that are the same, byte for byte or as people read them.
struct IdenticalCheck: RowCheck {
  let check = Check(
    "identical-answers", .block, "chosen and rejected are the same",
    measures: "the two answers of a pair",
    formula:
      "equal bytes, or equal after Unicode canonical equivalence, lower case and collapsed white space",
    threshold: "any row",
    why:
      "The pair has no preference in it: its gradient is zero, or that of a difference in spaces.",
    remedy: "Drop the rows, or mark them as ties.")
  let action: PatchAction? = .drop

  func problem(of row: PairText) -> String? {
    if row.pair.isTie { return nil }
    if row.pair.isIdentical { return "the same bytes" }
    guard !row.chosen.isEmpty, !row.rejected.isEmpty else { return nil }
    // Most pairs differ early; folding all of them would be the dearest part of the audit.
    guard abs(row.chosen.count - row.rejected.count) <= max(64, row.chosen.count / 4) else {
      return nil
    }
    let (chosen, rejected) = (Folded.bytes(row.chosen), Folded.bytes(row.rejected))
    if chosen == rejected { return sameTurns(row) ? "the same but for case and white space" : nil }
    guard chosen.contains(where: { $0 >= 0x80 }) || rejected.contains(where: { $0 >= 0x80 }),
      // `==` of strings is canonical equivalence.
      String(decoding: chosen, as: UTF8.self) == String(decoding: rejected, as: UTF8.self),
      sameTurns(row)
    else { return nil }
    return "the same but for how accents are encoded"
  }

  /// Turns whose words agree may still call different tools.
  private func sameTurns(_ row: PairText) -> Bool {
    guard case .messages(let chosen) = row.pair.chosen,
      case .messages(let rejected)? = row.pair.rejected
    else { return true }
    return chosen.map(\.role) == rejected.map(\.role)
      && chosen.map(\.extra) == rejected.map(\.extra)
  }
}
