import PenchantEngine
import PenchantModel

/// One optimizer step without the optimizer: forward, objective, backward, micro-batch by micro-batch.
///
/// A micro-batch is one packed pass of at most `microTokens` tokens. The pairs' losses do not depend on the
/// packing; gradients are added up in the order of the packing.
final class StepRunner {
  /// What a step came to; lists are in the order of the step's pairs.
  struct Result {
    var inputs: [PairInput]
    var outcomes: [PairOutcome]
    /// Entropies of the policy, summed over scored tokens.
    var entropySum: Double
    var loss: Double
    var state: ObjectiveState
    /// Floating-point operations of the step's passes.
    var operations: Double
  }

  let decoder: Decoder
  let policy: Policy
  let objective: any Objective
  let requirements: ObjectiveRequirements
  let workspace: Workspace
  let microTokens: Int

  init(
    decoder: Decoder, policy: Policy, objective: any Objective, workspace: Workspace,
    microTokens: Int
  ) {
    self.decoder = decoder
    self.policy = policy
    self.objective = objective
    requirements = objective.requirements
    self.workspace = workspace
    self.microTokens = microTokens
  }

  /// Computes a step's losses and, when training, adds ∂L/∂θ to the policy's gradients.
  /// - Parameters:
  ///   - reference: nil when the objective has none.
  ///   - step: for messages, counted from 1.
  /// - Throws: ``TuningError`` naming the pairs whose figures are not finite; `EngineError` when interrupted.
  ///   No weight has changed then.
  func run(
    _ examples: [TokenizedExample], reference: ReferenceScores?, state: ObjectiveState,
    training: Bool, step: Int
  ) throws -> Result {
    var gathered = [PairInput?](repeating: nil, count: examples.count)
    var outcomes = [PairOutcome?](repeating: nil, count: examples.count)
    var entropies = [Double](repeating: 0, count: examples.count)
    var next = state
    var bill = OperationBill(decoder.architecture, isFull: policy.gradients != nil)
    let denominators = denominators(examples)
    let packs = Packer.pack(examples, tokenBudget: microTokens)
    // Scope `step` needs every pair's figures before the first derivative: the passes then run twice, with the
    // same bits.
    let atOnce = requirements.scope == .pair

    for packed in packs {
      let references = try reference?.scores(packed, of: examples, decoder, workspace, bill: &bill)
      let (pass, scores) = try forward(packed, keepStash: training && atOnce, &bill)
      for (place, index) in packed.examples.enumerated() {
        gathered[index] = PairInput(
          examples[index], policy: scores[place], reference: references?[place],
          statistics: requirements.statistics)
        entropies[index] = zip(scores[place], requirements.branches).reduce(0) { sum, branch in
          branch.1.hasGradient ? branch.0.entropy.reduce(sum) { $0 + Double($1) } : sum
        }
      }
      try checkFinite(packed.examples.compactMap { gathered[$0] }, step: step)
      guard atOnce else { continue }
      let output = objective.evaluate(
        packed.examples.compactMap { gathered[$0] }, denominators: denominators, state: state)
      for (index, outcome) in zip(packed.examples, output.pairs) { outcomes[index] = outcome }
      if training { try backward(pass, packed, outcomes, &bill) }
    }

    let inputs = gathered.compactMap { $0 }
    if !atOnce {
      let output = objective.evaluate(inputs, denominators: denominators, state: state)
      for (index, outcome) in output.pairs.enumerated() { outcomes[index] = outcome }
      next = output.state
      for packed in packs where training {
        let (pass, _) = try forward(packed, keepStash: true, &bill)
        try backward(pass, packed, outcomes, &bill)
      }
    }
    let all = outcomes.compactMap { $0 }
    return Result(
      inputs: inputs, outcomes: all, entropySum: entropies.reduce(0, +),
      loss: requirements.loss(all, denominators: denominators), state: next,
      operations: bill.operations)
  }

  /// Each component's denominator over the whole step.
  private func denominators(_ examples: [TokenizedExample]) -> [Double] {
    var sums = [Double](repeating: 0, count: requirements.components.count)
    for example in examples {
      for (index, share) in objective.shares(of: example.facts).enumerated() {
        sums[index] += share
      }
    }
    return sums
  }

  /// A pass through either head.
  private enum Pass {
    case tokens(ForwardPass)
    case scores(ScorePass)
  }

  private func forward(
    _ packed: PackedBatch, keepStash: Bool, _ bill: inout OperationBill
  ) throws(EngineError) -> (Pass, [[BranchScore]]) {
    bill.addForward(
      tokens: Double(packed.batch.tokenCount), rows: Double(packed.batch.targetRows.count),
      keepsStash: keepStash)
    switch requirements.head {
    case .logProbability:
      let pass = try decoder.forward(
        packed.batch, policy: policy, workspace: workspace, keepStash: keepStash)
      return (.tokens(pass), packed.scores(pass.statistics))
    case .scalar:
      let pass = try decoder.forwardScores(
        packed.batch, policy: policy, workspace: workspace, keepStash: keepStash)
      return (.scores(pass), packed.branchScores(pass.scores))
    }
  }

  private func backward(
    _ pass: Pass, _ packed: PackedBatch, _ outcomes: [PairOutcome?], _ bill: inout OperationBill
  ) throws(EngineError) {
    var coefficients = [Double](repeating: 0, count: packed.batch.targets.count)
    for (place, index) in packed.examples.enumerated() {
      guard let outcome = outcomes[index] else { continue }
      for (places, gradient) in zip(packed.places[place], outcome.gradients) {
        for (target, value) in zip(places, gradient) { coefficients[target] = value }
      }
    }
    bill.addBackward(
      tokens: Double(packed.batch.tokenCount), rows: Double(packed.batch.targetRows.count))
    switch pass {
    case .tokens(let pass):
      try decoder.backward(pass, coefficients: coefficients.map { Float($0) }, workspace: workspace)
    case .scores(let pass):
      try decoder.backward(pass, coefficients: coefficients, workspace: workspace)
    }
  }

  private func checkFinite(_ inputs: [PairInput], step: Int) throws(TuningError) {
    let bad = inputs.filter { !$0.isFinite }.map(\.facts.id)
    guard bad.isEmpty else {
      throw TuningError(.notFinite(what: "the log-probability", step: step, ids: bad))
    }
  }
}
