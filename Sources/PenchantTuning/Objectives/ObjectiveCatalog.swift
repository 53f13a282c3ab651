import PenchantCore

/// What can be chosen with `--objective`.
package enum ObjectiveCatalog {
  /// One objective as `penchant objectives` shows it.
  package struct Entry: Sendable, Equatable {
    package let name: String
    package let aliases: [String]
    package let formula: String
    package let use: String
  }

  /// Numbers that objectives take; nil where none was given.
  package struct Parameters: Sendable, Equatable {
    package var beta: Double?
    package var labelSmoothing: Double?

    package init(beta: Double? = nil, labelSmoothing: Double? = nil) {
      self.beta = beta
      self.labelSmoothing = labelSmoothing
    }
  }

  /// What can be chosen now.
  package static let entries = [
    Entry(
      name: "sigmoid", aliases: ["dpo"],
      formula: "-log sigmoid(beta (rho_chosen - rho_rejected) - margin)",
      use: "the first thing to try: pairs of answers with reliable labels"),
    Entry(
      name: "sft", aliases: [], formula: "-mean over tokens of log pi(y_t | x, y_<t)",
      use: "before preferences: teach a model the answers themselves ('penchant sft')"),
  ]

  /// Members of the family that have a name here and no code yet.
  package static let planned = [
    "cdpo", "hinge", "ipo", "exo_pair", "nca_pair", "robust", "bco_pair", "sppo_hard", "aot",
    "aot_unpaired", "apo_zero", "apo_down", "discopop", "sigmoid_norm", "dpop", "r-dpo",
    "alphapo", "simpo", "cpo", "orpo", "kto", "bco", "tpo", "ropo",
  ]

  /// The objective of a name or an alias.
  /// - Throws: ``TuningError`` for a name nobody knows, one not built yet, or a parameter it would ignore.
  package static func objective(
    named name: String, _ parameters: Parameters = Parameters()
  ) throws(TuningError) -> any Objective {
    switch name {
    case "sigmoid", "dpo":
      // TRL 1.x ignores label smoothing here without a word; before, it meant cDPO.
      if let smoothing = parameters.labelSmoothing, smoothing != 0 {
        throw TuningError(
          .optionWithoutMeaning(option: "label-smoothing", objective: "sigmoid", instead: "cdpo"))
      }
      if let beta = parameters.beta { return try Sigmoid(beta: beta) }
      return try Sigmoid()
    case "sft":
      let given = [("beta", parameters.beta), ("label-smoothing", parameters.labelSmoothing)]
      if let option = given.first(where: { $0.1 != nil })?.0 {
        throw TuningError(
          .optionWithoutMeaning(option: option, objective: "sft", instead: "sigmoid"))
      }
      return SFT()
    default:
      let known = entries.flatMap { [$0.name] + $0.aliases }
      if planned.contains(name) { throw TuningError(.objectiveNotBuilt(name: name, built: known)) }
      throw TuningError(
        .unknownObjective(
          name: name, nearest: nearestName(to: name, in: known + planned), built: known))
    }
  }
}
