/// Text in lines of a width.
enum TextWrapping {
  /// Breaks text at spaces so that no line is wider than `width`; a longer word is cut.
  static func lines(_ text: String, width: Int) -> [String] {
    text.split(separator: "\n", omittingEmptySubsequences: false)
      .flatMap { wrap($0, width: max(1, width)) }
  }

  private static func wrap(_ paragraph: Substring, width: Int) -> [String] {
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
      while DisplayWidth.of(rest) > width - used {
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
