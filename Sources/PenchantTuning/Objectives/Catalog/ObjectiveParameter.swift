/// A number that objectives take, by the name of its option.
package enum ObjectiveParameter: String, Sendable, CaseIterable {
  case beta
  case labelSmoothing = "label-smoothing"
  case gamma
  case alpha
  case lambda
  case tau
  case sftWeight = "sft-weight"
  case desirableWeight = "desirable-weight"
  case undesirableWeight = "undesirable-weight"
  case centerRewards = "center-rewards"
}

/// A way to change a pairwise loss, by the name of its option.
package enum ObjectiveModifier: String, Sendable, CaseIterable {
  case lengthDiscount = "ld-alpha"
  case divergence = "f-divergence"
  case policyWeight = "wpo"
}
