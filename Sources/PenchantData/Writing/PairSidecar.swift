import PenchantCore

/// What ``PairConverter`` kept beside a file, joined to its rows again: notes by the number of their row, and whole
/// rows that the file's format could not say.
///
/// Notes stand in the order of their rows, so that one is held at a time; whole rows come last.
package final class PairSidecar {
  package let path: String
  /// Rows that were given what their note says.
  package private(set) var joined = 0
  /// Whole rows that were read.
  package private(set) var added = 0

  private let reader: LineReader
  private var note: (row: Int, members: JSONObject)?
  private var whole: [(row: JSON, location: RowLocation)] = []
  private var isAtEnd = false

  /// Where the sidecar of the file at `path` stands.
  package static func path(of path: String) -> String { path + ".sidecar.jsonl" }

  /// Opens the sidecar of the file at `path`.
  /// - Throws: ``DataError`` if there is none.
  package init(of path: String) throws(DataError) {
    self.path = Self.path(of: path)
    do { reader = try LineReader(path: self.path) } catch { throw DataError(.unreadable(error)) }
  }

  /// A pair of the file with what its note says.
  /// - Throws: ``DataError`` for a line that is neither a note nor a row, or a note of a row that was passed.
  package func join(_ pair: Pair) throws(DataError) -> Pair {
    while note == nil, !isAtEnd { try readNext() }
    guard let note, note.row <= pair.source.row else { return pair }
    let location = pair.source
    guard note.row == location.row, case .object(var row) = PairWriter.json(pair) else {
      throw DataError(.valueOutOfRange(location, key: "row", expected: "in the order of the rows"))
    }
    self.note = nil
    for (key, value) in note.members.members { row[key] = value }
    joined += 1
    return try Self.pair(.object(row), at: location)
  }

  /// Calls `body` with the whole rows, after all pairs of the file were joined.
  /// - Throws: ``DataError`` for a note of a row that the file does not have.
  package func finish(_ body: (Pair) throws(DataError) -> Void) throws(DataError) {
    while note == nil, !isAtEnd { try readNext() }
    if let note {
      throw DataError(
        .valueOutOfRange(
          RowLocation(file: path, row: note.row, line: 0), key: "row",
          expected: "a row of the file it stands beside"))
    }
    for (row, location) in whole {
      try body(try Self.pair(row, at: location))
      added += 1
    }
  }

  private func readNext() throws(DataError) {
    let line: LineReader.Line?
    do { line = try reader.next() } catch { throw DataError(.unreadable(error)) }
    guard let line else {
      isAtEnd = true
      return
    }
    let location = RowLocation(file: path, row: line.number, line: line.number)
    let json: JSON
    do { json = try JSON.parse(line.bytes) } catch {
      throw DataError(.malformedJSON(location, column: error.offset + 1, phrase: error.phrase))
    }
    guard var members = json.object else {
      throw DataError(.notAnObject(location, found: json.typeName))
    }
    guard let row = members["row"]?.int, members["prompt"] == nil else {
      whole.append((json, location))
      return
    }
    members["row"] = nil
    note = (row, members)
  }

  /// Rows as ``PairWriter`` spells them.
  private static func pair(_ row: JSON, at location: RowLocation) throws(DataError) -> Pair {
    guard let format = PairFormats.detect(row) else {
      throw PairFormats.unknownShape(row, at: location)
    }
    guard let pair = try format.read(row, at: location).pairs(.bestWorst).first else {
      throw DataError(.noJudgement(location))
    }
    return pair
  }
}
