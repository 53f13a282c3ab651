import PenchantCore

/// Finds the records of a CSV or TSV text (RFC 4180): cells between separators, a record a line, and cells in
/// quotes that may hold both, a quote doubled.
///
/// A quote inside a cell that does not begin with one stands for itself.
struct TableCursor {
  /// One record, and where it lies.
  struct Record: Equatable {
    var cells: [[UInt8]]
    var bytes: Range<Int>
    /// The line it begins on, from 1.
    var line: Int
  }

  /// What keeps further records from being found.
  struct Fault: Error, Equatable {
    var phrase: String
    var offset: Int
    var line: Int
  }

  private let bytes: UnsafeRawBufferPointer
  private let separator: UInt8
  private(set) var position: Int
  private var line: Int

  private static let quote = UInt8(ascii: "\"")
  private static let newline = UInt8(ascii: "\n")
  private static let carriageReturn = UInt8(ascii: "\r")
  /// A row has no more columns than this.
  private static let cellLimit = 4096
  /// A cell is not longer than this; a quote that is never closed is noticed so far behind it.
  private static let lengthLimit = 64 << 20

  /// - Parameter bytes: must stay valid while the cursor is used.
  init(_ bytes: UnsafeRawBufferPointer, separator: UInt8, position: Int = 0, line: Int = 1) {
    self.bytes = bytes
    self.separator = separator
    self.position = position
    self.line = line
    if position == 0, line == 1, bytes.starts(with: [0xef, 0xbb, 0xbf]) { self.position = 3 }
  }

  /// The next record that is not an empty line; nil behind the last.
  mutating func next() throws(Fault) -> Record? {
    while position < bytes.count, isLineEnd(position) { skipLineEnd() }
    guard position < bytes.count else { return nil }
    var record = Record(cells: [], bytes: position..<position, line: line)
    while true {
      record.cells.append(try cell(record))
      guard record.cells.count <= Self.cellLimit else {
        throw Fault(phrase: "more than \(Self.cellLimit) columns", offset: position, line: line)
      }
      if position < bytes.count, bytes[position] == separator {
        position += 1
        continue
      }
      record.bytes = record.bytes.lowerBound..<position
      if position < bytes.count { skipLineEnd() }
      return record
    }
  }

  private func isLineEnd(_ index: Int) -> Bool {
    bytes[index] == Self.newline || bytes[index] == Self.carriageReturn
  }

  private mutating func skipLineEnd() {
    if bytes[position] == Self.carriageReturn {
      position += 1
      if position == bytes.count || bytes[position] != Self.newline {
        line += 1
        return
      }
    }
    position += 1
    line += 1
  }

  /// Reads one cell and stops at what ends it.
  private mutating func cell(_ record: Record) throws(Fault) -> [UInt8] {
    let start = position
    guard position < bytes.count, bytes[position] == Self.quote else {
      while position < bytes.count, bytes[position] != separator, !isLineEnd(position) {
        try checkByte()
        guard position - start < Self.lengthLimit else {
          throw Fault(phrase: Self.tooLong, offset: start, line: line)
        }
        position += 1
      }
      return Array(bytes[start..<position])
    }
    let startLine = line
    position += 1
    var text: [UInt8] = []
    var pieceStart = position
    while position < bytes.count {
      guard position - start <= Self.lengthLimit else {
        throw Fault(phrase: Self.tooLong, offset: start, line: startLine)
      }
      let byte = bytes[position]
      if byte == Self.quote {
        text += bytes[pieceStart..<position]
        position += 1
        guard position < bytes.count, bytes[position] == Self.quote else {
          guard position == bytes.count || bytes[position] == separator || isLineEnd(position)
          else {
            throw Fault(phrase: "text behind a closing quote", offset: position, line: line)
          }
          return text
        }
        pieceStart = position
      } else if byte == Self.newline {
        line += 1
      } else {
        try checkByte()
      }
      position += 1
    }
    throw Fault(phrase: Self.quoteStaysOpen, offset: start, line: startLine)
  }

  private static let tooLong =
    "a cell is longer than \(lengthLimit) bytes; is a quote never closed?"
  private static let quoteStaysOpen = "a quote is opened here and never closed"

  private func checkByte() throws(Fault) {
    if bytes[position] == 0 {
      throw Fault(phrase: "a NUL character; the table must be UTF-8", offset: position, line: line)
    }
  }

  /// Column, from 1, of a byte in its line.
  func column(of offset: Int) -> Int {
    var start = min(offset, bytes.count)
    while start > 0, bytes[start - 1] != Self.newline { start -= 1 }
    return offset - start + 1
  }
}

/// The names of a table's columns, and how its cells become the members of a row.
struct TableHeader: Sendable, Equatable {
  let names: [String]

  /// - Returns: nil where a name is missing, not UTF-8, or there twice.
  init?(_ record: TableCursor.Record) {
    let names = record.cells.compactMap { String(validating: $0, as: UTF8.self) }
    guard names.count == record.cells.count, names.allSatisfy({ !$0.isEmpty }),
      Set(names.map(ExactText.init)).count == names.count
    else { return nil }
    self.names = names
  }

  /// Columns whose cells are words, whatever they look like; an empty one is an empty text.
  private static let texts: Set<String> = [
    "prompt", "chosen", "rejected", "completion", "instruction", "input", "output", "question",
    "answer", "chosen_response", "rejected_response",
  ]

  /// Columns whose cells are numbers or true and false.
  private static let values: Set<String> = [
    "label", "kto_tag", "weight", "margin", "confidence", "tie", "chosen_reward", "rejected_reward",
  ]

  /// A record as a JSON object.
  ///
  /// A cell is a string. It is read as JSON where its column holds numbers or flags by its name, and
  /// where it is a list of objects (messages), or an object in a column that is not of words; an empty
  /// cell of any but a column of words is no member.
  /// - Throws: `TableHeader.Problem` where the cells do not fit.
  func row(_ record: TableCursor.Record) throws(Problem) -> JSON {
    guard record.cells.count == names.count else {
      throw .cellCount(expected: names.count, found: record.cells.count)
    }
    var row = JSONObject()
    for (name, cell) in zip(names, record.cells) {
      guard let text = String(validating: cell, as: UTF8.self) else { throw .notUTF8 }
      row[name] = Self.value(text, in: name)
    }
    return .object(row)
  }

  enum Problem: Error, Equatable {
    case cellCount(expected: Int, found: Int)
    case notUTF8
  }

  private static func value(_ text: String, in name: String) -> JSON? {
    let isText = texts.contains(name)
    if text.isEmpty { return isText ? "" : nil }
    if values.contains(name) {
      switch text {
      case "True", "TRUE": return true
      case "False", "FALSE": return false
      default: if let value = try? JSON.parse(text), value.array == nil { return value }
      }
      return .string(text)
    }
    guard let first = text.utf8.first, first == UInt8(ascii: "[") || first == UInt8(ascii: "{"),
      let value = try? JSON.parse(text)
    else { return .string(text) }
    if let list = value.array {
      return !list.isEmpty && list.allSatisfy { $0.object != nil } ? value : .string(text)
    }
    return isText ? .string(text) : value
  }
}
