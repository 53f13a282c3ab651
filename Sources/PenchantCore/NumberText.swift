#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Numbers as people read them.
package enum NumberText {
  /// With a fixed number of decimals: `0.6931`; `—` for what is not a number.
  package static func fixed(_ value: Double, _ decimals: Int) -> String {
    guard value.isFinite else { return value.isNaN ? "—" : value > 0 ? "∞" : "-∞" }
    return formatted("%.*f", Int32(decimals), value)
  }

  /// With at most `digits` significant digits, in whichever notation is shorter: `5e-06`, `0.0025`.
  package static func significant(_ value: Double, _ digits: Int = 3) -> String {
    guard value.isFinite else { return fixed(value, 0) }
    return formatted("%.*g", Int32(digits), value)
  }

  /// A share as a percentage: `62.5 %`.
  package static func percent(_ share: Double, _ decimals: Int = 1) -> String {
    "\(fixed(share * 100, decimals)) %"
  }

  /// A count in groups of three digits: `12 345`.
  package static func grouped(_ value: Int) -> String {
    let digits = String(value.magnitude)
    var text = value < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text += "\u{202f}" }
      text.append(digit)
    }
    return text
  }

  /// How many there are of something: `1 pair`, `3 pairs`, `2 people` where that is not made by an s.
  package static func counted(_ count: Int, _ one: String, _ many: String? = nil) -> String {
    "\(count) \(count == 1 ? one : many ?? one + "s")"
  }

  /// A count in a few characters: `1.2k`, `35M`.
  package static func short(_ value: Double) -> String {
    scaled(value, base: 1000, units: ["", "k", "M", "G", "T", "P"], separator: "")
  }

  /// A speed of computing: `121 GFLOP/s`.
  package static func rate(_ operationsPerSecond: Double) -> String {
    scaled(
      operationsPerSecond, base: 1000,
      units: ["FLOP/s", "kFLOP/s", "MFLOP/s", "GFLOP/s", "TFLOP/s", "PFLOP/s"], separator: " ")
  }

  /// Bytes in binary units: `1.4 GiB`.
  package static func bytes(_ count: Int) -> String {
    scaled(
      Double(count), base: 1024, units: ["B", "KiB", "MiB", "GiB", "TiB", "PiB"], separator: " ")
  }

  /// A duration: `0.42 s`, `3:07`, `1:02:33`.
  package static func duration(_ seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "—" }
    if seconds < 10 { return "\(fixed(seconds, seconds < 1 ? 2 : 1)) s" }
    let whole = Int(seconds.rounded())
    let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    if hours > 0 { return "\(hours):\(two(minutes)):\(two(rest))" }
    return whole < 60 ? "\(whole) s" : "\(minutes):\(two(rest))"
  }

  private static func scaled(
    _ value: Double, base: Double, units: [String], separator: String
  ) -> String {
    var (value, unit) = (value, 0)
    while abs(value) >= base, unit < units.count - 1 {
      value /= base
      unit += 1
    }
    let decimals = unit == 0 || abs(value) >= 100 ? 0 : 1
    return fixed(value, decimals) + separator + units[unit]
  }

  private static func formatted(_ format: String, _ arguments: any CVarArg...) -> String {
    var buffer = [CChar](repeating: 0, count: 400)
    let count = withVaList(arguments) { vsnprintf(&buffer, buffer.count, format, $0) }
    let bytes = buffer.prefix(max(0, min(Int(count), buffer.count - 1)))
    return String(decoding: bytes.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
