import PenchantCore

/// The rows of a file as JSON values: its lines, or the elements of the one array it holds.
struct RowSource {
  /// One row, or why it is not JSON.
  struct Row {
    var location: RowLocation
    var json: Result<JSON, DataError>
  }

  private enum Layout {
    case lines(LineReader)
    case array(MappedFile, ArrayCursor)
  }

  private let path: String
  private var layout: Layout
  private var row = 0

  /// Opens a file; its first character tells which layout it has.
  /// - Throws: ``DataError`` if it cannot be opened or is of a kind that is not read.
  init(path: String) throws(DataError) {
    self.path = path
    let file = try FileKind.open(path)
    if let cursor = ArrayCursor(file.bytes) {
      layout = .array(file, cursor)
      return
    }
    do {
      // Lines are read, not mapped: a file of any size then takes the memory of one line.
      layout = .lines(try LineReader(path: path))
    } catch {
      throw DataError(.unreadable(error))
    }
  }

  /// The next row; nil behind the last.
  /// - Throws: ``DataError`` where the rows behind this place cannot be found.
  mutating func next() throws(DataError) -> Row? {
    switch layout {
    case .lines(let reader): return try nextLine(reader)
    case .array(let file, var cursor):
      defer { layout = .array(file, cursor) }
      return try nextElement(file, &cursor)
    }
  }

  private mutating func nextLine(_ reader: LineReader) throws(DataError) -> Row? {
    do throws(CoreError) {
      while let line = try reader.next() {
        guard !line.bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0d }) else { continue }
        row += 1
        let location = RowLocation(file: path, row: row, line: line.number)
        let json = Result { () throws(JSONError) in try JSON.parse(line.bytes) }
        return Row(
          location: location,
          json: json.mapError { error in
            DataError(.malformedJSON(location, column: error.offset + 1, phrase: error.phrase))
          })
      }
      return nil
    } catch {
      throw DataError(.unreadable(error))
    }
  }

  private mutating func nextElement(
    _ file: MappedFile, _ cursor: inout ArrayCursor
  ) throws(DataError) -> Row? {
    row += 1
    let element: ArrayCursor.Element
    do {
      guard let found = try cursor.next() else { return nil }
      element = found
    } catch {
      throw broken(error, file, cursor)
    }
    let text = UnsafeRawBufferPointer(rebasing: file.bytes[element.bytes])
    let json = Result { () throws(JSONError) in try JSON.parse(text) }
    return Row(
      location: RowLocation(file: path, row: row, line: element.line),
      json: json.mapError { error in
        let place = cursor.place(of: element.bytes.lowerBound + error.offset, in: element)
        return DataError(
          .malformedJSON(
            RowLocation(file: path, row: row, line: place.line), column: place.column,
            phrase: error.phrase))
      })
  }

  /// A missing quote is noticed at the end of its line or of the file; parsing the element from its
  /// beginning tells where it really went wrong.
  private func broken(
    _ fault: ArrayCursor.Fault, _ file: MappedFile, _ cursor: ArrayCursor
  ) -> DataError {
    var offset = fault.offset
    var phrase = fault.phrase
    if let element = fault.element {
      let rest = UnsafeRawBufferPointer(rebasing: file.bytes[element.bytes.lowerBound...])
      do {
        _ = try JSON.parse(rest)
      } catch  where error.code != .trailingBytes {
        offset = element.bytes.lowerBound + error.offset
        phrase = error.phrase
      } catch {}
    }
    let start = fault.element ?? .init(bytes: fault.offset..<fault.offset, line: fault.line)
    let place = cursor.place(of: offset, in: start)
    return DataError(
      .brokenArray(
        RowLocation(file: path, row: row, line: place.line), column: place.column, phrase: phrase))
  }
}
