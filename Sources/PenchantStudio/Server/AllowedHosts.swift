/// The names under which the studio answers, as they stand in a request's `Host`.
///
/// A page of a stranger can point a name of its own at 127.0.0.1 and so reach any server on this machine as if it
/// were its own (DNS rebinding: CVE-2024-28224, CVE-2025-66414). It cannot make the browser send another `Host`, so
/// only these exact names are answered: no suffixes, no private ranges, no empty name.
package struct AllowedHosts: Sendable, Equatable {
  /// In lower case, with the port where it is not 80.
  package let names: Set<String>

  /// - Parameters:
  ///   - host: what the server listens on.
  ///   - interfaces: addresses of this machine, which count where it listens on all of them.
  package init(host: String, port: Int, interfaces: [String] = []) {
    var hosts: [String] = []
    if Self.isLoopback(host) || Self.isEverywhere(host) {
      hosts = ["127.0.0.1", "::1", "localhost"]
    }
    hosts += Self.isEverywhere(host) ? interfaces : [host]
    var names: Set<String> = []
    for host in hosts {
      let name = Self.spelled(host).lowercased()
      names.insert("\(name):\(port)")
      if port == 80 { names.insert(name) }
    }
    self.names = names
  }

  /// Whether a request with this `Host` is answered.
  package func contains(_ authority: String?) -> Bool {
    guard let authority else { return false }
    return names.contains(authority.lowercased())
  }

  /// An address as it stands in a URL: IPv6 in brackets.
  static func spelled(_ host: String) -> String { host.contains(":") ? "[\(host)]" : host }

  /// Whether nobody but this machine can reach the address.
  static func isLoopback(_ host: String) -> Bool {
    host == "127.0.0.1" || host == "::1" || host.lowercased() == "localhost"
  }

  /// Whether the address stands for all of this machine's.
  static func isEverywhere(_ host: String) -> Bool { host == "0.0.0.0" || host == "::" }
}
