import PenchantCore

/// What becomes of pairs under one model's template, tokenizer and length.
enum TokenChecks {
  static let mismatch = Check(
    "prefix-mismatch", .warn, "the prompt's tokens are not where the answer begins",
    measures: "each pair under the model's template and tokenizer (`--model`)",
    formula: "tokens(prompt) is not a prefix of tokens(prompt + answer), for either answer",
    threshold: "any row",
    why:
      "Where the text is cut into other tokens at the seam, what is trained is not what is generated; tune stops at such a row.",
    remedy:
      "End prompts where a token ends (a template does), or run tune with --on-mismatch drop or split."
  )

  static let prompt = Check(
    "prompt-too-long", .block, "the prompt alone fills the model's length",
    measures: "tokens of the prompt under the model's template and tokenizer (`--model`)",
    formula: "tokens(prompt) ≥ the longest sequence",
    threshold: "any row",
    why:
      "No token of either answer is left to learn from; some trainers drop such rows in silence.",
    remedy: "Shorten the prompt, raise --max-length, or apply the patch, which drops the row.")

  static let length = Check(
    "too-long", .warn, "pairs exceed the model's length",
    measures: "tokens of prompt + answer under the model's template and tokenizer (`--model`)",
    formula:
      "the longer of the two sequences exceeds the longest that is trained on; of these, pairs whose answers are the same once their ends are cut",
    threshold: "any row",
    why:
      "tune leaves them out by default, and a trainer that cuts them teaches to stop in the middle; where the difference lies in what is cut, nothing is left to prefer.",
    remedy: "Raise --max-length if the model's context allows, or accept that they are left out.")

  static let same = Check(
    "same-tokens", .block, "both answers become the same tokens",
    measures: "each pair under the model's template and tokenizer (`--model`)",
    formula: "tokens(chosen) = tokens(rejected), though the texts differ",
    threshold: "any row",
    why:
      "A template that trims or a normalizer that folds may remove the only difference; the pair's gradient is 0 and its loss counts.",
    remedy: "Apply the patch, which drops the row.")

  static let all = [mismatch, prompt, length, same]

  static func findings(_ reading: ModelReading) -> [Finding] {
    let total = reading.fates.count
    func finding(
      _ check: Check, _ rows: [Finding.Row], _ summary: String, drops: Bool = false
    ) -> Finding? {
      guard !rows.isEmpty else { return nil }
      return Finding(
        check, count: rows.count, of: total, summary: summary, rows: rows,
        edits: drops ? rows.map { PatchEdit($0.index, .drop, check.id) } : [])
    }
    let mismatched = reading.rows { $0 == .mismatch ? "cut into other tokens at the seam" : nil }
    let prompts = reading.rows {
      if case .promptTooLong(let tokens) = $0 { "the prompt has \(tokens) tokens" } else { nil }
    }
    let identical = reading.rows { $0 == .sameTokens ? "the same tokens" : nil }
    var indifferent = 0
    let long = reading.rows { fate in
      guard case .tooLong(let tokens, let differs) = fate else { return nil }
      if !differs { indifferent += 1 }
      return "\(tokens) tokens" + (differs ? "" : ", the same answers once cut")
    }
    return [
      finding(mismatch, mismatched, "\(rows(mismatched.count))."),
      finding(
        prompt, prompts, "\(rows(prompts.count)) beyond \(reading.limit) tokens.", drops: true),
      finding(
        length, long,
        "\(rows(long.count)) beyond \(reading.limit) tokens; in \(indifferent) of them the answers are the same once cut."
      ),
      finding(same, identical, "\(rows(identical.count)).", drops: true),
    ].compactMap { $0 }
  }

  private static func rows(_ count: Int) -> String {
    "\(NumberText.grouped(count)) \(count == 1 ? "row" : "rows")"
  }
}
