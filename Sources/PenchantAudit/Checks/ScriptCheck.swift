/// Answers in another script than the question.
struct ScriptCheck: RowCheck {
  let check = Check(
    "script-mismatch", .warn, "an answer is in another script than the question",
    measures: "letters of the last user turn and of each answer",
    formula:
      "the script of more than 60 % of the letters (Latin, Greek, Cyrillic, Hebrew, Arabic, Indic, Thai, Han and Kana, Hangul), both texts with at least 20 letters",
    threshold: "one side differs from the question and the other does not",
    why:
      "The preference is then about the language, and the model may learn to switch. Translation tasks are named too.",
    remedy: "Look at the rows; drop those where the language is a mistake.")

  func problem(of row: PairText) -> String? {
    guard
      row.chosen.contains(where: { $0 >= 0x80 }) || row.rejected.contains(where: { $0 >= 0x80 })
        || row.question.contains(where: { $0 >= 0x80 }), let asked = Script.of(row.question)
    else { return nil }
    let answers = row.sides.map { Script.of($0.bytes) }
    let differs = answers.map { $0 != nil && $0 != asked }
    guard differs[0] != differs[1] else { return nil }
    return "the \(differs[0] ? "chosen" : "rejected") answer is in another script than the question"
  }
}

/// Families of letters that one glance tells apart.
enum Script: Int, CaseIterable {
  case latin, greek, cyrillic, hebrew, arabic, indic, thai, han, hangul

  /// The script most letters are of; nil where there are too few, or none prevails.
  static func of(_ text: [UInt8]) -> Script? {
    var counts = [Int](repeating: 0, count: allCases.count)
    var total = 0
    for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
      guard let script = Script(scalar) else { continue }
      counts[script.rawValue] += 1
      total += 1
    }
    guard total >= 20, let most = counts.max(), Double(most) > 0.6 * Double(total) else {
      return nil
    }
    return counts.firstIndex(of: most).flatMap(Script.init(rawValue:))
  }

  init?(_ scalar: Unicode.Scalar) {
    switch scalar.value {
    case 0x41...0x5a, 0x61...0x7a, 0xc0...0x24f, 0x1e00...0x1eff: self = .latin
    case 0x370...0x3ff, 0x1f00...0x1fff: self = .greek
    case 0x400...0x52f: self = .cyrillic
    case 0x590...0x5ff: self = .hebrew
    case 0x600...0x6ff, 0x750...0x77f, 0x8a0...0x8ff: self = .arabic
    case 0x900...0xdff: self = .indic
    case 0xe00...0xe7f: self = .thai
    case 0x3040...0x30ff, 0x3400...0x4dbf, 0x4e00...0x9fff, 0x20000...0x3134f: self = .han
    case 0x1100...0x11ff, 0xac00...0xd7af: self = .hangul
    default: return nil
    }
  }
}
