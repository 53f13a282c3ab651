import PenchantCore
package import PenchantData

/// Edits to a set of pairs as a file: one JSON object a line.
///
///     {"row": 17, "id": "17", "file": "pairs.jsonl", "fingerprint": "9c1f…", "action": "drop", "reason": "duplicate-rows"}
///
/// A row is named by its number in its file and by the fingerprint of its texts; the file's folder does not matter. A
/// row that cannot be found stops the run: a patch for other data would do harm in silence.
package struct Patch: Sendable, Equatable {
  package struct Line: Sendable, Equatable {
    package let file: String
    package let row: Int
    package let id: String
    package let fingerprint: String
    package let action: PatchAction
    package let reason: String
  }

  package let lines: [Line]

  /// The edits of an audit, one a row: the strongest, and of equals the first.
  package init(_ edits: [PatchEdit], of pairs: [Pair]) {
    var strongest: [Int: PatchEdit] = [:]
    for edit in edits {
      if let known = strongest[edit.index], known.action.rank >= edit.action.rank { continue }
      strongest[edit.index] = edit
    }
    lines = strongest.values.sorted { $0.index < $1.index }.map { edit in
      let pair = pairs[edit.index]
      return Line(
        file: FileSystem.name(of: pair.source.file), row: pair.source.row, id: pair.id,
        fingerprint: Self.fingerprint(of: pair), action: edit.action, reason: edit.reason)
    }
  }

  /// 64 bits over prompt and answers, as 16 hexadecimal digits.
  package static func fingerprint(of pair: Pair) -> String {
    var hash = StableHash(pair.prompt)
    hash.combine(pair.systemPrompt ?? "")
    hash.combine(pair.chosen)
    if let rejected = pair.rejected { hash.combine(rejected) }
    let digits = String(hash.value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }

  /// How many rows each action touches: `drop 12, flip 3`.
  package var summary: String {
    let counts = Dictionary(grouping: lines, by: \.action.name).mapValues(\.count)
    let parts = ["drop", "flip", "soften"].compactMap { name in counts[name].map { "\(name) \($0)" }
    }
    return parts.isEmpty ? "nothing" : parts.joined(separator: ", ")
  }
}

// MARK: - The file

extension Patch {
  package var text: String {
    lines.reduce(into: "") { text, line in
      var object = JSONObject()
      object["row"] = .number(JSONNumber(line.row))
      object["id"] = .string(line.id)
      object["file"] = .string(line.file)
      object["fingerprint"] = .string(line.fingerprint)
      object["action"] = .string(line.action.name)
      if case .soften(let confidence) = line.action {
        object["confidence"] = .number(JSONNumber(confidence))
      }
      object["reason"] = .string(line.reason)
      text += JSON.object(object).text() + "\n"
    }
  }

  /// Reads a patch.
  /// - Throws: ``AuditError`` for a file that cannot be read and for the first line that is no edit.
  package init(path: String) throws(AuditError) {
    var lines: [Line] = []
    var seen: Set<String> = []
    do {
      let reader = try LineReader(path: path)
      while let line = try reader.next() {
        if line.bytes.allSatisfy(\.isSpace) { continue }
        guard let edit = Self.line(line.bytes) else {
          throw AuditError(.patchMalformed(path: path, line: line.number))
        }
        guard seen.insert("\(edit.row) \(edit.fingerprint) \(edit.file)").inserted else {
          throw AuditError(.patchRepeatsRow(path: path, line: line.number))
        }
        lines.append(edit)
      }
    } catch let error as CoreError {
      throw AuditError(.unreadable(error))
    } catch let error as AuditError {
      throw error
    } catch {
      throw AuditError(.patchMalformed(path: path, line: 0))
    }
    self.lines = lines
  }

  private static func line(_ bytes: [UInt8]) -> Line? {
    guard let json = try? JSON.parse(bytes), let row = json["row"]?.int,
      let file = json["file"]?.string,
      let fingerprint = json["fingerprint"]?.string, let name = json["action"]?.string
    else { return nil }
    let action: PatchAction
    switch name {
    case "drop": action = .drop
    case "flip": action = .flip
    case "soften":
      guard let confidence = json["confidence"]?.double, (0...1).contains(confidence) else {
        return nil
      }
      action = .soften(confidence: confidence)
    default: return nil
    }
    return Line(
      file: file, row: row, id: json["id"]?.string ?? "\(row)", fingerprint: fingerprint,
      action: action,
      reason: json["reason"]?.string ?? "")
  }
}
