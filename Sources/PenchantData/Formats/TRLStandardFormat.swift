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

  package func read(_ row: JSON, at location: RowLocation) throws(DataError) -> Pair {
    var fields = try RowFields(row, format: name, at: location)
    let prompt = try fields.requireString("prompt")
    let chosen = try fields.requireString("chosen")
    let rejected = try fields.requireString("rejected")
    return try fields.pair(
      prompt: .text(prompt), chosen: .text(chosen), rejected: .text(rejected))
  }
}
