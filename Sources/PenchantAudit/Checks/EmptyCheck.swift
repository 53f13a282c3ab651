import PenchantData

/// Answers and prompts with nothing in them, or with what a program writes for nothing.
struct EmptyCheck: RowCheck {
  let check = Check(
    "empty-text", .block, "an answer or the prompt is empty",
    measures: "prompt and both answers",
    formula:
      "nothing but white space, or the whole answer is one of None, null, nil, NaN, undefined, N/A, [], {}, \"\"",
    threshold: "any row",
    why:
      "A missing value was written as text, or a generation failed; the model learns to say it or to fear it.",
    remedy: "Drop the rows, and look at the program that wrote them.")
  let action: PatchAction? = .drop

  /// Spellings that programs use for a missing value; a lower-case `none` or `no` may be an answer.
  private static let literals = Set(
    [
      "None", "null", "NULL", "nil", "NaN", "nan", "undefined", "N/A", "[]", "{}", "\"\"", "''",
      "<NA>",
    ])

  func problem(of row: PairText) -> String? {
    if row.prompt.trimmed.isEmpty { return "the prompt is empty" }
    for (name, passage, bytes) in [
      ("chosen", row.pair.chosen, row.chosen),
      ("rejected", row.pair.rejected ?? .text(""), row.rejected),
    ] {
      let text = bytes.trimmed
      if text.isEmpty {
        // A turn that only calls a tool says nothing and is not empty.
        if !passage.isEmpty, case .messages = passage { continue }
        return "the \(name) answer is empty"
      }
      if text.count <= 9, Self.literals.contains(String(decoding: text, as: UTF8.self)) {
        return "the \(name) answer is a literal for a missing value"
      }
    }
    return nil
  }
}
