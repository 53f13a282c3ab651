import PenchantCore

/// Names and tokens that cannot be guessed.
enum Secrets {
  /// `count` random bytes from the system, as hexadecimal digits.
  static func random(_ count: Int) -> String {
    var generator = SystemRandomNumberGenerator()
    return hex((0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) })
  }

  static func hex(_ bytes: [UInt8]) -> String {
    let digits = Array("0123456789abcdef".utf8)
    return String(
      decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
  }

  /// The bytes of hexadecimal digits; nil for anything else.
  static func bytes(_ hex: String) -> [UInt8]? {
    let digits = hex.utf8.map { Character(UnicodeScalar($0)).hexDigitValue }
    guard digits.count.isMultiple(of: 2), !digits.contains(nil) else { return nil }
    let values = digits.compactMap { $0 }
    return stride(from: 0, to: values.count, by: 2).map { UInt8(values[$0] << 4 | values[$0 + 1]) }
  }

  /// What a store keeps of a token: enough to know it again, not enough to use it.
  static func digest(_ token: String) -> String { Digest.sha256(Array(token.utf8)).hex }
}
