/// An objective as TRL computes it: batch by batch of a few pairs, the step's loss being the mean of the batches'.
///
/// For a mean over equal batches of pairs this changes nothing. It does for means over tokens (`sft`), for what is
/// sorted or averaged over a batch (`aot`, KTO's z, BCO's δ), and for a short last batch, which then counts as much as
/// a full one.
package struct MicroBatched: Objective {
  let inner: any Objective
  /// Pairs of a batch, at least 1.
  let size: Int

  package init(_ inner: any Objective, pairs: Int) {
    precondition(pairs > 0, "MicroBatched: \(pairs) pairs")
    self.inner = inner
    size = pairs
  }

  package var name: String { inner.name }
  package var formula: String { "\(inner.formula), a mean of batches of \(size)" }
  package var rewardScale: Double { inner.rewardScale }
  package var rewardsAreMeans: Bool { inner.rewardsAreMeans }

  package var requirements: ObjectiveRequirements {
    var requirements = inner.requirements
    requirements.scope = .step
    requirements.rotation = size
    for index in requirements.components.indices {
      requirements.components[index].denominator = .pairs
    }
    return requirements
  }

  package func check(_ facts: PairFacts) throws(TuningError) { try inner.check(facts) }

  /// Every pair counts once; what the inner objective divides by is summed batch by batch.
  package func shares(of facts: PairFacts) -> [Double] {
    inner.requirements.components.map { _ in 1 }
  }

  package func evaluate(
    _ pairs: [PairInput], denominators: [Double], state: ObjectiveState
  ) -> ObjectiveOutput {
    var output = ObjectiveOutput(pairs: [], state: state)
    let batches = (pairs.count + size - 1) / size
    for start in stride(from: 0, to: pairs.count, by: size) {
      let batch = Array(pairs[start..<min(pairs.count, start + size)])
      var sums = inner.requirements.components.map { _ in 0.0 }
      for pair in batch {
        for (index, share) in inner.shares(of: pair.facts).enumerated() { sums[index] += share }
      }
      let part = inner.evaluate(batch, denominators: sums, state: output.state)
      output.state = part.state
      // Σ numerator / sum over a batch is its loss and the step's is the mean over batches; the loop will divide by
      // the number of pairs.
      output.pairs += part.pairs.map { outcome in
        var outcome = outcome
        for index in outcome.numerators.indices where sums[index] > 0 {
          outcome.numerators[index] *= denominators[index] / (sums[index] * Double(batches))
        }
        outcome.gradients = outcome.gradients.map { $0.map { $0 / Double(batches) } }
        return outcome
      }
    }
    return output
  }
}
