import PenchantCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Keeps every other process out of a store, by an advisory lock on a file beside it.
///
/// The system gives the lock back when the process ends, however it ends. The file stays: removing it would
/// let two processes hold locks on two files of the same name.
final class StoreLock: Sendable {
  private let descriptor: Int32

  /// Takes the lock of the store at `path`.
  /// - Throws: `inUse` with the number of the process that has it.
  init(store path: String) throws(StudioError) {
    let name = path + ".lock"
    let descriptor = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else {
      throw StudioError(.unwritable(CoreError(.writeFailed(path: name, errno: errno))))
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      defer { close(descriptor) }
      throw StudioError(.inUse(path: path, process: Self.holder(descriptor)))
    }
    self.descriptor = descriptor
    let text = Array("\(getpid())\n".utf8)
    // Who holds it is for messages only; a full disk does not matter here.
    _ = ftruncate(descriptor, 0)
    _ = text.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
  }

  deinit { close(descriptor) }

  private static func holder(_ descriptor: Int32) -> Int? {
    var bytes = [UInt8](repeating: 0, count: 20)
    let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
    guard count > 0 else { return nil }
    return Int(String(decoding: bytes[..<count].prefix { $0 != 0x0a }, as: UTF8.self))
  }
}
