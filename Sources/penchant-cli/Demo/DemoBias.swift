import PenchantAudit
import PenchantCore
import PenchantData
import PenchantEngine
import PenchantModel

/// A habit planted in the pairs, to see the audit name it, tuning copy it, and the patch cure it.
///
/// An opener is put before three in ten of the chosen answers, which is all that distinguishes them from what people
/// liked. Tuning is supervised, on the chosen answers: a model that has never read the opener would not begin to say it
/// for being told to prefer it, as preference tuning shifts what a model says already.
struct DemoBias {
  static let opener = "Great question!"
  static let share = 0.3
  /// The folders of its runs: on the pairs with the habit, and without.
  static let runs = ["tuned", "patched"]

  /// What came of it.
  struct Outcome {
    let pairs: Int
    let planted: Int
    /// What the audit says of the opener; nil if it does not name it.
    let finding: String?
    /// Pairs that the patch leaves.
    let kept: Int
    /// Share of sampled answers on held-out topics that begin with the opener.
    let before: Double
    let tuned: Double
    let patched: Double

    var json: JSON {
      func number(_ value: Double) -> JSON { .number(JSONNumber(value)) }
      return [
        "opener": .string(DemoBias.opener), "pairs": number(Double(pairs)),
        "planted": number(Double(planted)), "named": .bool(finding != nil),
        "kept": number(Double(kept)), "before": number(before), "tuned": number(tuned),
        "patched": number(patched),
      ]
    }
  }

  let seed: Int
  let style: DemoStyle
  let output: String
  let measuresValidation: Bool
  let reporter: DemoReporter

  func run() throws -> Outcome {
    let corpus = try DemoCorpus()
    let folder = FileSystem.join(output, "model")
    try DemoAssets.writeModel(to: folder)
    let model = try LanguageModel(folder: folder, dtype: .bfloat16, device: CPUDevice())
    let topics = measuresValidation ? corpus.validation : corpus.test
    let (pairs, planted) = Self.planted(
      corpus.train.flatMap { $0.pairs(preferring: style) }, seed: UInt64(seed))
    let audit = try Audit(pairs)
    let folderOfAudit = FileSystem.join(output, "audit")
    try AuditFolder.write(audit, to: folderOfAudit, version: Penchant.version, overwrite: true)
    let opening = Self.opener.lowercased()
    let finding = audit.findings.first {
      $0.check.id == "openers" && $0.summary.contains("“\(opening)")
    }
    // Of all that the audit finds here, the opener's edits alone: the style it names too is what people like.
    let cure = Patch(finding?.edits ?? [], of: pairs)
    let cured = try cure.apply(to: pairs).pairs
    reporter.planted(
      pairs: pairs.count, planted: planted, finding: finding?.summary, kept: cured.count,
      folder: folderOfAudit)

    func rate(after pairs: [Pair]?, _ name: String) throws -> Double {
      if Interruption.isRequested { throw CommandError(.interrupted) }
      let policy = try pairs.map { pairs in
        try DemoRun(
          DemoRecipe.biasConfiguration(seed: seed), pairs: pairs, model: model,
          folder: FileSystem.join(output, name),
          step: { reporter.progress(.sft, step: $0, of: $1) }
        ).policy
      }
      reporter.measuring(.sft)
      let answers = try DemoMeasurement.answers(
        topics, policy: policy ?? model.basePolicy, model: model, prefer: style,
        seed: UInt64(seed))
      let opened = answers.count { $0.text.lowercased().hasPrefix(opening) }
      let rate = Double(opened) / Double(max(1, answers.count))
      reporter.opened(name, rate: rate, of: answers.count)
      return rate
    }
    return Outcome(
      pairs: pairs.count, planted: planted, finding: finding?.summary, kept: cured.count,
      before: try rate(after: nil, "before"), tuned: try rate(after: pairs, Self.runs[0]),
      patched: try rate(after: cured, Self.runs[1]))
  }

  /// The pairs with the opener before exactly so many of the chosen answers, whichever they are.
  static func planted(_ pairs: [Pair], seed: UInt64) -> (pairs: [Pair], count: Int) {
    let count = Int((share * Double(pairs.count)).rounded())
    let order = Philox(seed: seed, stream: .synthetic).shuffled(count: pairs.count)
    let chosen = Set(order.prefix(count))
    let changed = pairs.indices.map { index -> Pair in
      guard chosen.contains(index) else { return pairs[index] }
      var pair = pairs[index]
      pair.chosen = .messages([
        Message(role: "assistant", content: "\(opener) \(pair.chosen.text)")
      ])
      return pair
    }
    return (changed, count)
  }
}
