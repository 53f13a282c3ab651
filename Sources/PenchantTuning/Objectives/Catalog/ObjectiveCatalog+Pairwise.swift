extension ObjectiveEntry.Parameter {
  static let beta = Self(option: .beta, standard: 0.1, reason: "the DPO paper's and TRL's")

  static func smoothing(_ standard: Double, _ reason: String) -> Self {
    Self(option: .labelSmoothing, standard: standard, reason: reason)
  }
}

extension ObjectiveCatalog {
  /// Losses of differences s_w − s_l, for which every divergence has a meaning.
  private static let all: Set<ObjectiveModifier> = [.lengthDiscount, .divergence, .policyWeight]
  /// Losses of single log-ratios: the constant of other divergences would not cancel.
  private static let ratios: Set<ObjectiveModifier> = [.lengthDiscount, .policyWeight]

  /// Pairs against a reference.
  static let pairwise: [ObjectiveEntry] = [
    ObjectiveEntry(
      "sigmoid", aliases: ["dpo"],
      formula: "-log sigmoid(beta (rho_chosen - rho_rejected) - margin)",
      use: "the first thing to try: pairs of answers with reliable labels",
      parameters: [.beta], modifiers: all, mixes: true, source: "DPO, arXiv 2305.18290"
    ) { values throws(TuningError) in try Sigmoid(beta: values[.beta]) },
    ObjectiveEntry(
      "cdpo", formula: "-(1 - e) log sigmoid(z) - e log sigmoid(-z), z as in sigmoid",
      use: "labels of which a share is wrong, or rows that carry a confidence",
      parameters: [.beta, .smoothing(0.1, "the note's example")], modifiers: all, mixes: true,
      source: "Mitchell, A note on DPO with noisy preferences, 2023"
    ) { values throws(TuningError) in
      try CDPO(beta: values[.beta], labelSmoothing: values[.labelSmoothing])
    },
    ObjectiveEntry(
      "hinge", formula: "max(0, 1 - z), z as in sigmoid",
      use: "to stop pushing pairs that are told apart already", parameters: [.beta],
      modifiers: all, mixes: true, source: "SLiC-HF, arXiv 2305.10425; RSO, arXiv 2309.06657"
    ) { values throws(TuningError) in try Hinge(beta: values[.beta]) },
    ObjectiveEntry(
      "ipo", formula: "(s_chosen / n_chosen - s_rejected / n_rejected - 1 / (2 beta))^2",
      use: "labels that are certain: margins have a target and do not grow without end",
      parameters: [.beta], modifiers: all, mixes: true, source: "IPO, arXiv 2310.12036"
    ) { values throws(TuningError) in try IPO(beta: values[.beta]) },
    ObjectiveEntry(
      "exo_pair", formula: "KL(q || (1 - e, e)), q = sigmoid(beta (rho_chosen - rho_rejected))",
      use: "to seek the best answers rather than cover all good ones (reverse KL)",
      parameters: [.beta, .smoothing(1e-3, "the EXO paper's")], modifiers: all, mixes: true,
      source: "EXO, arXiv 2402.00856"
    ) { values throws(TuningError) in
      try EXOPair(beta: values[.beta], labelSmoothing: values[.labelSmoothing])
    },
    ObjectiveEntry(
      "nca_pair",
      formula: "-log sigmoid(r_chosen) - (log sigmoid(-r_chosen) + log sigmoid(-r_rejected)) / 2",
      use: "when chosen answers lose likelihood under sigmoid", parameters: [.beta],
      modifiers: ratios, mixes: true, source: "NCA, arXiv 2402.05369"
    ) { values throws(TuningError) in try NCAPair(beta: values[.beta]) },
    ObjectiveEntry(
      "robust", formula: "(-(1 - e) log sigmoid(z) + e log sigmoid(-z)) / (1 - 2e)",
      use: "a known share of labels flipped at random",
      parameters: [.beta, .smoothing(0.1, "the rDPO paper's experiments")], modifiers: all,
      mixes: true, source: "rDPO, arXiv 2403.00409"
    ) { values throws(TuningError) in
      try Robust(beta: values[.beta], labelSmoothing: values[.labelSmoothing])
    },
    ObjectiveEntry(
      "bco_pair", formula: "-log sigmoid(r_chosen) - log sigmoid(-r_rejected)",
      use: "pairs as two judgements; a term of MPO", parameters: [.beta], modifiers: ratios,
      mixes: true, source: "BCO, arXiv 2404.04656"
    ) { values throws(TuningError) in try BCOPair(beta: values[.beta]) },
    ObjectiveEntry(
      "sppo_hard", formula: "(rho_chosen - 1 / (2 beta))^2 + (rho_rejected + 1 / (2 beta))^2",
      use: "rounds of self-play: pairs sampled from the policy itself", parameters: [.beta],
      modifiers: ratios, mixes: true, source: "SPPO, arXiv 2405.00675"
    ) { values throws(TuningError) in try SPPOHard(beta: values[.beta]) },
    ObjectiveEntry(
      "aot", formula: "-log sigmoid(beta d) by rank, differences sorted over the step",
      use: "large steps of noisy pairs: the distribution counts, not each pair",
      parameters: [.beta, .smoothing(0, "labels as they are")], modifiers: [.lengthDiscount],
      mixes: true, source: "AOT, arXiv 2406.05882"
    ) { values throws(TuningError) in
      try AOT(
        .paired, beta: values[.beta], labelSmoothing: values[.labelSmoothing],
        lengthDiscount: values.lengthDiscount)
    },
    ObjectiveEntry(
      "aot_unpaired", aliases: ["aot_pair"],
      formula: "-log sigmoid(beta d) by rank, rho_chosen and rho_rejected sorted over the step",
      use: "as aot, where answers to different prompts can be compared",
      parameters: [.beta, .smoothing(0, "labels as they are")], modifiers: [.lengthDiscount],
      mixes: true, source: "AOT, arXiv 2406.05882"
    ) { values throws(TuningError) in
      try AOT(
        .unpaired, beta: values[.beta], labelSmoothing: values[.labelSmoothing],
        lengthDiscount: values.lengthDiscount)
    },
    ObjectiveEntry(
      "apo_zero", formula: "1 - sigmoid(r_chosen) + sigmoid(r_rejected)",
      use: "chosen answers better than what the model says now", parameters: [.beta],
      modifiers: ratios, mixes: true, source: "APO, arXiv 2408.06266"
    ) { values throws(TuningError) in try APOZero(beta: values[.beta]) },
    ObjectiveEntry(
      "apo_down", formula: "sigmoid(r_chosen) + 1 - sigmoid(r_chosen - r_rejected)",
      use: "chosen answers worse than what the model says now", parameters: [.beta],
      modifiers: ratios, mixes: true, source: "APO, arXiv 2408.06266"
    ) { values throws(TuningError) in try APODown(beta: values[.beta]) },
    ObjectiveEntry(
      "discopop", formula: "-(1 - g) log sigmoid(z) + g exp(-z), g = sigmoid(z / tau)",
      use: "an alternative to sigmoid found by search; less eager on pairs already learnt",
      parameters: [.beta, .init(option: .tau, standard: 0.05, reason: "the DiscoPOP paper's")],
      modifiers: all, mixes: true, source: "DiscoPOP, arXiv 2406.08414"
    ) { values throws(TuningError) in try DiscoPOP(beta: values[.beta], tau: values[.tau]) },
    ObjectiveEntry(
      "sigmoid_norm",
      formula: "-log sigmoid(beta (s_chosen / n_chosen - s_rejected / n_rejected) - margin)",
      use: "answers of very different lengths",
      parameters: [.init(option: .beta, standard: 5, reason: "Tulu 3's; means are small numbers")],
      modifiers: all, mixes: true, source: "Tulu 3, arXiv 2411.15124"
    ) { values throws(TuningError) in try SigmoidNorm(beta: values[.beta]) },
    ObjectiveEntry(
      "dpop",
      formula: "-log sigmoid(beta (rho_chosen - rho_rejected - lambda max(0, -rho_chosen)))",
      use: "pairs that differ in few tokens, where sigmoid lowers both answers",
      parameters: [.beta, .init(option: .lambda, standard: 50, reason: "the Smaug paper's")],
      modifiers: ratios, mixes: true, source: "DPO-Positive (Smaug), arXiv 2402.13228"
    ) { values throws(TuningError) in try DPOP(beta: values[.beta], lambda: values[.lambda]) },
    ObjectiveEntry(
      "r-dpo",
      formula: "-log sigmoid(beta (rho_chosen - rho_rejected) + alpha (n_chosen - n_rejected))",
      use: "chosen answers that are longer for no good reason",
      parameters: [
        .beta, .init(option: .alpha, standard: 0.01, reason: "the mildest of the R-DPO paper"),
      ], modifiers: all, mixes: true, source: "R-DPO, arXiv 2403.19159"
    ) { values throws(TuningError) in try RDPO(beta: values[.beta], alpha: values[.alpha]) },
    ObjectiveEntry(
      "ropo", formula: "4a^2/(1+a)^2 sigmoid(-z) - 4a/(1+a)^2 log sigmoid(z), a = alpha",
      use: "noisy labels of unknown share: pairs the policy doubts pull less",
      parameters: [.beta, .init(option: .alpha, standard: 14, reason: "mostly the bounded loss")],
      modifiers: all, mixes: true, source: "ROPO, arXiv 2404.04102"
    ) { values throws(TuningError) in try ROPO(beta: values[.beta], alpha: values[.alpha]) },
  ]
}
