package import PenchantCore

/// Prompt and answers as three strings under a tool's own names, with an optional `system` string.
package struct NamedTextsFormat: PairFormat {
  package let name: String
  let prompt: String
  let chosen: String
  let rejected: String

  package var shape: String { "{\(prompt), \(chosen), \(rejected)} of strings" }

  /// NVIDIA NeMo-Aligner; its `chosen_reward` and `rejected_reward` stay in `extra`.
  package static let nemoAligner = NamedTextsFormat(
    name: "nemo-aligner", prompt: "prompt", chosen: "chosen_response",
    rejected: "rejected_response")
  /// What axolotl reads as `argilla`.
  package static let axolotlArgilla = NamedTextsFormat(
    name: "axolotl-argilla", prompt: "instruction", chosen: "chosen_response",
    rejected: "rejected_response")
  /// What axolotl reads as `intel`.
  package static let axolotlIntel = NamedTextsFormat(
    name: "axolotl-intel", prompt: "question", chosen: "chosen", rejected: "rejected")
  /// What axolotl reads as `icr`.
  package static let axolotlICR = NamedTextsFormat(
    name: "axolotl-icr", prompt: "input", chosen: "chosen", rejected: "rejected")

  package func matches(_ row: JSON) -> Bool {
    [prompt, chosen, rejected].allSatisfy { row[$0]?.string != nil }
      && (prompt == "instruction" || row["instruction"]?.isNull != false)
  }

  package func read(_ row: JSON, at location: RowLocation) throws(DataError) -> RowContents {
    var fields = try RowFields(row, format: name, at: location)
    let prompt = try fields.requireString(prompt)
    let chosen = try fields.requireString(chosen)
    let rejected = try fields.requireString(rejected)
    return try fields.pair(
      prompt: .text(prompt), chosen: .text(chosen), rejected: .text(rejected))
  }

  package func row(taking pair: inout Pair) throws(Unwritable) -> JSONObject {
    let texts = try pair.takeTexts()
    var row = JSONObject()
    row["system"] = texts.system.map(JSON.string)
    row[prompt] = .string(texts.prompt)
    row[chosen] = .string(texts.chosen)
    row[rejected] = .string(try pair.required(texts.rejected))
    return row
  }
}
