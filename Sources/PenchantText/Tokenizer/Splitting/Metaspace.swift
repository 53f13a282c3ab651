import PenchantCore

/// SentencePiece's way with spaces: they become a mark, one is put before the text, and words begin
/// at a mark.
struct Metaspace: Sendable {
  /// Where a mark is put before a piece that has none.
  enum Scheme: String, Sendable {
    case always, never
    /// Before the piece that begins where the text does.
    case first
  }

  /// The mark in UTF-8, "▁" as a rule.
  let mark: [UInt8]
  let scheme: Scheme
  let splits: Bool

  init(mark: [UInt8] = Array("▁".utf8), scheme: Scheme, splits: Bool) {
    self.mark = mark
    self.scheme = scheme
    self.splits = splits
  }

  /// Reads the pre-tokenizer or decoder.
  init(_ field: TokenizerField) throws(TextError) {
    let replacement = try field.required("replacement")
    mark = try replacement.character()
    splits = try field.flag("split", default: true)
    var scheme = Scheme.always
    if let name = field["prepend_scheme"] {
      guard let known = try Scheme(rawValue: name.string()) else {
        throw TextError(.unsupportedOption(path: name.path, value: name.value.text()))
      }
      scheme = known
    }
    // Older files say it with a flag, which must not contradict.
    if let flag = field["add_prefix_space"], try !flag.bool() {
      guard field["prepend_scheme"] == nil || scheme == .never else {
        throw TextError(.unsupportedOption(path: flag.path, value: "false"))
      }
      scheme = .never
    }
    self.scheme = scheme
  }

  func apply(to pieces: inout PreTokenizer.Pieces) {
    let space = UInt8(ascii: " ")
    pieces.respell { text, isOrigin, result in
      let beginsWithMark = text.first == space || text.starts(with: mark)
      if !beginsWithMark, scheme == .always || (scheme == .first && isOrigin) { result += mark }
      var rest = text
      while let position = rest.firstIndex(of: space) {
        result += rest[..<position]
        result += mark
        rest = rest[(position + 1)...]
      }
      result += rest
    }
    guard splits else { return }
    pieces.cut { range, text, result in
      var start = range.lowerBound
      var position = start + 1
      while position + mark.count <= range.upperBound {
        if text[position] == mark[0], text[position...].starts(with: mark) {
          result.append(start..<position)
          start = position
          position += mark.count
        } else {
          position += 1
        }
      }
      if start < range.upperBound { result.append(start..<range.upperBound) }
    }
  }
}

extension TokenizerField {
  /// A string of one character (Unicode scalar), in UTF-8.
  func character() throws(TextError) -> [UInt8] {
    let text = try string()
    guard text.unicodeScalars.count == 1 else { throw wrongType("one character") }
    return Array(text.utf8)
  }
}
