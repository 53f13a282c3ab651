/// A weighted sum of objectives on the same rows: `sigmoid:1,sft:0.5`.
///
///     L = Σ_k λ_k L_k
///
/// Each L_k keeps its own denominator (pairs, or tokens of the step). RPO is `sigmoid:1,sft:α` (Pang et al.,
/// arXiv 2404.19733, eq. 3), MPO is `sigmoid:0.8,bco_pair:0.2,sft:1` (Wang et al., arXiv 2411.10442, eq. 2). Terms
/// see the branches they declare; what several need is computed once.
package struct Mixture: Objective {
  package struct Term: Sendable {
    package let weight: Double
    package let objective: any Objective

    package init(_ objective: any Objective, weight: Double = 1) {
      self.weight = weight
      self.objective = objective
    }
  }

  package let name: String
  package let terms: [Term]
  package let requirements: ObjectiveRequirements
  /// For each term the places of its branches among those of all.
  private let places: [[Int]]

  package init(name: String? = nil, _ terms: [Term]) {
    self.name =
      name ?? terms.map { "\($0.objective.name):\($0.weight)" }.joined(separator: ",")
    self.terms = terms
    var branches: [ObjectiveRequirements.Branch] = []
    var (statistics, components) =
      (Set<ObjectiveRequirements.Statistic>(), [ObjectiveRequirements.Component]())
    for term in terms {
      let needs = term.objective.requirements
      for branch in needs.branches where !branches.contains(where: { $0.role == branch.role }) {
        branches.append(branch)
      }
      statistics.formUnion(needs.statistics)
      components += needs.components.map { component in
        var component = component
        component.weight *= term.weight
        return component
      }
    }
    // Branches in the order in which rows have them.
    let roles: [ObjectiveRequirements.Role] = [.chosen, .rejected, .gold, .mismatched]
    branches.sort { roles.firstIndex(of: $0.role) ?? 0 < roles.firstIndex(of: $1.role) ?? 0 }
    let needs = terms.map(\.objective.requirements)
    requirements = ObjectiveRequirements(
      branches: branches, statistics: statistics,
      reference: needs.map(\.reference).first { $0 != .none } ?? .none,
      scope: needs.contains { $0.scope == .step } ? .step : .pair, components: components)
    places = needs.map {
      $0.branches.compactMap { branch in
        branches.firstIndex { $0.role == branch.role }
      }
    }
  }

  package var formula: String {
    terms.map { term in
      term.weight == 1 ? term.objective.formula : "\(term.weight) * [\(term.objective.formula)]"
    }.joined(separator: " + ")
  }
  /// Rewards are those of the first term that compares answers.
  private var comparing: (any Objective)? {
    terms.first { !($0.objective is SFT) }?.objective
  }
  package var rewardScale: Double { comparing?.rewardScale ?? 1 }
  package var rewardsAreMeans: Bool { comparing?.rewardsAreMeans ?? false }

  /// A field passes if one term has a use for it and the others leave it alone.
  ///
  /// `sft` has none for margin and confidence: those belong to the comparison.
  package func check(_ facts: PairFacts) throws(TuningError) {
    for term in terms {
      var seen = facts
      if term.objective is SFT, terms.count > 1 { (seen.margin, seen.confidence) = (nil, nil) }
      try term.objective.check(seen)
    }
  }

  package func shares(of facts: PairFacts) -> [Double] {
    zip(terms, places).flatMap { term, places in
      term.objective.shares(of: facts.selecting(places))
    }
  }

  package func evaluate(
    _ pairs: [PairInput], denominators: [Double], state: ObjectiveState
  ) -> ObjectiveOutput {
    var outcomes = pairs.map { pair in
      PairOutcome(
        loss: 0, numerators: [],
        gradients: pair.branches.map { Array(repeating: 0, count: $0?.policy.count ?? 0) })
    }
    var state = state
    var first = 0
    for (term, places) in zip(terms, places) {
      let count = term.objective.requirements.components.count
      let output = term.objective.evaluate(
        pairs.map { pair in
          PairInput(
            facts: pair.facts.selecting(places), branches: places.map { pair.branches[$0] })
        }, denominators: Array(denominators[first..<first + count]), state: state)
      state = output.state
      first += count
      for (index, part) in output.pairs.enumerated() {
        outcomes[index].loss += term.weight * part.loss
        outcomes[index].numerators += part.numerators
        for (place, gradient) in zip(places, part.gradients) where !gradient.isEmpty {
          for token in gradient.indices {
            outcomes[index].gradients[place][token] += term.weight * gradient[token]
          }
        }
      }
    }
    return ObjectiveOutput(pairs: outcomes, state: state)
  }
}

extension PairFacts {
  /// The facts with the chosen branches alone, in that order.
  func selecting(_ places: [Int]) -> PairFacts {
    var facts = self
    facts.answerTokens = places.map { answerTokens[$0] }
    facts.scoredTokens = places.map { scoredTokens[$0] }
    return facts
  }
}
