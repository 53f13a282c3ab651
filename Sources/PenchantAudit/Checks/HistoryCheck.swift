import PenchantData

/// Sides that part before the last turn, so that two conversations are compared and not two answers.
struct HistoryCheck: RowCheck {
  let check = Check(
    "history-differs", .block, "the two sides answer different conversations",
    measures: "what comes before the last assistant turn on each side",
    formula:
      "the turns up to the last assistant turn are equal on both sides (RLHFlow's filter for HH)",
    threshold: "any row",
    why:
      "The answers reply to different questions; which is better says nothing about either as an answer.",
    remedy: "Drop the rows, or cut both sides at the first answer that differs.")
  let action: PatchAction? = .drop

  private static let human = Array("\n\nHuman:".utf8)
  private static let assistant = Array("\n\nAssistant:".utf8)

  func problem(of row: PairText) -> String? {
    guard let rejected = row.pair.rejected else { return nil }
    switch (row.pair.chosen, rejected) {
    case (.messages(let chosen), .messages(let rejected)):
      let (left, right) = (Array(chosen.dropLast()), Array(rejected.dropLast()))
      return left == right ? nil : "turns before the last one differ"
    default:
      // Only transcripts say where a turn ends.
      guard row.prompt.starts(with: Self.human) else { return nil }
      let (left, right) = (Self.history(row.chosen), Self.history(row.rejected))
      return left == right ? nil : "turns before the last one differ"
    }
  }

  /// All up to the last answer of a transcript.
  private static func history(_ answer: [UInt8]) -> ArraySlice<UInt8> {
    guard answer.contains(human), let end = answer.lastOffset(of: assistant) else { return [] }
    return answer[..<end]
  }
}
