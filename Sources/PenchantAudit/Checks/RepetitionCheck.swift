import PenchantData

/// Answers stuck in a loop.
struct RepetitionCheck: RowCheck {
  let check = Check(
    "repetition", .warn, "an answer repeats itself",
    measures: "each answer",
    formula:
      "share of word 4-grams that stood before in the same answer; longest run of one character",
    threshold: "more than half of at least 40 4-grams, or a run of 100 letters",
    why:
      "A loop in a chosen answer teaches loops; loops only in rejected ones make the pair too easy to teach anything else.",
    remedy: "Drop rows whose chosen answer loops.")

  func problem(of row: PairText) -> String? {
    for (name, bytes) in row.sides where Self.loops(bytes) { return "a loop in the \(name) answer" }
    return nil
  }

  static func loops(_ text: [UInt8]) -> Bool {
    var (run, previous) = (0, UInt8(0))
    for byte in text {
      run = byte == previous && byte.isLetter ? run + 1 : 1
      if run >= 100 { return true }
      previous = byte
    }
    guard text.count >= 100 else { return false }
    let words = WordHashes.of(text)
    guard words.count >= 43 else { return false }
    var seen: Set<UInt64> = []
    var repeated = 0
    for start in 0...(words.count - 4) {
      var hash = StableHash()
      for word in words[start..<start + 4] { hash.combine(word) }
      if !seen.insert(hash.value).inserted { repeated += 1 }
    }
    return repeated * 2 > words.count - 3
  }
}
