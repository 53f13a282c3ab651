import PenchantCore

/// Decimal numbers as the `tokenizers` library reads them.
///
/// Its JSON reader takes the digits as a whole number of 64 bits and scales that by a power of ten,
/// which rounds twice: the result can be one unit beside the nearest double. Where two ways to cut a
/// text are equally good but for rounding, that unit decides.
enum LibraryNumber {
  private static let powers: [Double] = (0...308).map { Double("1e\($0)") ?? .infinity }

  /// The value of a JSON number; nil when it is too large.
  static func double(_ text: String) -> Double? {
    var significand: UInt64 = 0
    var exponent = 0
    var isFull = false
    var isFraction = false
    var isNegative = false
    var position = text.utf8.startIndex
    let utf8 = text.utf8
    loop: while position < utf8.endIndex {
      let byte = utf8[position]
      switch byte {
      case UInt8(ascii: "-"): isNegative = true
      case UInt8(ascii: "."): isFraction = true
      case UInt8(ascii: "0")...UInt8(ascii: "9"):
        let (product, overflows) = significand.multipliedReportingOverflow(by: 10)
        let (sum, exceeds) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
        isFull = isFull || overflows || exceeds
        if !isFull {
          significand = sum
          if isFraction { exponent -= 1 }
        } else if !isFraction {
          exponent += 1
        }
      default: break loop
      }
      position = utf8.index(after: position)
    }
    if position < utf8.endIndex {
      // "e" and a whole number; one beyond all use is as good as any.
      let written = Int(String(utf8[utf8.index(after: position)...]) ?? "") ?? 0
      exponent = max(min(exponent + max(min(written, 100_000), -100_000), 100_000), -100_000)
    }
    guard let magnitude = scaled(Double(significand), exponent) else { return nil }
    return isNegative ? -magnitude : magnitude
  }

  private static func scaled(_ significand: Double, _ exponent: Int) -> Double? {
    var (value, exponent) = (significand, exponent)
    while exponent < -308, value != 0 {
      value /= 1e308
      exponent += 308
    }
    if value == 0 { return 0 }
    guard exponent <= 308 else { return nil }
    value = exponent >= 0 ? value * powers[exponent] : value / powers[-exponent]
    return value.isFinite ? value : nil
  }
}
