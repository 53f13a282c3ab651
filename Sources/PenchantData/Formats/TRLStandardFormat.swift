package import PenchantCore

/// TRL's standard preference format: `{prompt, chosen, rejected}`, each a string.
///
/// A `system` string beside them (mlx-lm-lora) becomes the pair's system prompt.
package struct TRLStandardFormat: PairFormat {
  package var name: String { "trl-standard" }
  package var shape: String { "{prompt, chosen, rejected} of strings" }

  package init() {}

  package func matches(_ row: JSON) -> Bool {
    row["prompt"]?.string != nil && row["chosen"]?.string != nil && row["rejected"]?.string != nil
  }

  package func read(_ row: JSON, at location: RowLocation) throws(DataError) -> RowContents {
    var fields = try RowFields(row, format: name, at: location)
    let prompt = try fields.requireString("prompt")
    let chosen = try fields.requireString("chosen")
    let rejected = try fields.requireString("rejected")
    return try fields.pair(
      prompt: .text(prompt), chosen: .text(chosen), rejected: .text(rejected))
  }

  package func row(taking pair: inout Pair) throws(Unwritable) -> JSONObject {
    let (system, prompt, chosen, rejected) = try pair.takeTexts()
    var row = JSONObject()
    row["system"] = system.map(JSON.string)
    row["prompt"] = .string(prompt)
    row["chosen"] = .string(chosen)
    row["rejected"] = .string(try pair.required(rejected))
    return row
  }
}
