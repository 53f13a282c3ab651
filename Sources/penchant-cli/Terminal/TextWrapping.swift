/// Text in lines of a width.
enum TextWrapping {
  /// Narrower is no text.
  private static let least = 20

  /// Breaks text at spaces so that no line is wider than `width`.
  /// - Parameter cutsWords: a longer word is cut; otherwise it stands out of its line, so that a path can be copied.
  static func lines(_ text: String, width: Int, cutsWords: Bool = true) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false)
      .flatMap { wrap($0, width: max(1, width), cutsWords) }
  }

  /// Text behind a label, its further lines below its beginning; one line without a width.
  static func hanging(
    _ label: String, _ text: String, width: Int?, cutsWords: Bool = false
  ) -> [String] {
    guard let width else { return [label + text] }
    let indent = DisplayWidth.of(label)
    let gap = String(repeating: " ", count: indent)
    return lines(text, width: max(least, width - indent), cutsWords: cutsWords)
      .enumerated().map { ($0 == 0 ? label : gap) + $1 }
  }

  /// A page whose lines are broken where they are too wide, and go on below their own beginning.
  static func page(_ text: String, width: Int?) -> String {
    guard let width else { return text }
    return text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      guard DisplayWidth.of(String(line)) > width else { return String(line) }
      let indent = line.prefix { $0 == " " }
      return hanging(String(indent), String(line.dropFirst(indent.count)), width: width)
        .joined(separator: "\n")
    }.joined(separator: "\n")
  }

  private static func wrap(_ paragraph: Substring, width: Int, _ cutsWords: Bool) -> [String] {
    if DisplayWidth.of(String(paragraph)) <= width { return [String(paragraph)] }
    var lines: [String] = []
    var line = ""
    var used = 0
    for word in paragraph.split(separator: " ", omittingEmptySubsequences: false) {
      var rest = String(word)
      let needed = DisplayWidth.of(rest)
      if used > 0, used + 1 + needed > width {
        lines.append(line)
        (line, used) = ("", 0)
      }
      if used > 0 {
        line += " "
        used += 1
      }
      while cutsWords, DisplayWidth.of(rest) > width - used {
        let head = prefix(rest, width: width - used)
        lines.append(line + head)
        rest.removeFirst(head.count)
        (line, used) = ("", 0)
      }
      line += rest
      used += DisplayWidth.of(rest)
    }
    return lines + [line]
  }

  /// The longest beginning that fits, at least one character.
  static func prefix(_ text: String, width: Int) -> String {
    var taken = ""
    var used = 0
    for character in text {
      let own = DisplayWidth.of(String(character))
      if !taken.isEmpty, used + own > width { break }
      taken.append(character)
      used += own
    }
    return taken
  }

  /// Two columns with a rule between them.
  static func sideBySide(_ left: [String], _ right: [String], width: Int) -> String {
    (0..<max(left.count, right.count)).map { row in
      let first = row < left.count ? left[row] : ""
      let second = row < right.count ? right[row] : ""
      let gap = String(repeating: " ", count: max(0, width - DisplayWidth.of(first)))
      return first + gap + " │ " + second + "\n"
    }.joined()
  }
}
