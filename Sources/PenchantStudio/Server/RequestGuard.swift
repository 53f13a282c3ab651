package import HTTPTypes

/// Whether a request may be answered at all, from its head alone.
///
/// - the `Host` is one of ours, and there is one of it;
/// - what changes something comes from one of the studio's own pages: `Sec-Fetch-Site` says so, or, where a browser
///   sends none (pages without encryption on a LAN), `Origin` does. A request with neither is refused, and so is a
///   page on another port of this machine, which browsers hold for the same site and send our cookie for;
/// - reading through the API is refused to other pages too;
/// - what changes something is JSON, which no form of another page can send without asking first.
package struct RequestGuard: Sendable {
  package let hosts: AllowedHosts

  package init(hosts: AllowedHosts) { self.hosts = hosts }

  private static let site = HTTPField.Name("sec-fetch-site")
  private static let purpose = HTTPField.Name("sec-purpose")
  private static let oldPurpose = HTTPField.Name("purpose")
  private static let host = HTTPField.Name("host")

  /// - Throws: why not.
  package func admit(_ head: HTTPRequest) throws(Refusal) {
    let fields = head.headerFields
    // The first `Host` has become the authority; a second one would stand here.
    guard hosts.contains(head.authority), Self.value(Self.host, fields) == nil else {
      throw .foreignHost
    }
    let isSafe = head.method == .get || head.method == .head
    let path = head.path ?? ""
    if isSafe {
      if path.hasPrefix("/api/"), !Self.isOwn(head, otherwise: true) { throw .foreignPage }
      let purpose = (Self.value(Self.purpose, fields) ?? Self.value(Self.oldPurpose, fields) ?? "")
      if path.hasPrefix("/join/"), purpose.lowercased().contains("prefetch") { throw .prefetch }
    } else {
      guard Self.isOwn(head, otherwise: false) else { throw .foreignPage }
      guard Self.isJSON(fields[.contentType]), fields[.contentEncoding] == nil else {
        throw .wrongMediaType
      }
    }
  }

  /// Whether the studio's own page, or the person at the address bar, asks.
  /// - Parameter otherwise: what holds where the browser does not say.
  private static func isOwn(_ head: HTTPRequest, otherwise: Bool) -> Bool {
    let fields = head.headerFields
    if let origin = fields[.origin], origin != "http://\(head.authority ?? "")" { return false }
    if let site = value(site, fields) { return site == "same-origin" || site == "none" }
    return fields[.origin] != nil || otherwise
  }

  /// `application/json`, with no parameter but the encoding.
  private static func isJSON(_ type: String?) -> Bool {
    let parts = (type ?? "").lowercased().split(separator: ";").map(trimmed)
    guard let media = parts.first, media == "application/json" else { return false }
    return parts.dropFirst().allSatisfy { $0 == "charset=utf-8" || $0 == "charset=\"utf-8\"" }
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text.drop { $0 == " " || $0 == "\t" }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return text
  }

  private static func value(_ name: HTTPField.Name?, _ fields: HTTPFields) -> String? {
    name.flatMap { fields[$0] }
  }
}
