import PenchantCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// How much memory this process can have.
package enum SystemMemory {
  /// Bytes of the machine, or of the control group (a container's limit) where that is less; nil if the system
  /// does not say.
  package static var byteCount: Int? {
    let pages = sysconf(Int32(_SC_PHYS_PAGES))
    let size = sysconf(Int32(_SC_PAGESIZE))
    let physical = pages > 0 && size > 0 ? Int(pages) * Int(size) : nil
    return [physical, groupLimit].compactMap { $0 }.min()
  }

  /// The limit of the control group, of version 2 or 1.
  private static var groupLimit: Int? {
    ["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"]
      .lazy.compactMap { limit(file: $0) }.first
  }

  /// The number in a control file; nil for `max` and for files that are not there.
  private static func limit(file path: String) -> Int? {
    // These files have no size, so they are read as a stream.
    guard let file = fopen(path, "r") else { return nil }
    defer { fclose(file) }
    var text = ""
    while text.utf8.count < 32 {
      let byte = fgetc(file)
      guard byte >= 0x30, byte <= 0x39, let digit = UInt8(exactly: byte) else { break }
      text.unicodeScalars.append(Unicode.Scalar(digit))
    }
    return Int(text)
  }
}
