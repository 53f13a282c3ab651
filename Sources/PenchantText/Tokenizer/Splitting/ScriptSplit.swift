/// The UnicodeScripts pre-tokenizer: splits where the script changes, with kana and Han as one.
enum ScriptSplit {
  /// Scalar → number of its script, 0 for what belongs to any.
  private static let scripts = ScalarMap(
    runs: UnicodeTables.splittingScripts.map { ($0 >> 8, UInt8($0 & 0xff)) })

  /// Appends the pieces of a part of the text; as in the library, what stands before the first
  /// character with a script is left out.
  static func appendPieces(
    of range: Range<Int>, in text: UnsafeBufferPointer<UInt8>, to pieces: inout [Range<Int>]
  ) {
    var last: UInt8 = 0
    var start: Int?
    var position = range.lowerBound
    while position < range.upperBound {
      let (value, length) = scalar(at: position, in: text)
      let script = scripts[value]
      if script != 0, script != last {
        if let start { pieces.append(start..<position) }
        start = position
        last = script
      }
      position += length
    }
    if let start { pieces.append(start..<range.upperBound) }
  }
}
