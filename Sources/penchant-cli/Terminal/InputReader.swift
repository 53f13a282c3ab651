import PenchantCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Lines from a descriptor, whether a person types them or a pipe brings them.
///
/// In place of the library's `readLine`, which waits inside stdio: there a signal cannot end the wait, it only marks the
/// stream as failed and is asked again at once, for ever.
struct InputReader {
  static let inputName = "the standard input"

  /// A terminal that edits lines itself hands over at most so many bytes of one and drops what follows.
  #if canImport(Glibc)
    static let mostTyped = 4095
  #else
    static let mostTyped = 1023
  #endif

  private let descriptor: Int32
  /// Read and not yet given out.
  private var bytes: [UInt8] = []
  private var isAtEnd = false

  /// How long a signal may go unnoticed that arrives just before the wait, or at another thread: others end it.
  private static let patience: Int32 = 200  // ms
  private static let pieceSize = 1 << 16

  init(descriptor: Int32 = STDIN_FILENO) { self.descriptor = descriptor }

  /// The next line without its end, a last one without an end too; nil at the end of the input, or once a signal has
  /// asked to stop (``Interruption``).
  ///
  /// What is not UTF-8 is repaired.
  /// - Throws: `CoreError` if the descriptor cannot be read.
  mutating func next() throws(CoreError) -> String? {
    var searched = 0
    while true {
      if Interruption.isRequested { return nil }
      if let end = bytes[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        defer { bytes.removeFirst(end + 1) }
        return Self.text(bytes[..<end])
      }
      searched = bytes.count
      if isAtEnd {
        defer { bytes = [] }
        return bytes.isEmpty ? nil : Self.text(bytes[...])
      }
      try readMore()
    }
  }

  /// Whether the line may have been longer when it was typed.
  func mayBeCut(_ line: String) -> Bool {
    line.utf8.count >= Self.mostTyped && isatty(descriptor) == 1
  }

  /// Adds what there is to ``bytes``, waiting for it a while.
  private mutating func readMore() throws(CoreError) {
    var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard poll(&wanted, 1, Self.patience) > 0 else { return }
    var piece = [UInt8](repeating: 0, count: Self.pieceSize)
    let count = read(descriptor, &piece, piece.count)
    if count < 0 {
      guard errno == EINTR || errno == EAGAIN else {
        throw CoreError(.readFailed(path: Self.inputName, errno: errno))
      }
      return
    }
    isAtEnd = count == 0
    bytes += piece[..<count]
  }

  private static func text(_ line: ArraySlice<UInt8>) -> String {
    String(decoding: line.last == UInt8(ascii: "\r") ? line.dropLast() : line, as: UTF8.self)
  }
}
