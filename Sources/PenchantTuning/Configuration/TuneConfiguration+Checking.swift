import PenchantEngine
import PenchantFormats

extension TuneConfiguration {
  /// Refuses values out of range and pairs of options that contradict.
  /// - Throws: ``TuningError`` for the first found.
  package func check() throws(TuningError) {
    try checkRanges()
    if full, loraRank != nil { throw TuningError(.conflictingOptions("full", "lora-rank")) }
    if full, loraAlpha != nil { throw TuningError(.conflictingOptions("full", "lora-alpha")) }
    if full, loraTargets != nil { throw TuningError(.conflictingOptions("full", "lora-targets")) }
    if full, initAdapter != nil { throw TuningError(.conflictingOptions("full", "init-adapter")) }
    if baseWeights == .int8 {
      if full { throw TuningError(.conflictingOptions("full", "base-weights")) }
      // Products read int8 as bfloat16.
      if dtype == .float32 { throw TuningError(.conflictingOptions("dtype", "base-weights")) }
    }
    if initAdapter != nil {
      // The adapter brings its own shape.
      if loraRank != nil { throw TuningError(.conflictingOptions("init-adapter", "lora-rank")) }
      if loraAlpha != nil { throw TuningError(.conflictingOptions("init-adapter", "lora-alpha")) }
      if loraTargets != nil {
        throw TuningError(.conflictingOptions("init-adapter", "lora-targets"))
      }
    }
    if !evalData.isEmpty, holdout ?? 0 > 0 {
      throw TuningError(.conflictingOptions("eval-data", "holdout"))
    }
    if referenceCache != "off", referenceSync != nil {
      throw TuningError(.conflictingOptions("reference-cache", "reference-sync"))
    }
    _ = try StopRule.rules(stopWhen)
    if samplePrompts == "none", sampleEvery != nil {
      throw TuningError(.conflictingOptions("sample-prompts", "sample-every"))
    }
    if resume, overwrite { throw TuningError(.conflictingOptions("resume", "overwrite")) }
    try checkObjective()
    if referenceCache != "off", !usesReferenceCache {
      throw TuningError(
        .optionWithoutMeaning(
          option: "reference-cache", objective: objective, instead: "sigmoid"))
    }
  }

  /// Bounds every count, so that products of two of them cannot overflow.
  private static let largest = 1_000_000_000

  private func checkRanges() throws(TuningError) {
    func whole(
      _ value: Int?, _ option: String, from least: Int, to most: Int = Self.largest
    ) throws(TuningError) {
      guard let value, !(least...most).contains(value) else { return }
      throw TuningError(
        .valueOutOfRange(option: option, value: "\(value)", range: "\(least) to \(most)"))
    }
    func real(
      _ value: Double?, _ option: String, _ range: String, _ isGood: (Double) -> Bool
    ) throws(TuningError) {
      guard let value, !(value.isFinite && isGood(value)) else { return }
      throw TuningError(.valueOutOfRange(option: option, value: "\(value)", range: range))
    }
    try whole(limit, "limit", from: 1)
    try whole(maxLength, "max-length", from: 2)
    // What is saved must be readable.
    try whole(loraRank, "lora-rank", from: 1, to: AdapterConfiguration.largestRank)
    try whole(epochs, "epochs", from: 1)
    try whole(maxSteps, "max-steps", from: 1)
    try whole(batchSize, "batch-size", from: 1)
    try whole(microTokens, "micro-tokens", from: 1)
    if seed < 0 {
      throw TuningError(.valueOutOfRange(option: "seed", value: "\(seed)", range: "0 or more"))
    }
    try whole(evalEvery, "eval-every", from: 0)
    try whole(saveEvery, "save-every", from: 0)
    try whole(sampleEvery, "sample-every", from: 0)
    try whole(threads, "threads", from: 1, to: CPUDevice.threadLimit)
    try whole(microPairs, "micro-pairs", from: 1)
    try whole(referenceSync, "reference-sync", from: 1)
    try real(referenceMix, "reference-mix", "above 0, at most 1") { $0 > 0 && $0 <= 1 }
    try real(loraAlpha, "lora-alpha", "above 0") { $0 > 0 }
    try real(learningRate, "learning-rate", "0 or more") { $0 >= 0 }
    try real(warmupRatio, "warmup-ratio", "0 to 1") { $0 >= 0 && $0 <= 1 }
    try real(weightDecay, "weight-decay", "0 or more") { $0 >= 0 }
    try real(maxGradNorm, "max-grad-norm", "0 or more") { $0 >= 0 }
    try real(holdout, "holdout", "0 to below 1") { $0 >= 0 && $0 < 1 }
    if dtype != .bfloat16, dtype != .float32 {
      throw TuningError(
        .valueOutOfRange(option: "dtype", value: dtype.rawValue, range: "bfloat16 or float32"))
    }
    if reference != "initial", reference != "base",
      !(reference.hasPrefix("adapter:") && reference.utf8.count > "adapter:".utf8.count)
    {
      throw TuningError(
        .valueOutOfRange(
          option: "reference", value: reference, range: "initial, base or adapter:FOLDER"))
    }
  }
}
