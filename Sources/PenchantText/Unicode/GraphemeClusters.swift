/// The extended grapheme clusters of a text (UAX #29), as Swift's characters know them.
struct GraphemeClusters: Sequence, IteratorProtocol {
  private let text: UnsafeBufferPointer<UInt8>
  private var position = 0

  /// Clusters are looked for in this many bytes at a time, far more than any that matters here.
  private static let window = 64

  /// 1 for scalars of which no two ever join.
  private static let isPlain = ScalarMap(
    ScalarSet(categories: [.uppercaseLetter, .lowercaseLetter, .titlecaseLetter]).union(
      ScalarSet([
        0x00...0x0c, 0x0e...0x7f, 0x3000...0x3029, 0x3041...0x3096, 0x30a1...0x30fa,
        0x3400...0x4dbf, 0x4e00...0x9fff, 0xac00...0xd7a3, 0xff01...0xff60, 0x20000...0x2fa1f,
      ])))

  init(_ text: UnsafeBufferPointer<UInt8>) { self.text = text }

  mutating func next() -> Range<Int>? {
    guard position < text.count else { return nil }
    let start = position
    let (value, length) = scalar(at: start, in: text)
    var end = start + length
    if end == text.count
      || (Self.isPlain[value] != 0 && Self.isPlain[scalar(at: end, in: text).value] != 0)
    {
      position = end
      return start..<end
    }
    while end < text.count, end - start < Self.window {
      end += scalar(at: end, in: text).length
    }
    let part = String(decoding: text[start..<end], as: UTF8.self)
    position = start + (part.first?.utf8.count ?? length)
    return start..<position
  }
}
