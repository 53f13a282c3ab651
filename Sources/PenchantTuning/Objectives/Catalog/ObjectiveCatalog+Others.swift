extension ObjectiveCatalog {
  private static let gamma = ObjectiveEntry.Parameter(
    option: .gamma, standard: 1, reason: "the SimPO paper's gamma / beta = 0.5")
  private static let meansBeta = ObjectiveEntry.Parameter(
    option: .beta, standard: 2, reason: "the SimPO paper's; means are small numbers")
  private static let certain = ObjectiveEntry.Parameter.smoothing(0, "labels as they are")

  private static func sftWeight(_ standard: Double, _ reason: String) -> ObjectiveEntry.Parameter {
    ObjectiveEntry.Parameter(option: .sftWeight, standard: standard, reason: reason)
  }

  /// A preference term and λ times the likelihood of an answer; no such term where λ is 0.
  private static func with(
    _ loss: any PairLoss, name: String, likelihood weight: Double,
    of role: ObjectiveRequirements.Role = .chosen
  ) throws(TuningError) -> any Objective {
    let weight = try ParameterRange.nonnegative.checked(weight, "sft-weight")
    return Mixture(
      name: name, [.init(loss)] + (weight == 0 ? [] : [.init(SFT(on: role), weight: weight)]))
  }

  /// Pairs without a reference.
  static let referenceFree: [ObjectiveEntry] = [
    ObjectiveEntry(
      "simpo", formula: "-log sigmoid(beta (mean log pi(chosen) - mean log pi(rejected)) - gamma)",
      use: "a third less work: no reference; answers of different lengths", hasReference: false,
      parameters: [
        meansBeta, gamma, certain, sftWeight(0, "the paper's; TRL adds the likelihood by default"),
      ], source: "SimPO, arXiv 2405.14734"
    ) { values throws(TuningError) in
      try with(
        try SimPO(
          beta: values[.beta], gamma: values[.gamma], labelSmoothing: values[.labelSmoothing]),
        name: "simpo", likelihood: values[.sftWeight])
    },
    ObjectiveEntry(
      "alphapo",
      formula: "-log sigmoid(beta (r_chosen - r_rejected) - gamma), r = (1 - p^-alpha) / alpha",
      use: "simpo with another shape of reward: unlikely answers count more (alpha > 0) or less",
      hasReference: false,
      parameters: [
        meansBeta, gamma,
        .init(option: .alpha, standard: 0.25, reason: "the AlphaPO paper's for Llama 3"), certain,
        sftWeight(0, "the paper's"),
      ], source: "AlphaPO, arXiv 2501.03884"
    ) { values throws(TuningError) in
      try with(
        try AlphaPO(
          beta: values[.beta], gamma: values[.gamma], alpha: values[.alpha],
          labelSmoothing: values[.labelSmoothing]), name: "alphapo", likelihood: values[.sftWeight])
    },
    ObjectiveEntry(
      "cpo",
      formula:
        "-log sigmoid(beta (log pi(chosen) - log pi(rejected))) - sft-weight mean log pi(chosen)",
      use: "translation and other tasks with excellent chosen answers; no reference",
      hasReference: false, parameters: [.beta, certain, sftWeight(1, "the CPO paper's")],
      source: "CPO, arXiv 2401.08417"
    ) { values throws(TuningError) in
      try with(
        try CPOLoss(beta: values[.beta], labelSmoothing: values[.labelSmoothing]), name: "cpo",
        likelihood: values[.sftWeight])
    },
    ObjectiveEntry(
      "orpo",
      formula:
        "-mean log pi(prompt, chosen) - beta log sigmoid(log odds(chosen) - log odds(rejected))",
      use: "supervised tuning and preferences in one run, from a base model", hasReference: false,
      parameters: [.beta], source: "ORPO, arXiv 2403.07691"
    ) { values throws(TuningError) in try ORPO(beta: values[.beta]) },
    ObjectiveEntry(
      "tpo",
      formula:
        "-log sigmoid(beta (log pi(chosen) - log pi(rejected))) - sft-weight mean log pi(gold)",
      use: "pairs with a third, ideal answer to learn from", rows: .pairsWithGold,
      hasReference: false,
      parameters: [
        .init(option: .beta, standard: 0.01, reason: "the TPO paper's and TRL's"), certain,
        sftWeight(1, "the TPO paper's"),
      ], source: "TPO, arXiv 2405.16681"
    ) { values throws(TuningError) in
      try with(
        try CPOLoss(beta: values[.beta], labelSmoothing: values[.labelSmoothing]), name: "tpo",
        likelihood: values[.sftWeight], of: .gold)
    },
    ObjectiveEntry(
      "tpo-l",
      formula: "-log sigmoid(beta (mean log pi(chosen) - mean log pi(rejected)) - gamma)"
        + " - sft-weight mean log pi(gold)",
      use: "tpo for answers of different lengths", rows: .pairsWithGold, hasReference: false,
      parameters: [
        .init(option: .beta, standard: 2, reason: "means are small numbers"),
        .init(option: .gamma, standard: 0.5, reason: "TRL's"), certain,
        sftWeight(1, "the TPO paper's"),
      ], source: "TPO, arXiv 2405.16681"
    ) { values throws(TuningError) in
      try with(
        try SimPO(
          beta: values[.beta], gamma: values[.gamma], labelSmoothing: values[.labelSmoothing]),
        name: "tpo-l", likelihood: values[.sftWeight], of: .gold)
    },
  ]

  private static let judgedWeights = [
    ObjectiveEntry.Parameter(
      option: .desirableWeight, standard: 1, reason: "liked and other rows count alike"),
    ObjectiveEntry.Parameter(
      option: .undesirableWeight, standard: 1, reason: "liked and other rows count alike"),
  ]

  /// Rows with one answer, liked or not.
  static let unpaired: [ObjectiveEntry] = [
    ObjectiveEntry(
      "kto",
      formula:
        "liked: w_D (1 - sigmoid(beta (rho - z))); not liked: w_U (1 - sigmoid(beta (z - rho)))",
      use: "thumbs up and down on single answers", rows: .judged,
      parameters: [.beta] + judgedWeights, source: "KTO, arXiv 2402.01306"
    ) { values throws(TuningError) in
      try KTO(
        beta: values[.beta], desirableWeight: values[.desirableWeight],
        undesirableWeight: values[.undesirableWeight])
    },
    ObjectiveEntry(
      "apo_zero_unpaired",
      formula: "liked: w_D (1 - sigmoid(beta rho)); not liked: w_U sigmoid(beta rho)",
      use: "as kto, cheaper: no estimate of the divergence", rows: .judged,
      parameters: [.beta] + judgedWeights, source: "APO, arXiv 2408.06266"
    ) { values throws(TuningError) in
      try APOZeroUnpaired(
        beta: values[.beta], desirableWeight: values[.desirableWeight],
        undesirableWeight: values[.undesirableWeight])
    },
    ObjectiveEntry(
      "bco", formula: "liked: -log sigmoid(r - delta); not liked: -log sigmoid(delta - r)",
      use: "thumbs up and down, as a classifier with a moving threshold", rows: .judged,
      parameters: [.beta], source: "BCO, arXiv 2404.04656"
    ) { values throws(TuningError) in try BCO(beta: values[.beta]) },
  ]

  /// No preferences.
  static let supervised: [ObjectiveEntry] = [
    ObjectiveEntry(
      "sft", formula: "-mean over tokens of log pi(y_t | x, y_<t)",
      use: "before preferences: teach a model the answers themselves ('penchant sft')",
      rows: .answers, hasReference: false, mixes: true, source: "cross-entropy"
    ) { _ throws(TuningError) in SFT() },
    ObjectiveEntry(
      "reward",
      formula: "-log sigmoid(r_chosen - r_rejected - margin) + c (r_chosen + r_rejected)^2",
      use: "a model that scores answers ('penchant reward'), to rank with or to compare",
      hasReference: false,
      parameters: [
        .init(option: .centerRewards, standard: 0, reason: "scores as they fall; 0.01 centres them")
      ], source: "Bradley and Terry, 1952; margin: arXiv 2307.09288; centring: arXiv 2312.09244"
    ) { values throws(TuningError) in try BradleyTerry(centering: values[.centerRewards]) },
  ]
}
