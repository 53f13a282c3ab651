package import PenchantCore

/// One pair's line in pairs.jsonl, the per-example ledger.
package struct PairRecord: Sendable, Equatable {
  /// Counted from 1.
  package var step: Int
  package var id: String
  /// β(ρ_w − ρ_l); nil for a row with one answer.
  package var margin: Double?
  /// The pair's own loss, before its weight.
  package var loss: Double
  /// Tokens that truncation took from the prompt and from each answer.
  package var cutTokens: Int

  package init(step: Int, id: String, margin: Double?, loss: Double, cutTokens: Int) {
    self.step = step
    self.id = id
    self.margin = margin
    self.loss = loss
    self.cutTokens = cutTokens
  }

  package var json: JSONObject {
    var object = JSONObject()
    object["step"] = .number(JSONNumber(step))
    object["id"] = .string(id)
    object["margin"] = margin.map { .number(JSONNumber($0)) }
    object["loss"] = .number(JSONNumber(loss))
    object["cut_tokens"] = .number(JSONNumber(cutTokens))
    return object
  }
}
