package import PenchantCore

/// TRL's unpaired preference format: `{prompt, completion, label}`, strings or lists of messages, the label
/// true for a desirable answer.
package struct TRLUnpairedFormat: PairFormat {
  package var name: String { "trl-unpaired" }
  package var shape: String { "{prompt, completion} of strings or message lists, {label: bool}" }

  package init() {}

  package func matches(_ row: JSON) -> Bool {
    row["prompt"] != nil && row["completion"] != nil && row["label"]?.flag != nil
  }

  package func read(_ row: JSON, at location: RowLocation) throws(DataError) -> RowContents {
    var fields = try RowFields(row, format: name, at: location)
    let prompt = try fields.requirePassage("prompt")
    let completion = try fields.requirePassage("completion")
    let label = try fields.requireFlag("label")
    return try fields.unpaired(prompt: prompt, completion: completion, label: label)
  }

  package var writing: RowWriting { .labelledAnswers }

  package func row(taking pair: inout Pair) throws(Unwritable) -> JSONObject {
    guard let isLiked = pair.isLiked else { throw .single }
    pair.isLiked = nil
    var row = JSONObject()
    row["prompt"] = pair.prompt.json
    row["completion"] = pair.chosen.json
    row["label"] = .bool(isLiked)
    return row
  }
}

/// TRL's stepwise supervision, `{prompt, completions, labels}`, which is recognised to be refused: its labels
/// judge the steps of one answer, and no objective here learns from steps.
package struct TRLStepwiseFormat: PairFormat {
  package var name: String { "trl-stepwise" }
  package var shape: String { "{prompt, completions, labels}: refused, it judges steps" }

  package init() {}

  package func matches(_ row: JSON) -> Bool {
    row["prompt"] != nil && row["completions"]?.array != nil && row["labels"]?.array != nil
  }

  package func read(_ row: JSON, at location: RowLocation) throws(DataError) -> RowContents {
    throw DataError(
      .refusedShape(
        location, format: name, reason: "its labels judge the steps of one answer, not answers"))
  }

  package var writing: RowWriting { .none }

  package func row(taking pair: inout Pair) throws(Unwritable) -> JSONObject {
    throw .single
  }
}
