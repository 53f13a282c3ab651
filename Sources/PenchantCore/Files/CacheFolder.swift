#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Where things are kept that can be computed again.
package enum CacheFolder {
  /// `$XDG_CACHE_HOME/penchant/NAME`, else `~/.cache/penchant/NAME` (`~/Library/Caches` on macOS); nil where the
  /// environment names no home.
  package static func path(_ name: String) -> String? {
    func variable(_ name: String) -> String? {
      getenv(name).map { String(cString: $0) }.flatMap { $0.hasPrefix("/") ? $0 : nil }
    }
    #if canImport(Darwin)
      let caches = variable("HOME").map { FileSystem.join($0, "Library/Caches") }
    #else
      let caches = variable("HOME").map { FileSystem.join($0, ".cache") }
    #endif
    return (variable("XDG_CACHE_HOME") ?? caches).map { FileSystem.join($0, "penchant/\(name)") }
  }
}
