#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A file that one process at a time has, by the system's advisory lock (`flock`).
///
/// The system gives the lock back when the process ends, however it ends: the file may stay, a lock never does. Whoever
/// else locks the same file this way respects it. Who has it stands in the file, for messages alone.
package final class FileLock: Sendable {
  /// What asking for a lock came to.
  package enum Claim: Sendable {
    /// It is held for as long as the object lives.
    case granted(FileLock)
    /// Another process has it, or another object of this one.
    case held(by: Holder?)
    /// The file system keeps no locks.
    case unsupported
  }

  /// Asks the system for the lock of an open file, without waiting; 0, or the error number.
  ///
  /// Tests put in its place a file system that keeps no locks.
  package typealias Request = @Sendable (_ descriptor: Int32) -> Int32

  private let path: String
  private let descriptor: Int32

  /// Asks for the lock of the file at `path`, which is made if it is not there.
  /// - Parameter isPrivate: whether a new file is its owner's alone.
  /// - Throws: `CoreError` if the file cannot be opened, or the system fails.
  package static func claim(
    path: String, isPrivate: Bool = false, request: Request = FileLock.request
  ) throws(CoreError) -> Claim {
    while true {
      let isNew = !FileSystem.exists(path)
      let lock = try FileLock(opening: path, isPrivate: isPrivate)
      let number = request(lock.descriptor)
      switch number {
      case 0:
        // Whoever had it before may have taken the file away after it was opened here.
        guard lock.hasItsName else { continue }
        lock.sign()
        return .granted(lock)
      case EWOULDBLOCK: return .held(by: lock.holder)
      case EINTR: continue
      // NFS without its lock service, Lustre mounted without them, file systems of user space.
      case ENOTSUP, EOPNOTSUPP, ENOSYS, ENOLCK:
        // A file that was made for nothing goes again.
        if isNew { unlink(path) }
        return .unsupported
      default: throw CoreError(.writeFailed(path: path, errno: number))
      }
    }
  }

  /// The system's own answer.
  package static let request: Request = { flock($0, LOCK_EX | LOCK_NB) == 0 ? 0 : errno }

  private init(opening path: String, isPrivate: Bool) throws(CoreError) {
    guard !path.utf8.contains(0) else { throw CoreError(.fileNotFound(path: path)) }
    // Open for writing: NFS locks nothing else.
    let permissions: mode_t = isPrivate ? 0o600 : 0o666
    let number = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, permissions)
    guard number >= 0 else { throw .making(path, errno: errno) }
    (self.path, descriptor) = (path, number)
  }

  deinit { close(descriptor) }

  /// Takes the file away, for a lock that is to leave nothing behind; to be called last, while it is held.
  package func remove() {
    // The folder may have been exchanged in the meantime; another's file stays.
    if hasItsName { unlink(path) }
  }

  /// Whether the file that is held is the one a newcomer would open.
  private var hasItsName: Bool {
    var (held, named) = (stat(), stat())
    return fstat(descriptor, &held) == 0 && lstat(path, &named) == 0
      && held.st_dev == named.st_dev && held.st_ino == named.st_ino
  }
}

// MARK: - Who has it

extension FileLock {
  /// The process that has a lock.
  package struct Holder: Sendable, Equatable {
    package let process: Int
    /// The machine's own name; nil where the file does not say.
    package let machine: String?

    package init(process: Int, machine: String?) {
      self.process = process
      self.machine = machine
    }

    /// `process 1234`, or `process 1234 on node7` if that is another machine.
    package var name: String {
      guard let machine, machine != FileLock.machine else { return "process \(process)" }
      return "process \(process) on \(machine)"
    }
  }

  static let machine: String? = {
    var name = utsname()
    guard uname(&name) == 0 else { return nil }
    let text = withUnsafeBytes(of: name.nodename) {
      String(decoding: $0.prefix { $0 > 0x20 && $0 < 0x7f }, as: UTF8.self)
    }
    return text.isEmpty ? nil : text
  }()

  private func sign() {
    let text = Array("\(getpid()) \(Self.machine ?? "")\n".utf8)
    // A full disk does not matter here.
    _ = ftruncate(descriptor, 0)
    _ = text.withUnsafeBytes { pwrite(descriptor, $0.baseAddress, $0.count, 0) }
  }

  private var holder: Holder? {
    var bytes = [UInt8](repeating: 0, count: 300)
    let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
    let words = bytes.prefix(max(0, count)).split { $0 <= 0x20 || $0 >= 0x7f }
      .map { String(decoding: $0, as: UTF8.self) }
    guard let process = words.first.flatMap({ Int($0) }), process > 0 else { return nil }
    return Holder(process: process, machine: words.count > 1 ? words[1] : nil)
  }
}
