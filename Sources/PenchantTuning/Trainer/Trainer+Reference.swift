import PenchantEngine
import PenchantModel

extension Trainer {
  /// Computes the reference of everything the run will want and the cache does not have, before the first step.
  ///
  /// Without a cache it is computed step by step, to the same bits.
  func fillReference() throws(EngineError) {
    guard let cache = setup.referenceCache, let reference, let heldOutReference else { return }
    let training = remainingExamples()
    let examples = training + setup.heldOut
    let known =
      training.count(where: reference.isCached)
      + setup.heldOut.count(where: heldOutReference.isCached)
    emit(
      .referenceCache(
        ReferenceCacheReport(
          path: cache.path, known: known, wanted: examples.count, bytes: cache.byteCount,
          discardedBytes: cache.discardedBytes, isWritable: cache.isWritable)))
    guard known < examples.count, cache.isWritable else { return }
    try reference.fill(
      training, setup.decoder, runner.workspace, microTokens: setup.plan.microTokens
    ) { emit(.reference(completed: $0, of: examples.count)) }
    try heldOutReference.fill(
      setup.heldOut, setup.decoder, runner.workspace, microTokens: setup.plan.microTokens
    ) { emit(.reference(completed: training.count + $0, of: examples.count)) }
  }

  /// The pairs of the steps that are still to come, each once.
  private func remainingExamples() -> [TokenizedExample] {
    guard setup.plan.steps - step < setup.plan.stepsPerEpoch else { return setup.training }
    var order = PairOrder(setup.plan)
    let places = (step..<max(step, setup.plan.steps)).flatMap { order.pairs(ofStep: $0) }
    return Set(places).sorted().map { setup.training[$0] }
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
