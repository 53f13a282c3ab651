/// Characters that nobody sees and every tokenizer does.
struct InvisibleCheck: RowCheck {
  let check = Check(
    "invisible-characters", .warn, "a text holds invisible or control characters",
    measures: "prompt and both answers",
    formula:
      "controls but tab and line ends, U+FFFD, bidirectional controls, zero-width space, byte order mark, soft hyphen, tag characters; joiners only between letters that do not join",
    threshold: "any row",
    why:
      "They hide instructions from people, mark a side as coming from one source, or are the trace of a broken encoding.",
    remedy: "Clean the texts; look at rows where only one side has them.")

  func problem(of row: PairText) -> String? {
    for (name, bytes) in row.texts {
      if let kind = Self.kind(bytes) { return "\(kind) in the \(name)" }
    }
    return nil
  }

  /// The kind of the first such character.
  static func kind(_ text: [UInt8]) -> String? {
    text.withUnsafeBufferPointer { bytes -> String? in
      var position = 0
      while position < bytes.count {
        let byte = bytes[position]
        if byte < 0x20, byte != 0x09, byte != 0x0a, byte != 0x0d { return "a control character" }
        if byte == 0x7f { return "a control character" }
        // All others begin with one of these in UTF-8.
        if byte == 0xc2 || byte == 0xe2 || byte == 0xef || byte == 0xf3,
          let kind = multibyte(bytes, position)
        {
          return kind
        }
        position += 1
      }
      return nil
    }
  }

  private static func multibyte(_ bytes: UnsafeBufferPointer<UInt8>, _ position: Int) -> String? {
    func at(_ offset: Int) -> UInt8 {
      position + offset < bytes.count ? bytes[position + offset] : 0
    }
    switch (bytes[position], at(1), at(2)) {
    case (0xc2, 0x80...0x9f, _): return "a control character"
    case (0xc2, 0xad, _): return "a soft hyphen"
    case (0xe2, 0x80, 0x8b), (0xe2, 0x81, 0xa0): return "a zero-width space"
    case (0xe2, 0x80, 0xaa...0xae), (0xe2, 0x81, 0xa6...0xa9): return "a direction control"
    case (0xe2, 0x80, 0x8c), (0xe2, 0x80, 0x8d):
      // Joiners belong into Arabic, Indic scripts and emoji; between ASCII letters they hide.
      let before = position > 0 ? bytes[position - 1] : 0
      return before.isLetter && at(3).isLetter ? "a joiner between letters" : nil
    case (0xef, 0xbb, 0xbf): return "a byte order mark"
    case (0xef, 0xbf, 0xbd): return "a replacement character (lost text)"
    case (0xf3, 0xa0, 0x80...0x81):
      // U+E0020…E007F also spell flags of regions, behind a black flag U+1F3F4.
      return isFlag(bytes, position) ? nil : "a tag character"
    default: return nil
    }
  }

  private static func isFlag(_ bytes: UnsafeBufferPointer<UInt8>, _ position: Int) -> Bool {
    var start = position
    while start >= 4, bytes[start] == 0xf3, bytes[start + 1] == 0xa0 { start -= 4 }
    return bytes[start] == 0xf0 && bytes[start + 1] == 0x9f && bytes[start + 2] == 0x8f
      && bytes[start + 3] == 0xb4
  }
}
