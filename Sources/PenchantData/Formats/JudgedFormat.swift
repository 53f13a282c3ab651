package import PenchantCore

/// TRL's unpaired preference format: `{prompt, completion, label}`, the label saying whether the answer is a good one.
package struct JudgedFormat: PairFormat {
  package var name: String { "unpaired" }
  package var shape: String { "{prompt, completion, label} with a label of true or false" }

  package init() {}

  package func matches(_ row: JSON) -> Bool {
    row["prompt"] != nil && row["completion"] != nil && row["label"] != nil
  }

  package func read(_ row: JSON, at location: RowLocation) throws(DataError) -> Pair {
    var fields = try RowFields(row, format: name, at: location)
    let prompt = try fields.requirePassage("prompt")
    let completion = try fields.requirePassage("completion")
    let label = try fields.require("label")
    guard let isLiked = label.bool ?? [0: false, 1: true][label.int ?? -1] else {
      throw fields.wrongType("label", "true or false", label)
    }
    var pair = try fields.pair(prompt: prompt, chosen: completion, rejected: nil)
    pair.isLiked = isLiked
    return pair
  }
}
