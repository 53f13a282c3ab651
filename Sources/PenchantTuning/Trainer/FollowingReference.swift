package import PenchantEngine

/// A reference that follows the policy (TR-DPO): every n steps it becomes a · policy + (1 − a) · reference.
///
/// Gorbatovski et al., "Learn Your Reference Model for Real Good Alignment" (arXiv 2404.09656), eq. 5 (soft updates);
/// a = 1 is its hard update. Full weights are mixed as they are. With adapters the updates ΔW = s·BA are mixed, which
/// is the same since the base is shared: after k updates
///
///     ΔW_ref = Σ_i a (1 − a)^(k−i) ΔW_i + (1 − a)^k ΔW_0      ΔW_i: the policy's at the i-th update
///
/// held as the snapshots and their shares, and handed to the decoder as one adapter of concatenated factors.
package final class FollowingReference {
  /// When and how far it follows.
  package struct Pace: Sendable, Equatable {
    /// n, steps between updates, at least 1.
    package var steps: Int
    /// a, the policy's share in an update, 0 < a ≤ 1.
    package var share: Double

    package init(steps: Int, share: Double) {
      precondition(
        steps > 0 && share > 0 && share <= 1, "FollowingReference.Pace: \(steps), \(share)")
      self.steps = steps
      self.share = share
    }

    /// Shares below this are left out: float32 would round them away.
    static let smallestShare = 0x1p-24

    /// How many snapshots are held at once over a run.
    package func snapshots(steps total: Int) -> Int {
      let updates = total / steps
      var (count, share) = (0, self.share)
      while count < updates, share >= Self.smallestShare {
        count += 1
        share *= 1 - self.share
      }
      return count
    }
  }

  package enum Held {
    case adapters([(adapter: Adapter, share: Double)], on: DecoderTensors)
    case weights(MovingWeights)
  }

  let pace: Pace
  let decoder: Decoder
  package private(set) var held: Held
  /// What the reference is now.
  package private(set) var policy: Policy

  /// - Parameter initial: the reference before the first update.
  /// - Throws: `EngineError` when the memory cannot be had.
  package init(
    _ initial: Policy, following trainable: Trainable, pace: Pace, decoder: Decoder
  ) throws(EngineError) {
    self.pace = pace
    self.decoder = decoder
    policy = initial
    switch trainable {
    case .adapter(_, let base):
      held = .adapters(initial.adapter.map { [($0, 1)] } ?? [], on: base)
    case .full:
      let weights = try MovingWeights(
        copying: initial.weights, decoder.architecture, dtype: decoder.dtype, on: decoder.device)
      held = .weights(weights)
      policy = Policy(weights: weights.weights)
    }
  }

  func isDue(after step: Int) -> Bool { step > 0 && step % pace.steps == 0 }

  /// Moves towards the policy.
  package func follow(_ trainable: Trainable) throws(EngineError) {
    switch (held, trainable) {
    case (.adapters(let terms, let base), .adapter(let adapter, _)):
      let snapshot = try adapter.frozenCopy(
        architecture: decoder.architecture, dtype: decoder.dtype, on: decoder.device)
      let older = terms.map { ($0.adapter, $0.share * (1 - pace.share)) }
        .filter { $0.1 >= Pace.smallestShare }
      try take([(snapshot, pace.share)] + older, base)
    case (.weights(let weights), .full(let full)):
      weights.mix(full, share: pace.share, on: decoder.device)
    default: preconditionFailure("FollowingReference: another kind of policy")
    }
  }

  /// Takes over snapshots, as an update or a checkpoint has them.
  func take(
    _ terms: [(adapter: Adapter, share: Double)], _ base: DecoderTensors
  ) throws(EngineError) {
    held = .adapters(terms, on: base)
    let adapter = try Adapter.mixture(
      of: terms, architecture: decoder.architecture, dtype: decoder.dtype, on: decoder.device)
    policy = Policy(weights: base, adapter: adapter)
  }
}
