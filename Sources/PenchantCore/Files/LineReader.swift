#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The lines of a file, one after the other, in constant memory.
///
/// `\n` and `\r\n` end a line; the last line needs no end. A byte order mark before the first line is
/// passed over. Lines are bytes: whether they are UTF-8 is for the one who parses them to say.
package final class LineReader {
  /// One line without its end.
  package struct Line: Sendable, Equatable {
    /// Counted from 1.
    package let number: Int
    /// Where it begins, in bytes from the beginning of the file.
    package let offset: Int
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
  /// The offset of the next line.
  private var offset = 0
  private var atStart = true
  private var ended = false
  private var isInLongLine = false

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
  /// - Throws: ``CoreError`` when reading fails, which ends it, or a line is too long; the next call
  ///   passes over what is left of that line, in constant memory, and returns the one behind it.
  package func next() throws(CoreError) -> Line? {
    if ended { return nil }
    if isInLongLine { try passOverLongLine() }
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
      let end = lineEnd()
      line += buffer[available.lowerBound..<(end ?? available.upperBound)]
      // One byte beyond the limit may still turn out to be the carriage return of the line end.
      guard line.count <= lineLimit || (line.count == lineLimit + 1 && line.last == 0x0d) else {
        number += 1
        offset += line.count + (end == nil ? 0 : 1)
        available = (end.map { $0 + 1 } ?? available.upperBound)..<available.upperBound
        isInLongLine = end == nil
        throw CoreError(.lineTooLong(path: path, line: number, limit: lineLimit))
      }
      if let end {
        available = end + 1..<available.upperBound
        return finish(line, ending: 1)
      }
      available = 0..<0
    }
  }

  /// Moves behind the rest of a line that was too long to keep.
  private func passOverLongLine() throws(CoreError) {
    isInLongLine = false
    while true {
      if available.isEmpty { try refill() }
      guard !available.isEmpty else { return }
      let end = lineEnd()
      offset += (end.map { $0 + 1 } ?? available.upperBound) - available.lowerBound
      available = (end.map { $0 + 1 } ?? available.upperBound)..<available.upperBound
      if end != nil { return }
    }
  }

  /// The index of the next line feed in the buffer.
  private func lineEnd() -> Int? {
    buffer.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress?.advanced(by: available.lowerBound),
        let found = memchr(start, 0x0a, available.count)
      else { return nil }
      return available.lowerBound + (UnsafeRawPointer(found) - start)
    }
  }

  /// - Parameter ending: the bytes that ended the line.
  private func finish(_ bytes: [UInt8], ending: Int = 0) -> Line {
    number += 1
    let start = offset
    offset += bytes.count + ending
    var bytes = bytes
    if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
    return Line(number: number, offset: start, bytes: bytes)
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
        offset = 3
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
