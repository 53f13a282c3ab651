/// Answers that begin with the prompt, as a wrong cut of generated text leaves them.
struct EchoCheck: RowCheck {
  let check = Check(
    "prompt-echoed", .block, "an answer repeats the prompt at its beginning",
    measures: "the last user turn and each answer",
    formula:
      "the answer, white space aside, begins with the whole last user turn of at least 40 bytes, on one side only",
    threshold: "any row",
    why:
      "One side was cut from the generated text and the other was not: the echo itself becomes the preference.",
    remedy: "Cut the prompt off the answers, or drop the rows.")
  let action: PatchAction? = .drop

  private static let shortest = 40

  func problem(of row: PairText) -> String? {
    let question = Array(row.question.trimmed)
    guard question.count >= Self.shortest else { return nil }
    let echoes = row.sides.map { $0.bytes.trimmed.starts(with: question) }
    guard echoes[0] != echoes[1] else { return nil }
    return "the \(echoes[0] ? "chosen" : "rejected") answer begins with the prompt"
  }
}
