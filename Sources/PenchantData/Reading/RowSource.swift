import PenchantCore

/// The rows of a file as JSON values, one after the other.
struct RowSource {
  /// One row, or why it is not one.
  struct Row {
    var location: RowLocation
    /// Where it begins, in bytes from the beginning of the file.
    var offset: Int
    var json: Result<JSON, DataError>
  }

  private enum Cursor {
    case lines(LineReader)
    case array(MappedFile, ArrayCursor)
    case table(MappedFile, TableCursor)
  }

  let file: DataFile
  /// The columns of a table, once it is opened.
  private(set) var header: TableHeader?
  private var cursor: Cursor
  private var row = 0
  /// Bytes of a mapping that were given back.
  private var released = 0

  private static let releaseInterval = 1 << 25

  /// Begins at the first row.
  /// - Throws: ``DataError`` if the file cannot be read, or is a table without a header.
  init(_ file: DataFile) throws(DataError) {
    self.file = file
    switch file.layout {
    case .lines:
      // Lines are read, not mapped: a file of any size then takes the memory of one line.
      cursor = .lines(file.file.lines())
    case .array:
      let mapped = try Self.map(file)
      guard let array = ArrayCursor(mapped.bytes) else { throw DataError(.noRows(path: file.path)) }
      cursor = .array(mapped, array)
    case .table(let separator):
      let mapped = try Self.map(file)
      var table = TableCursor(mapped.bytes, separator: separator)
      header = try Self.header(&table, file)
      cursor = .table(mapped, table)
    }
  }

  private static func map(_ file: DataFile) throws(DataError) -> MappedFile {
    do { return try file.file.mapped() } catch { throw DataError(.unreadable(error)) }
  }

  /// Reads the names of the columns.
  static func header(
    _ table: inout TableCursor, _ file: DataFile
  ) throws(DataError) -> TableHeader {
    let location = RowLocation(file: file.path, row: 0, line: 1)
    do {
      guard let record = try table.next() else { throw DataError(.noRows(path: file.path)) }
      guard let header = TableHeader(record) else {
        throw DataError(
          .brokenTable(
            location, column: 1,
            phrase: "the first line must name each column once, in UTF-8"))
      }
      return header
    } catch let error as DataError {
      throw error
    } catch let fault as TableCursor.Fault {
      throw broken(fault, table, file, row: 0)
    } catch {
      throw DataError(.noRows(path: file.path))
    }
  }

  /// The next row; nil behind the last.
  /// - Throws: ``DataError`` where the rows behind this place cannot be found.
  mutating func next() throws(DataError) -> Row? {
    switch cursor {
    case .lines(let reader): return try nextLine(reader)
    case .array(let mapped, var array):
      defer { cursor = .array(mapped, array) }
      return try nextElement(mapped, &array)
    case .table(let mapped, var table):
      defer { cursor = .table(mapped, table) }
      return try nextRecord(mapped, &table)
    }
  }

  private func location(line: Int) -> RowLocation {
    RowLocation(file: file.path, row: row, line: line)
  }

  private mutating func nextLine(_ reader: LineReader) throws(DataError) -> Row? {
    do throws(CoreError) {
      while let line = try reader.next() {
        guard !line.bytes.allSatisfy(\.isSpace) else { continue }
        row += 1
        let location = location(line: line.number)
        let json = Result { () throws(JSONError) in try JSON.parse(line.bytes) }
        return Row(
          location: location, offset: line.offset,
          json: json.mapError { error in
            DataError(.malformedJSON(location, column: error.offset + 1, phrase: error.phrase))
          })
      }
      return nil
    } catch {
      guard case .lineTooLong(_, let line, _) = error.code else {
        throw DataError(.unreadable(error))
      }
      row += 1
      return Row(
        location: location(line: line), offset: 0, json: .failure(DataError(.unreadable(error))))
    }
  }

  private mutating func nextElement(
    _ mapped: MappedFile, _ array: inout ArrayCursor
  ) throws(DataError) -> Row? {
    row += 1
    let element: ArrayCursor.Element
    do {
      guard let found = try array.next() else { return nil }
      element = found
    } catch {
      throw broken(error, mapped, array)
    }
    release(mapped, before: element.bytes.lowerBound)
    let text = UnsafeRawBufferPointer(rebasing: mapped.bytes[element.bytes])
    let json = Result { () throws(JSONError) in try JSON.parse(text) }
    return Row(
      location: location(line: element.line), offset: element.bytes.lowerBound,
      json: json.mapError { error in
        let place = array.place(of: element.bytes.lowerBound + error.offset, in: element)
        return DataError(
          .malformedJSON(location(line: place.line), column: place.column, phrase: error.phrase))
      })
  }

  private mutating func nextRecord(
    _ mapped: MappedFile, _ table: inout TableCursor
  ) throws(DataError) -> Row? {
    row += 1
    let record: TableCursor.Record
    do {
      guard let found = try table.next() else { return nil }
      record = found
    } catch {
      throw Self.broken(error, table, file, row: row)
    }
    release(mapped, before: record.bytes.lowerBound)
    let location = location(line: record.line)
    guard let header else { return nil }
    let json = Result { () throws(TableHeader.Problem) in try header.row(record) }
    return Row(
      location: location, offset: record.bytes.lowerBound,
      json: json.mapError { problem in
        switch problem {
        case .cellCount(let expected, let found):
          DataError(.wrongCellCount(location, expected: expected, found: found))
        case .notUTF8: DataError(.notUTF8(location))
        }
      })
  }

  /// Gives pages that were passed back to the system.
  private mutating func release(_ mapped: MappedFile, before offset: Int) {
    guard offset - released > Self.releaseInterval else { return }
    mapped.release(0..<offset)
    released = offset
  }

  private static func broken(
    _ fault: TableCursor.Fault, _ table: TableCursor, _ file: DataFile, row: Int
  ) -> DataError {
    DataError(
      .brokenTable(
        RowLocation(file: file.path, row: row, line: fault.line),
        column: table.column(of: fault.offset), phrase: fault.phrase))
  }

  /// A missing quote is noticed at the end of its line or of the file; parsing the element from its
  /// beginning tells where it really went wrong.
  private func broken(
    _ fault: ArrayCursor.Fault, _ mapped: MappedFile, _ array: ArrayCursor
  ) -> DataError {
    var offset = fault.offset
    var phrase = fault.phrase
    if let element = fault.element, phrase != ArrayCursor.tooLong {
      let rest = UnsafeRawBufferPointer(
        rebasing: mapped.bytes[element.bytes.lowerBound...].prefix(ArrayCursor.lengthLimit))
      do {
        _ = try JSON.parse(rest)
      } catch  where error.code != .trailingBytes {
        offset = element.bytes.lowerBound + error.offset
        phrase = error.phrase
      } catch {}
    }
    let start = fault.element ?? .init(bytes: fault.offset..<fault.offset, line: fault.line)
    let place = array.place(of: offset, in: start)
    return DataError(.brokenArray(location(line: place.line), column: place.column, phrase: phrase))
  }
}
