/// Where one row lies in the bytes of a file.
struct Record: Equatable {
  var bytes: Range<Int>
  /// Number of the line the record begins on, from 1.
  var line: Int
}

/// Finds the rows of a file without reading what is in them: lines, or elements of one array.
///
/// An array is cut at its commas rather than parsed as a whole, so that both kinds need no more memory
/// than one row, and one bad row never costs the others.
struct RecordCursor {
  private enum Layout { case lines, array }

  private let bytes: UnsafeRawBufferPointer
  private var layout = Layout.lines
  private var position = 0
  private var line = 1
  private var isAtEnd = false
  private var needsElement = false

  /// What the layout of an array lacks, and at which byte; nothing more can be read after it.
  struct Fault: Error, Equatable {
    /// For messages, as `JSONError.phrase` is.
    var phrase: String
    var line: Int
    var column: Int
  }

  /// - Parameter bytes: must stay valid while the cursor is used.
  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    if bytes.starts(with: [0xef, 0xbb, 0xbf]) { position = 3 }  // byte order mark
    let start = (position, line)
    skipSpace()
    if position < bytes.count, bytes[position] == UInt8(ascii: "[") {
      layout = .array
      position += 1
    } else {
      (position, line) = start
    }
  }

  /// The next row; nil behind the last.
  mutating func next() throws(Fault) -> Record? {
    guard !isAtEnd else { return nil }
    switch layout {
    case .lines: return nextLine()
    case .array: return try nextElement()
    }
  }

  /// The column, from 1, in its line of a byte of the file, and the number of that line.
  func place(of offset: Int, in record: Record) -> (line: Int, column: Int) {
    var line = record.line
    var lineStart = record.bytes.lowerBound
    while lineStart > 0, bytes[lineStart - 1] != Self.newline { lineStart -= 1 }
    for index in record.bytes.lowerBound..<max(record.bytes.lowerBound, min(offset, bytes.count))
    where bytes[index] == Self.newline {
      line += 1
      lineStart = index + 1
    }
    return (line, offset - lineStart + 1)
  }

  // MARK: - Lines

  private static let endsEarly = "the text ends too early"
  private static let newline = UInt8(ascii: "\n")

  private mutating func nextLine() -> Record? {
    while position < bytes.count {
      let start = position
      var isBlank = true
      while position < bytes.count, bytes[position] != Self.newline {
        if !Self.isSpace(bytes[position]) { isBlank = false }
        position += 1
      }
      let record = Record(bytes: start..<position, line: line)
      if position < bytes.count {
        position += 1
        line += 1
      }
      if !isBlank { return record }
    }
    isAtEnd = true
    return nil
  }

  // MARK: - Elements

  private mutating func nextElement() throws(Fault) -> Record? {
    skipSpace()
    guard position < bytes.count else { throw fault(Self.endsEarly) }
    if bytes[position] == UInt8(ascii: "]"), !needsElement {
      position += 1
      skipSpace()
      guard position == bytes.count else { throw fault("text after the end of the array") }
      isAtEnd = true
      return nil
    }
    let start = position
    let startLine = line
    try skipValue()
    let record = Record(bytes: start..<position, line: startLine)
    skipSpace()
    guard position < bytes.count else { throw fault(Self.endsEarly) }
    switch bytes[position] {
    case UInt8(ascii: ","):
      position += 1
      needsElement = true
    case UInt8(ascii: "]"): needsElement = false
    default: throw fault("a comma or the end of the array is missing")
    }
    return record
  }

  /// Moves behind a value by counting brackets outside strings; what is in it is not judged.
  private mutating func skipValue() throws(Fault) {
    let start = position
    var depth = 0
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""): try skipString()
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        if depth == 0 { return try requireProgress(since: start) }
        depth -= 1
      case UInt8(ascii: ",") where depth == 0: return try requireProgress(since: start)
      case Self.newline: line += 1
      default: break
      }
      position += 1
      if depth == 0, Self.closes(bytes[position - 1]) { return }
    }
    throw fault(Self.endsEarly)
  }

  private mutating func requireProgress(since start: Int) throws(Fault) {
    guard position > start else { throw fault("a row is missing before this character") }
  }

  /// Moves from a string's first quote to its last; a line break ends the search, no string holds one.
  private mutating func skipString() throws(Fault) {
    position += 1
    while position < bytes.count {
      switch bytes[position] {
      case UInt8(ascii: "\""): return
      case UInt8(ascii: "\\"): position += 2
      case Self.newline: throw fault("a line break in a string")
      default: position += 1
      }
    }
    position = bytes.count
    throw fault(Self.endsEarly)
  }

  private static func closes(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]")
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d
  }

  private mutating func skipSpace() {
    while position < bytes.count, Self.isSpace(bytes[position]) {
      if bytes[position] == Self.newline { line += 1 }
      position += 1
    }
  }

  /// Ends the reading at the current byte.
  private mutating func fault(_ phrase: String) -> Fault {
    isAtEnd = true
    let here = Record(bytes: position..<position, line: line)
    return Fault(
      phrase: phrase, line: line, column: place(of: position, in: here).column)
  }
}
