import PenchantEngine
import PenchantModel

extension Trainer {
  /// Computes the reference of everything the run will want and the cache does not have, before the first step.
  ///
  /// Without a cache it is computed step by step, to the same bits.
  /// - Throws: what reading rows throws; `EngineError` for what the model cannot compute.
  func fillReference() throws {
    guard let cache = setup.referenceCache, let reference, let heldOutReference else { return }
    let training = remainingPlaces()
    let heldOut = Array(0..<setup.heldOut.count)
    let wanted = training.count + heldOut.count
    let known =
      try training.count { reference.isCached(try setup.training[$0]) }
      + heldOut.count { heldOutReference.isCached(try setup.heldOut[$0]) }
    emit(
      .referenceCache(
        ReferenceCacheReport(
          path: cache.path, known: known, wanted: wanted, bytes: cache.byteCount,
          discardedBytes: cache.discardedBytes, isWritable: cache.isWritable)))
    guard known < wanted, cache.isWritable else { return }
    let budget = setup.plan.microTokens
    try reference.fill(
      training, of: setup.training, setup.decoder, runner.workspace, microTokens: budget
    ) { emit(.reference(completed: $0, of: wanted)) }
    try heldOutReference.fill(
      heldOut, of: setup.heldOut, setup.decoder, runner.workspace, microTokens: budget
    ) { emit(.reference(completed: training.count + $0, of: wanted)) }
  }

  /// The places of the pairs of the steps that are still to come, each once.
  private func remainingPlaces() -> [Int] {
    guard setup.plan.steps - step < setup.plan.stepsPerEpoch else {
      return Array(0..<setup.training.count)
    }
    var order = PairOrder(setup.plan)
    let places = (step..<max(step, setup.plan.steps)).flatMap { order.pairs(ofStep: $0) }
    return Set(places).sorted()
  }
}

/// What a run found in the reference cache.
package struct ReferenceCacheReport: Sendable, Equatable {
  package var path: String
  /// Pairs it had.
  package var known: Int
  /// Pairs the run will ask for.
  package var wanted: Int
  package var bytes: Int
  /// Bytes of a torn end that were cut off.
  package var discardedBytes: Int
  /// False while another run writes to it: what is missing is then computed step by step.
  package var isWritable: Bool
}
