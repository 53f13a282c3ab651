import PenchantCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Where the hub is and where its files are kept, as the environment says; the names are those of Hugging
/// Face's own library.
package struct HubEnvironment: Sendable {
  /// The hub's address without a slash at its end.
  package var endpoint: String
  /// The folder of all downloaded repositories.
  package var cache: String
  /// Sent to the hub, and to nobody else; nil reads what is public.
  package var token: String?
  /// Whether nothing may be fetched.
  package var isOffline: Bool

  package init(endpoint: String, cache: String, token: String? = nil, isOffline: Bool = false) {
    self.endpoint = endpoint
    self.cache = cache
    self.token = token
    self.isOffline = isOffline
  }

  /// What the process's environment says.
  package static var current: HubEnvironment {
    func variable(_ names: String...) -> String? {
      for name in names {
        if let value = getenv(name).map({ String(cString: $0) }), !value.isEmpty { return value }
      }
      return nil
    }
    let home =
      variable("HF_HOME")
      ?? variable("XDG_CACHE_HOME").map { FileSystem.join($0, "huggingface") }
      ?? FileSystem.join(variable("HOME") ?? ".", ".cache/huggingface")
    var endpoint = variable("HF_ENDPOINT") ?? "https://huggingface.co"
    while endpoint.hasSuffix("/") { endpoint.removeLast() }
    let tokenFile = variable("HF_TOKEN_PATH") ?? FileSystem.join(home, "token")
    let saved = (try? FileSystem.read(tokenFile, limit: 4096)).map {
      String(decoding: $0, as: UTF8.self)
    }
    let token = (variable("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN") ?? saved).map { text in
      String(text.filter { !$0.isWhitespace })
    }
    return HubEnvironment(
      endpoint: endpoint,
      cache: variable("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE") ?? FileSystem.join(home, "hub"),
      token: token?.isEmpty == false ? token : nil,
      isOffline: ["1", "true", "yes", "on"].contains(variable("HF_HUB_OFFLINE")?.lowercased()))
  }
}
