/// What a run minimises: a value, so that one trainer loop serves every method.
///
/// An objective declares what it needs (``requirements``) and turns the log-probabilities of an optimizer step
/// into losses and their derivatives. It computes in Double and sees neither the model nor the batches:
///
///     L = Σ_c λ_c · (Σ_i numerator_ic) / D_c        D_c = Σ_i share_ic over the whole optimizer step
///
/// `i` runs over the step's pairs, `c` over ``ObjectiveRequirements/components``. A denominator counts pairs
/// (by weight) or tokens of the whole optimizer step, never of a micro-batch, so that L does not depend on how
/// the step is cut. Modifiers apply in this order: LD weights, ρ, f-map, loss, WPO, pair weight.
///
/// docs/proposals/0001-objective-interface.md checks this interface against the family it has to carry.
package protocol Objective: Sendable {
  /// The name in the catalogue: `sigmoid`.
  var name: String { get }
  /// The formula in force, with its numbers, for the first lines of a run.
  var formula: String { get }
  var requirements: ObjectiveRequirements { get }
  /// Multiplies ρ (or log p without a reference) to give what is logged as a reward; β as a rule.
  var rewardScale: Double { get }
  /// Whether a reward is a mean over the answer's tokens, as in SimPO; sums are the rule.
  var rewardsAreMeans: Bool { get }

  /// Refuses a pair that carries something this objective would ignore.
  func check(_ facts: PairFacts) throws(TuningError)

  /// What a pair adds to each component's denominator, known before any model has run.
  func shares(of facts: PairFacts) -> [Double]

  /// Losses and derivatives of the given pairs.
  /// - Parameters:
  ///   - pairs: the whole optimizer step for scope `step`; any part of it for scope `pair`.
  ///   - denominators: one for each component, summed over the whole optimizer step; 0 where nothing counts.
  ///   - state: what ``ObjectiveOutput/state`` was after the step before.
  func evaluate(
    _ pairs: [PairInput], denominators: [Double], state: ObjectiveState
  ) -> ObjectiveOutput
}

extension Objective {
  package var rewardsAreMeans: Bool { false }
}

/// What an objective asks of the data, the model and the loop.
package struct ObjectiveRequirements: Sendable, Equatable {
  /// What a branch of the prompt is.
  package enum Role: String, Sendable, Codable {
    case chosen, rejected
    /// A third, ideal answer (TPO).
    case gold
    /// Another pair's answer to this prompt (KTO's estimate of z).
    case mismatched
  }

  /// Which tokens of prompt + branch are scored.
  package enum Scored: Sendable, Equatable {
    case answer
    /// Also the prompt (ORPO's likelihood term).
    case promptAndAnswer
  }

  package struct Branch: Sendable, Equatable {
    package var role: Role
    package var hasGradient: Bool
    package var scored: Scored

    package init(_ role: Role, hasGradient: Bool = true, scored: Scored = .answer) {
      self.role = role
      self.hasGradient = hasGradient
      self.scored = scored
    }
  }

  /// Figures of a row beside log p, which the head has at no further cost.
  package enum Statistic: Sendable {
    /// −Σ p log p.
    case entropy
    /// log Σ p² (WPO).
    case logSquareSum
  }

  package enum Reference: Sendable {
    case none
    /// As it was before the first step, unless the run lets it follow the policy (TR-DPO).
    case fixed
  }

  /// What the model gives for a branch.
  package enum Head: Sendable {
    /// One log-probability a scored token.
    case logProbability
    /// One number a branch (reward models).
    case scalar
  }

  /// How much of a step one evaluation must see.
  package enum Scope: Sendable {
    /// A pair's loss depends on that pair alone.
    case pair
    /// A pair's loss depends on the whole optimizer step (aot, kto, bco).
    case step
  }

  /// One term of the loss.
  package struct Component: Sendable, Equatable {
    package enum Denominator: Sendable { case pairs, tokens }

    package var name: String
    /// λ; 1 unless objectives are mixed.
    package var weight: Double
    package var denominator: Denominator

    package init(_ name: String, weight: Double = 1, per denominator: Denominator = .pairs) {
      self.name = name
      self.weight = weight
      self.denominator = denominator
    }
  }

  /// Whether a row's answers are held against each other: margins and accuracy then have a meaning.
  package var comparesAnswers: Bool { !isUnpaired && branches.count > 1 }

  /// The place of a role among the branches.
  package func branch(_ role: Role) -> Int? { branches.firstIndex { $0.role == role } }

  package var branches: [Branch]
  /// Whether a row has one answer, liked or not, in place of two that are compared: of the chosen and the rejected
  /// branch one is then absent.
  package var isUnpaired: Bool
  package var statistics: Set<Statistic>
  package var reference: Reference
  package var head: Head
  package var scope: Scope
  package var components: [Component]
  /// Within how many rows of a step answers are exchanged for `mismatched` branches; nil is the whole step.
  package var rotation: Int?

  package init(
    branches: [Branch] = [Branch(.chosen), Branch(.rejected)], isUnpaired: Bool = false,
    statistics: Set<Statistic> = [],
    reference: Reference = .fixed, head: Head = .logProbability, scope: Scope = .pair,
    components: [Component]
  ) {
    self.branches = branches
    self.isUnpaired = isUnpaired
    self.statistics = statistics
    self.reference = reference
    self.head = head
    self.scope = scope
    self.components = components
  }
}
