package import PenchantCore

/// One held-out pair's line in heldout.jsonl, after the last measurement.
package struct HeldOutRecord: Sendable, Equatable {
  package var id: String
  /// β(ρ_w − ρ_l).
  package var margin: Double
  /// Log-ratio of policy to reference a token, of either answer.
  package var chosenDrift: Double
  package var rejectedDrift: Double
  /// Mean log-probability a token of the chosen answer minus that of the rejected one, under the reference; nil where
  /// there is none.
  package var referenceMargin: Double?

  /// The line of a pair; nil for a row with one answer.
  init?(_ input: PairInput, _ objective: any Objective) {
    guard let chosen = input.branch(0), let rejected = input.branch(1),
      let rewards = input.score(0, asMean: objective.rewardsAreMeans).flatMap({ chosen in
        input.score(1, asMean: objective.rewardsAreMeans).map { chosen - $0 }
      })
    else { return nil }
    func perToken(_ sum: Double, _ count: Int) -> Double { sum / Double(max(1, count)) }
    let hasReference = !chosen.reference.isEmpty && !rejected.reference.isEmpty
    id = input.facts.id
    margin = objective.rewardScale * rewards
    chosenDrift = hasReference ? perToken(chosen.logRatio, chosen.policy.count) : 0
    rejectedDrift = hasReference ? perToken(rejected.logRatio, rejected.policy.count) : 0
    referenceMargin =
      hasReference
      ? perToken(chosen.referenceSum, chosen.reference.count)
        - perToken(rejected.referenceSum, rejected.reference.count) : nil
  }

  /// nil if the value is not what ``json`` writes.
  package init?(_ json: JSON) {
    guard let id = json["id"]?.string, let margin = json["margin"]?.double else { return nil }
    self.id = id
    self.margin = margin
    chosenDrift = json["drift/chosen"]?.double ?? 0
    rejectedDrift = json["drift/rejected"]?.double ?? 0
    referenceMargin = json["reference_margin"]?.double
  }

  package var json: JSONObject {
    var object = JSONObject()
    object["id"] = .string(id)
    object["margin"] = .number(JSONNumber(margin))
    object["drift/chosen"] = .number(JSONNumber(chosenDrift))
    object["drift/rejected"] = .number(JSONNumber(rejectedDrift))
    object["reference_margin"] = referenceMargin.map { .number(JSONNumber($0)) }
    return object
  }
}
