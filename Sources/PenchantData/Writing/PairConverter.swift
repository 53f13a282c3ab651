import PenchantCore

/// Writes pairs in a format, and keeps account of what it has no place for.
///
/// The rows go to one file. What the format cannot say goes to a second one beside it, the sidecar: a tie in a
/// format of preferences as a whole row of our own (TRL's with `tie: true`), a weight in a format that allows no
/// further members as `{row, weight, …}` with the number of its row.
package final class PairConverter {
  /// What was written, and what was not.
  package struct Report: Sendable, Equatable {
    package var rows = 0
    package var sidecarRows = 0
    /// Pairs that became two labelled answers.
    package var splitPairs = 0
    /// Rows whose plain texts became turns, or the other way round.
    package var changedKind = 0
    /// Pairs of which only the chosen answer was written.
    package var withoutRejected = 0
    /// Rows of the sidecar alone, by reason.
    package var unwritable: [Unwritable: Int] = [:]
    /// Members that stand in the row although the format has no name for them, by name.
    package var beside: [String: Int] = [:]
    /// Members that stand in the sidecar, by name.
    package var apart: [String: Int] = [:]
  }

  package let format: any PairFormat
  package private(set) var report = Report()
  /// Where what has no place goes.
  package let sidecarPath: String

  private let file: AtomicFile
  private let overwrite: Bool
  private var sidecar: AtomicFile?
  /// Whether the file is one JSON array.
  private let isArray: Bool

  /// Begins a file; a name that ends in `.json` makes it one array, any other lines.
  /// - Throws: ``DataError`` if the format is not written, or the file cannot be.
  package init(
    format name: String, path: String, overwrite: Bool
  ) throws(DataError) {
    format = try PairFormats.named(name)
    if case .none = format.writing {
      throw DataError(.unknownFormat(name: name, supported: PairFormats.writable))
    }
    sidecarPath = PairSidecar.path(of: path)
    self.overwrite = overwrite
    isArray = path.lowercased().hasSuffix(".json")
    do throws(CoreError) {
      if !overwrite, FileSystem.exists(sidecarPath) {
        throw CoreError(.alreadyExists(path: sidecarPath))
      }
      file = try AtomicFile(path: path, overwrite: overwrite)
      if isArray { try file.append("[") }
    } catch {
      throw DataError(.unwritable(error))
    }
  }

  /// Writes one pair.
  package func write(_ pair: Pair) throws(DataError) {
    switch format.writing {
    case .labelledAnswers where pair.rejected != nil && !pair.isTie:
      report.splitPairs += 1
      for half in pair.judgedAnswers { try writeOne(half) }
    case .answers:
      guard pair.isLiked != false, !pair.isTie else {
        return try setAside(pair, pair.isTie ? .tie : .unpaired)
      }
      if pair.rejected != nil { report.withoutRejected += 1 }
      var answer = pair
      answer.rejected = nil
      answer.isLiked = nil
      try writeOne(answer)
    default: try writeOne(pair)
    }
  }

  private func writeOne(_ pair: Pair) throws(DataError) {
    var rest = pair
    var row: JSONObject
    do throws(Unwritable) {
      row = try format.row(taking: &rest)
      if rest.isTie { throw Unwritable.tie }
      if rest.isLiked != nil { throw Unwritable.unpaired }
    } catch {
      return try setAside(pair, error)
    }
    if pair.isText != row.holdsTexts(as: pair) { report.changedKind += 1 }
    let number = report.rows + 1
    var more = PairWriter.members(rest)
    if pair.id == String(number) { more["id"] = nil }
    if case .strictPairs = format.writing {
      if !more.isEmpty {
        for key in more.keys { report.apart[key, default: 0] += 1 }
        var note = JSONObject(["row": .number(JSONNumber(number))])
        for (key, value) in more.members { note[key] = value }
        try append(toSidecar: note)
      }
    } else {
      for (key, value) in more.members where row[key] == nil {
        row[key] = value
        // An empty member says nothing that could be missed.
        if value.isNull { continue }
        report.beside[key, default: 0] += 1
      }
    }
    try appendRow(row)
  }

  private func setAside(_ pair: Pair, _ reason: Unwritable) throws(DataError) {
    report.unwritable[reason, default: 0] += 1
    guard case .object(let row) = PairWriter.json(pair) else { return }
    try append(toSidecar: row)
  }

  private func appendRow(_ row: JSONObject) throws(DataError) {
    do throws(CoreError) {
      let text = JSON.object(row).text()
      try file.append(isArray ? (report.rows == 0 ? "\n" : ",\n") + text : text + "\n")
    } catch {
      throw DataError(.unwritable(error))
    }
    report.rows += 1
  }

  private func append(toSidecar row: JSONObject) throws(DataError) {
    do throws(CoreError) {
      if sidecar == nil { sidecar = try AtomicFile(path: sidecarPath, overwrite: overwrite) }
      try sidecar?.append(JSON.object(row).text() + "\n")
    } catch {
      throw DataError(.unwritable(error))
    }
    report.sidecarRows += 1
  }

  /// Makes the files appear; to be called once, last.
  package func commit() throws(DataError) {
    do throws(CoreError) {
      if isArray { try file.append(report.rows == 0 ? "]\n" : "\n]\n") }
      try sidecar?.commit()
      try file.commit()
    } catch {
      throw DataError(.unwritable(error))
    }
  }
}

extension PairFormats {
  /// The names of the formats that can be written.
  package static var writable: [String] {
    all.filter { if case .none = $0.writing { false } else { true } }.map(\.name)
  }
}

extension Pair {
  fileprivate var isText: Bool {
    if case .text = prompt { true } else { false }
  }
}

extension JSONObject {
  /// Whether the row holds the pair's answer as plain text.
  fileprivate func holdsTexts(as pair: Pair) -> Bool {
    !values.contains { value in
      value.array?.contains { $0["role"] != nil || $0["from"] != nil } == true
        || value["messages"] != nil || value["role"] != nil || value["from"] != nil
        || value["prompt_conversation"] != nil
        || value.array?.contains { $0["completion"]?.array != nil } == true
        || value["prompt"]?.array != nil
    }
  }
}
