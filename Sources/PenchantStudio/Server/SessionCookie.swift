import HTTPTypes
import Hummingbird

/// The cookie that a followed link leaves in a browser.
///
/// Out of reach of scripts, and sent along by the studio's own pages alone. Browsers share cookies between the ports of
/// a machine: the name has the port in it, so that two studios do not throw each other's out.
struct SessionCookie: Sendable {
  let name: String

  /// A year: people come back to a round.
  private static let seconds = 365 * 86400

  init(port: Int) { name = "penchant_\(port)" }

  /// The value a request brings, if any.
  func value(in fields: HTTPFields) -> String? {
    for field in fields[values: .cookie] {
      for pair in field.split(separator: ";") {
        let pair = pair.drop { $0 == " " }
        guard let equals = pair.firstIndex(of: "="), pair[..<equals] == name else { continue }
        return String(pair[pair.index(after: equals)...])
      }
    }
    return nil
  }

  /// The field that sets it.
  /// - Precondition: `value` is made of letters, digits, `-` and `_`.
  func setting(_ value: String) -> String {
    precondition(
      value.utf8.allSatisfy {
        switch $0 {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
          UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
          true
        default: false
        }
      }, "SessionCookie.setting: the value is not ours")
    return "\(name)=\(value); Path=/; HttpOnly; SameSite=Strict; Max-Age=\(Self.seconds)"
  }
}
