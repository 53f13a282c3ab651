import PenchantCore
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// One of the program's two outputs, and what it can show.
///
/// Results go to ``output``; progress, remarks and errors to ``error``, so that results can be piped.
struct Terminal: Sendable {
  static let output = Terminal(descriptor: STDOUT_FILENO)
  static let error = Terminal(descriptor: STDERR_FILENO)

  let descriptor: Int32
  /// Whether a person is looking.
  let isInteractive: Bool
  /// Whether colours are wanted: on a terminal, unless NO_COLOR is set (no-color.org).
  let hasColors: Bool

  private init(descriptor: Int32) {
    self.descriptor = descriptor
    let isDumb = getenv("TERM").map { String(cString: $0) == "dumb" } ?? true
    isInteractive = isatty(descriptor) == 1 && !isDumb
    let isPlain = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
    hasColors = isInteractive && !isPlain
  }

  /// Columns of the window; 80 where there is none.
  var width: Int {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// Columns to break text at; nil where no person looks, and lines stay whole for whoever searches them.
  var textWidth: Int? { isInteractive ? width : nil }

  /// The first error that lost something of the output, 0 for none.
  private static let lost = Atomic<Int32>(0)

  /// Why the output lacks something that was written to it, if it does.
  static var failure: CoreError? {
    let number = lost.load(ordering: .relaxed)
    return number == 0
      ? nil : CoreError(.writeFailed(path: "the standard output", errno: number))
  }

  /// Writes all of `text`.
  ///
  /// A reader that has gone away is no reason to stop. Neither is a disk that is full, but then the program has not done
  /// what it was asked for: ``failure`` has it.
  func write(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      var rest = UnsafeRawBufferPointer(bytes)
      while !rest.isEmpty, let base = rest.baseAddress {
        #if canImport(Glibc)
          let count = Glibc.write(descriptor, base, rest.count)
        #else
          let count = Darwin.write(descriptor, base, rest.count)
        #endif
        if count < 0 {
          let number = errno
          if number == EINTR { continue }
          guard number != EAGAIN else {
            // Somebody who shares it made it non-blocking.
            var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            poll(&wanted, 1, -1)
            continue
          }
          if number != EPIPE, descriptor == STDOUT_FILENO {
            _ = Self.lost.compareExchange(expected: 0, desired: number, ordering: .relaxed)
          }
          return
        }
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(count))
      }
    }
  }

  /// Writes a line.
  func line(_ text: String = "") { write(text + "\n") }

  /// A way of showing text, by its ANSI code.
  enum Style: Int {
    case bold = 1
    case dim = 2
    case underline = 4
    case red = 31
    case green = 32
    case yellow = 33
    case blue = 34
    case cyan = 36
  }

  /// `text` in these styles where there are colours, bare elsewhere.
  func style(_ text: String, _ styles: Style...) -> String {
    guard hasColors, !text.isEmpty else { return text }
    let codes = styles.map { String($0.rawValue) }.joined(separator: ";")
    return "\u{1b}[\(codes)m\(text)\u{1b}[0m"
  }

  /// Text from a file or a model with its control characters made visible: what others wrote must not steer
  /// the terminal.
  static func harmless(_ text: String) -> String {
    var shown = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x0a, 0x09: shown.append(scalar)
      case 0..<0x20:
        // U+2400 … are the pictures of the control characters.
        shown.append(Unicode.Scalar(0x2400 + scalar.value) ?? "?")
      case 0x7f..<0xa0, 0x202a...0x202e, 0x2066...0x2069: shown.append("\u{fffd}")
      default: shown.append(scalar)
      }
    }
    return String(shown)
  }
}
