/// The lines of a file, one after the other, in constant memory.
///
/// `\n` and `\r\n` end a line; the last line needs no end. A byte order mark before the first line is
/// passed over. Lines are bytes: whether they are UTF-8 is for the one who parses them to say.
package final class LineReader {
  /// One line without its end.
  package struct Line: Sendable, Equatable {
    /// Counted from 1.
    package let number: Int
    package let bytes: [UInt8]
  }

  /// Puts some bytes at the beginning of the buffer and says how many; 0 only at the end.
  package typealias Source = (UnsafeMutableRawBufferPointer) throws(CoreError) -> Int

  /// The name of the file, for messages.
  package let path: String

  private let lineLimit: Int
  private let source: Source
  private var buffer = [UInt8](repeating: 0, count: 1 << 18)
  private var available: Range<Int> = 0..<0
  private var number = 0
  private var atStart = true
  private var ended = false

  /// Opens the file at `path`; a line longer than `lineLimit` bytes will be an error.
  package convenience init(path: String, lineLimit: Int = 64 << 20) throws(CoreError) {
    let file = OpenFile(try FileDescriptor.reading(path))
    self.init(path: path, lineLimit: lineLimit) { buffer throws(CoreError) in
      try file.descriptor.read(into: buffer)
    }
  }

  /// Reads lines from something other than a plain file: a decompressor, a buffer.
  package init(path: String, lineLimit: Int = 64 << 20, source: @escaping Source) {
    self.path = path
    self.lineLimit = lineLimit
    self.source = source
  }

  /// The next line, nil after the last.
  /// - Throws: ``CoreError`` when reading fails or a line is too long; reading ends there.
  package func next() throws(CoreError) -> Line? {
    if ended { return nil }
    var line: [UInt8] = []
    while true {
      if available.isEmpty {
        try refill()
        if available.isEmpty {
          ended = true
          // After a final line end there is no further, empty line.
          if line.isEmpty { return nil }
          return finish(line)
        }
      }
      let end = buffer[available].firstIndex(of: UInt8(ascii: "\n"))
      line += buffer[available.lowerBound..<(end ?? available.upperBound)]
      // One byte beyond the limit may still turn out to be the carriage return of the line end.
      guard line.count <= lineLimit || (line.count == lineLimit + 1 && line.last == 0x0d) else {
        ended = true
        throw CoreError(.lineTooLong(path: path, line: number + 1, limit: lineLimit))
      }
      if let end {
        available = end + 1..<available.upperBound
        return finish(line)
      }
      available = 0..<0
    }
  }

  private func finish(_ bytes: [UInt8]) -> Line {
    number += 1
    var bytes = bytes
    if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    return Line(number: number, bytes: bytes)
  }

  /// Puts the next bytes into the buffer; `available` is empty only at the end of the source.
  private func refill() throws(CoreError) {
    var count = try fill(from: 0)
    if atStart {
      atStart = false
      // A byte order mark may come in pieces, and be all there is for now.
      while (1..<4).contains(count) {
        let more = try fill(from: count)
        if more == 0 { break }
        count += more
      }
      if buffer[..<count].starts(with: [0xef, 0xbb, 0xbf]) {
        available = 3..<count
        return
      }
    }
    available = 0..<count
  }

  private func fill(from start: Int) throws(CoreError) -> Int {
    try buffer.withUnsafeMutableBytes { raw in
      Result { () throws(CoreError) in
        try source(UnsafeMutableRawBufferPointer(rebasing: raw[start...]))
      }
    }.get()
  }
}

/// Holds a descriptor for a closure, which cannot own one itself.
private final class OpenFile {
  let descriptor: FileDescriptor
  init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }
}
