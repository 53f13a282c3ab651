/// What was asked of the catalogue: a name or a list, and the options given with it.
package struct ObjectiveChoice: Sendable, Equatable {
  /// Whose meaning holds where trainers differ.
  package enum Semantics: String, Sendable, Codable, CaseIterable {
    case penchant
    case trl1 = "trl-1"
    case trl024 = "trl-0.24"
  }

  /// `sigmoid`, or `sigmoid:1,sft:0.5`.
  package var name: String
  package var values: [ObjectiveParameter: Double]
  /// LD-DPO's weight of the tail, 0…1.
  package var lengthDiscount: Double?
  package var divergence: Divergence.Kind?
  /// The coefficient of the alpha divergence.
  package var divergenceAlpha: Double?
  package var weighsByPolicy: Bool
  package var semantics: Semantics
  /// Pairs of a micro-batch; what TRL's meanings are about.
  package var microPairs: Int?

  package init(
    _ name: String, values: [ObjectiveParameter: Double] = [:], lengthDiscount: Double? = nil,
    divergence: Divergence.Kind? = nil, divergenceAlpha: Double? = nil,
    weighsByPolicy: Bool = false, semantics: Semantics = .penchant, microPairs: Int? = nil
  ) {
    self.name = name
    self.values = values
    self.lengthDiscount = lengthDiscount
    self.divergence = divergence
    self.divergenceAlpha = divergenceAlpha
    self.weighsByPolicy = weighsByPolicy
    self.semantics = semantics
    self.microPairs = microPairs
  }

  /// The modifiers that were given.
  var modifiers: [ObjectiveModifier] {
    (lengthDiscount == nil ? [] : [.lengthDiscount])
      + (divergence == nil && divergenceAlpha == nil ? [] : [.divergence])
      + (weighsByPolicy ? [.policyWeight] : [])
  }

  /// The modifiers as values.
  var pairModifiers: PairModifiers {
    PairModifiers(
      lengthDiscount: lengthDiscount,
      divergence: Divergence(
        divergence ?? (divergenceAlpha == nil ? .reverseKL : .alpha), alpha: divergenceAlpha),
      weighsByPolicy: weighsByPolicy, policyWeightLimit: semantics == .trl024 ? 1 : nil)
  }
}

extension ObjectiveChoice {
  /// The choice in the words of Penchant's own meaning.
  ///
  /// TRL 0.24 differs in its losses: `sigmoid` takes label smoothing (cDPO), the coefficient of the alpha divergence is
  /// 1 − a with a standard of 1, `bco_pair` has a running shift, WPO's weights are cut at 1.
  /// - Throws: ``TuningError`` for what that trainer ignores or does in a way that is not reproduced.
  func inOurWords() throws(TuningError) -> ObjectiveChoice {
    guard semantics != .penchant else {
      if microPairs != nil {
        throw TuningError(.optionNeeds(option: "micro-pairs", other: "--semantics trl-1"))
      }
      return self
    }
    guard microPairs != nil else {
      throw TuningError(
        .optionNeeds(option: "semantics \(semantics.rawValue)", other: "--micro-pairs"))
    }
    guard semantics == .trl024 else { return self }
    func refusal(_ option: String, _ reason: String) -> TuningError {
      TuningError(.notInSemantics(option: option, semantics: semantics.rawValue, reason: reason))
    }
    if divergence == .forwardKL {
      throw refusal("f-divergence forward-kl", "that trainer ignores it")
    }
    if lengthDiscount != nil {
      throw refusal(
        "ld-alpha", "that trainer counts from the prompt's beginning and leaves the reference out")
    }
    var choice = self
    if divergence == .alpha || divergenceAlpha != nil {
      choice.divergence = .alpha
      choice.divergenceAlpha = 1 - (divergenceAlpha ?? 1)
    }
    if values[.labelSmoothing] != nil {
      // cDPO went by the name of `sigmoid`.
      choice.name = name.split(separator: ",", omittingEmptySubsequences: false).map { term in
        let parts = term.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let word = parts.first, ["sigmoid", "dpo"].contains(word) else { return String(term) }
        return (["cdpo"] + parts.dropFirst()).joined(separator: ":")
      }.joined(separator: ",")
    }
    return choice
  }
}
