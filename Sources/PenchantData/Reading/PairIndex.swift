package import PenchantCore

/// The pairs of files, each read from its file when it is wanted.
///
/// Memory is eight bytes a pair: where its row begins. A file must stay as it was; a change is noticed when the
/// next pair is read. What is not plain text (gzip, Parquet) lies decompressed in a temporary file that
/// lives as long as the index.
package struct PairIndex: Sendable {
  /// What one file holds.
  fileprivate struct Part: Sendable {
    let file: DataFile
    let format: any PairFormat
    let ranking: RankingRule
    let judged: Bool
    let header: TableHeader?
    var places: [UInt64] = []
    var rows = SteppedNumbers()
    var lines = SteppedNumbers()
    /// The index of its first pair.
    let start: Int
  }

  /// Changes a pair whenever it is read, or leaves it out; it must say the same of the same pair each time.
  package typealias Edit = @Sendable (Pair) -> Pair?

  fileprivate var parts: [Part] = []
  private let edit: Edit?
  /// The number of pairs.
  package private(set) var count = 0
  /// What was found in each file.
  package private(set) var reports: [ReadReport] = []

  /// Reads all files once and remembers where each pair is.
  /// - Parameters:
  ///   - options: its limit is that of all files together.
  ///   - edit: what is done to each pair before anybody sees it; nil leaves all as they are.
  ///   - progress: the bytes of a file read so far, and its size.
  ///   - body: gets every pair in order.
  /// - Throws: ``DataError`` for the first row that cannot be read, and for a file without pairs; or what
  ///   `body` throws.
  package init(
    paths: [String], options: PairReaderOptions = PairReaderOptions(),
    edit: Edit? = nil, progress: ProgressHandler? = nil,
    _ body: (Pair) throws(DataError) -> Void = { _ in }
  ) throws(DataError) {
    self.edit = edit
    for path in paths {
      var options = options
      options.limit = options.limit.map { $0 - count }
      if options.limit == 0 { break }
      var stream = try PairStream(path: path, options: options)
      var part: Part?
      while let read = try stream.next() {
        guard let pair = edit.map({ $0(read) }) ?? read else { continue }
        if part == nil, let format = stream.format {
          part = Part(
            file: stream.file, format: format, ranking: options.ranking,
            judged: options.judged, header: stream.header, start: count)
        }
        part?.places.append(stream.place.packed)
        part?.rows.append(pair.source.row)
        part?.lines.append(pair.source.line)
        try body(pair)
        if stream.count % 1024 == 0 {
          progress?(
            ProgressEvent(
              stage: "reading \(FileSystem.name(of: path))",
              completed: stream.place.offset >> 20, total: stream.file.file.size >> 20,
              unit: "MiB"))
        }
      }
      try stream.checkFoundSomething()
      count += part?.places.count ?? 0
      reports.append(ReadReport(stream))
      if let part { parts.append(part) }
    }
  }

  package var isEmpty: Bool { count == 0 }

  /// Reads a pair again.
  /// - Throws: ``DataError`` if its file was changed or can no longer be read.
  package subscript(index: Int) -> Pair {
    get throws(DataError) {
      precondition(index >= 0 && index < count, "PairIndex: \(index) of \(count)")
      guard let part = parts.last(where: { $0.start <= index }) else {
        throw DataError(.noRows(path: ""))
      }
      let pair = try part.pair(index - part.start)
      // What the edit leaves out is not in the index.
      return edit?(pair) ?? pair
    }
  }
}

extension PairIndex.Part {
  /// Most rows are shorter; a longer one is read again with more.
  private static var firstWindow: Int { 1 << 14 }

  fileprivate func pair(_ index: Int) throws(DataError) -> Pair {
    let place = PairPlace(packed: places[index])
    let location = RowLocation(file: file.path, row: rows[index], line: lines[index])
    do { try file.file.checkUnchanged() } catch { throw DataError(.unreadable(error)) }
    let json = try row(at: place.offset, location)
    let pairs = try format.read(json, at: location).pairs(ranking, judged: judged)
    guard place.part < pairs.count else { throw changed }
    return pairs[place.part]
  }

  private var changed: DataError {
    DataError(.unreadable(CoreError(.fileChanged(path: file.path))))
  }

  /// Reads the row that begins at an offset, with as much of the file as it takes.
  private func row(at offset: Int, _ location: RowLocation) throws(DataError) -> JSON {
    var size = Self.firstWindow
    while true {
      let window: [UInt8]
      do { window = try file.file.bytes(offset..<offset + size) } catch {
        throw DataError(.unreadable(error))
      }
      let isLast = window.count < size
      let row = window.withUnsafeBytes { bytes in
        Result { () throws(DataError) in try self.row(in: bytes, isLast: isLast, location) }
      }
      if let json = try row.get() { return json }
      guard !isLast else { throw changed }
      size *= 4
    }
  }

  /// The row at the beginning of a window; nil where the window does not hold all of it.
  private func row(
    in window: UnsafeRawBufferPointer, isLast: Bool, _ location: RowLocation
  ) throws(DataError) -> JSON? {
    let text: UnsafeRawBufferPointer
    switch file.layout {
    case .table(let separator):
      var table = TableCursor(window, separator: separator, line: location.line)
      let record = try? table.next()
      // A record at the very end of the window may go on behind it.
      guard let record, isLast || record.bytes.upperBound < window.count else { return nil }
      guard let header, let row = try? header.row(record) else { throw changed }
      return row
    case .lines:
      guard let end = window.firstIndex(of: 0x0a) ?? (isLast ? window.count : nil) else {
        return nil
      }
      text = UnsafeRawBufferPointer(rebasing: window[..<end])
    case .array:
      guard let end = ArrayCursor.endOfValue(window) else { return nil }
      text = UnsafeRawBufferPointer(rebasing: window[..<end])
    }
    do { return try JSON.parse(text) } catch { throw changed }
  }
}
