package import PenchantCore

/// Writes pairs as TRL reads them: `{prompt, chosen, rejected}` of strings or of message lists,
/// `{prompt, completion, label}` for an unpaired answer, `{prompt, completion}` for a single one.
///
/// Everything a ``Pair`` knows goes into the row, so that reading it again gives the same pair but for
/// its place in a file; TRL itself ignores the members it does not know.
package enum PairWriter {
  /// One pair as a JSON object.
  package static func json(_ pair: Pair) -> JSON {
    var row = JSONObject()
    row["id"] = .string(pair.id)
    row["system"] = pair.systemPrompt.map(JSON.string)
    row["prompt"] = pair.prompt.json
    if let isLiked = pair.isLiked {
      row["completion"] = pair.chosen.json
      row["label"] = .bool(isLiked)
    } else {
      row[pair.rejected == nil ? "completion" : "chosen"] = pair.chosen.json
      row["rejected"] = pair.rejected?.json
    }
    // What stands above was read from its own member; one of the same name left in `extra` (a null,
    // or `prompt` beside `conversations`) must not replace it.
    for (key, value) in members(pair).members where row[key] == nil { row[key] = value }
    return .object(row)
  }

  /// What a pair knows beside its two texts and label.
  static func members(_ pair: Pair) -> JSONObject {
    var row = JSONObject()
    row["id"] = .string(pair.id)
    row["system"] = pair.systemPrompt.map(JSON.string)
    row["reference"] = pair.gold?.json
    row["tools"] = pair.tools
    row["chat_template_kwargs"] = pair.chatTemplateArguments.map(JSON.object)
    row["weight"] = pair.weight.map { .number(JSONNumber($0)) }
    row["margin"] = pair.margin.map { .number(JSONNumber($0)) }
    row["confidence"] = pair.confidence.map { .number(JSONNumber($0)) }
    if pair.isTie { row["tie"] = true }
    for (key, value) in pair.extra.members where row[key] == nil { row[key] = value }
    return row
  }

  /// One pair as a line of JSONL, without the line break.
  package static func line(_ pair: Pair) -> String { json(pair).text() }

  /// Pairs as the text of a JSONL file.
  package static func text(_ pairs: some Sequence<Pair>) -> String {
    pairs.reduce(into: "") { text, pair in
      text += line(pair)
      text += "\n"
    }
  }

  /// Writes a JSONL file, which appears whole or not at all.
  /// - Throws: ``DataError`` if it cannot be written, or exists and `overwrite` is false.
  package static func write(
    _ pairs: some Sequence<Pair>, to path: String, overwrite: Bool = false
  ) throws(DataError) {
    do throws(CoreError) {
      let file = try AtomicFile(path: path, overwrite: overwrite)
      for pair in pairs { try file.append(line(pair) + "\n") }
      try file.commit()
    } catch {
      throw DataError(.unwritable(error))
    }
  }
}
