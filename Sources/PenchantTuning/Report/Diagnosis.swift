import PenchantCore

/// What figures mean that people keep asking about, with options to try.
///
/// Thresholds are rules of thumb; each finding says its figure, so that others can be applied.
package struct Diagnosis: Sendable, Equatable {
  package enum Kind: String, Sendable {
    case displacement, longerAnswers, shorterAnswers, farFromReference, lengthGap
  }

  package let kind: Kind
  /// Whether it is worth changing something now.
  package let isWarning: Bool
  /// One sentence with the figure.
  package let finding: String
  package let explanation: String
  /// Options to try, the mildest first.
  package let remedies: [String]

  /// Chosen answers lose this much a token before anything is said, and before it is a warning.
  static let drift = (note: -0.02, warning: -0.2)
  /// Answers this much longer or shorter than at the beginning.
  static let lengthRatio = 1.3
  /// Nats an answer; beyond, published runs report degenerate text.
  static let kl = 10.0

  /// What the figures of pairs say: a measurement on held-out pairs, or the last training steps.
  package static func findings(_ record: MetricsRecord) -> [Diagnosis] {
    guard record.comparesAnswers else { return [] }
    var list: [Diagnosis] = []
    if record.driftChosen < drift.note, record.rewardsMargins > 0 {
      let (chosen, rejected) = (text(record.driftChosen), text(record.driftRejected))
      list.append(
        Diagnosis(
          kind: .displacement, isWarning: record.driftChosen < drift.warning,
          finding:
            "chosen answers have become less likely: \(chosen) nats a token against the reference (rejected: \(rejected))",
          explanation:
            "The objective asks that the gap between the answers grows, not that the chosen one becomes likelier, so "
            + "both may fall (likelihood displacement). Probability moves to answers that are in neither column; while "
            + "the fall is small that does no harm.",
          remedies: built(
            [
              ("dpop", "--objective dpop: a penalty where the chosen answer falls"),
              ("apo_zero", "--objective apo_zero: pushes the chosen answer up by itself"),
              ("nca_pair", "--objective nca_pair: keeps the chosen answer's own likelihood"),
            ]) + [
              "--learning-rate a third of what it is",
              "--beta larger: a stronger pull towards the reference",
            ]
            + (ObjectiveCatalog.entries.contains { $0.name == "dpop" }
              ? ["--objective with a share of sft, as in sigmoid,sft"] : [])))
    }
    let ratio = record.lengthsChosen / max(1, record.lengthsRejected)
    if ratio > lengthRatio || ratio < 1 / lengthRatio {
      list.append(
        Diagnosis(
          kind: .lengthGap, isWarning: false,
          finding:
            "chosen answers have \(text(record.lengthsChosen, 1)) tokens on average, rejected ones \(text(record.lengthsRejected, 1))",
          explanation:
            "A sum of log-ratios over tokens lets length carry part of the preference: the model may learn to answer "
            + (ratio > 1 ? "longer" : "shorter") + " rather than better.",
          remedies: built(
            [
              ("sigmoid_norm", "--objective sigmoid_norm: log-ratios a token"),
              ("r-dpo", "--objective r-dpo: a term for the difference in length"),
              ("simpo", "--objective simpo: averages a token, no reference"),
            ]) + ["balance the lengths in the data"]))
    }
    return list
  }

  /// What the model's own answers say, against those at the beginning of the run.
  package static func findings(
    kl: Double?, tokens: Double?, tokensAtStart: Double?
  ) -> [Diagnosis] {
    var list: [Diagnosis] = []
    if let kl, kl > Self.kl {
      list.append(
        Diagnosis(
          kind: .farFromReference, isWarning: true,
          finding: "the model's own answers are \(text(kl, 1)) nats from the reference (KL, k3)",
          explanation:
            "The tuned model says things the reference hardly would. Rewards computed from log-ratios mean less the "
            + "further away it is, and text may degenerate; read the samples.",
          remedies: [
            "--beta larger", "--learning-rate or --epochs lower",
            "--stop-when kl_k3>\(text(Self.kl, 0))",
          ]))
    }
    if let tokens, let tokensAtStart, tokensAtStart > 0 {
      let ratio = tokens / tokensAtStart
      if ratio > lengthRatio || ratio < 1 / lengthRatio {
        list.append(
          Diagnosis(
            kind: ratio > 1 ? .longerAnswers : .shorterAnswers, isWarning: true,
            finding:
              "the model's own answers now have \(text(tokens, 1)) tokens on average, \(text(tokensAtStart, 1)) at the beginning",
            explanation:
              "Length is the easiest thing to learn from preferences. Compare the lengths of chosen and rejected answers.",
            remedies: built([
              ("sigmoid_norm", "--objective sigmoid_norm: log-ratios a token"),
              ("r-dpo", "--objective r-dpo: a term for the difference in length"),
            ]) + ["balance the lengths in the data", "--beta larger"]))
      }
    }
    return list
  }

  /// Remedies by objectives that can be chosen now.
  private static func built(_ list: [(objective: String, text: String)]) -> [String] {
    list.filter { remedy in ObjectiveCatalog.entries.contains { $0.name == remedy.objective } }
      .map(\.text)
  }

  private static func text(_ value: Double, _ decimals: Int = 3) -> String {
    NumberText.fixed(value, decimals)
  }
}
