import PenchantCore

/// What the untuned model itself thinks of the pairs.
enum LikelihoodChecks {
  static let agreement = Check(
    "model-agreement", .warn, "the model finds the other answer likelier",
    measures: "log p of both answers under the model, of a sample of the pairs (`--model`)",
    formula:
      "share of pairs whose chosen answer has the larger mean log p of a token, with Wilson's interval; the sum is given beside it, which favours short answers",
    threshold: "a warning where the interval lies below 40 %, otherwise a remark",
    why:
      "A model that has been trained to answer agrees with people more often than not; one that clearly disagrees is the first sign of exchanged columns, and of a long way to go if they are right.",
    remedy: "Read three of the pairs: is the chosen answer the one you would choose?")

  static let outliers = Check(
    "model-outliers", .info, "pairs on which the model disagrees most",
    measures: "log p of both answers under the model, of a sample of the pairs (`--model`)",
    formula:
      "difference of the mean log p of a token, chosen minus rejected, more than 2.5 standard deviations below its mean over the sample",
    threshold: "any row",
    why:
      "Exchanged labels gather where a model is surest of the opposite (2401.06080 finds 25 % of HH's pairs there); so do answers that are right and unusual.",
    remedy: "Look at these first when there is time to look at only a few.")

  static let all = [agreement, outliers]

  static let fewest = 30
  private static let alarm = 0.4
  private static let deviations = 2.5

  static func findings(_ reading: ModelReading) -> [Finding] {
    let scored = reading.likelihoods.sorted { $0.key < $1.key }
    guard scored.count >= fewest else { return [] }
    return [agreementFinding(scored), outlierFinding(scored)].compactMap { $0 }
  }

  private static func agreementFinding(
    _ scored: [(key: Int, value: ModelReading.Likelihood)]
  ) -> Finding {
    func share(_ difference: (ModelReading.Likelihood) -> Double) -> Double {
      scored.reduce(0) { sum, pair in
        let value = difference(pair.value)
        return sum + (value > 0 ? 1 : value == 0 ? 0.5 : 0)
      } / Double(scored.count)
    }
    let perToken = share(\.differencePerToken)
    let interval = Interval.wilson(
      successes: perToken * Double(scored.count), trials: scored.count)
    let bySum = share(\.difference)
    let disagrees = interval.upper < alarm
    let rows = scored.filter { $0.value.differencePerToken < 0 }
    return Finding(
      agreement, severity: disagrees ? .warn : .info, count: rows.count, of: scored.count,
      summary:
        "Of \(NumberText.grouped(scored.count)) pairs the model finds the chosen answer likelier in "
        + "\(NumberText.percent(perToken)) by the token (95 %: \(NumberText.fixed(interval.lower * 100, 1)) … "
        + "\(NumberText.percent(interval.upper))), in \(NumberText.percent(bySum)) by the whole answer.",
      figures: [
        .init("share by the token", perToken), .init("lower", interval.lower),
        .init("upper", interval.upper), .init("share by the answer", bySum),
      ])
  }

  private static func outlierFinding(
    _ scored: [(key: Int, value: ModelReading.Likelihood)]
  ) -> Finding? {
    let values = scored.map(\.value.differencePerToken)
    let mean = values.reduce(0, +) / Double(values.count)
    let variance =
      values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count - 1)
    let least = mean - deviations * variance.squareRoot()
    let rows = scored.filter { $0.value.differencePerToken < min(least, 0) }.map { index, value in
      Finding.Row(
        index, "log p of a token differs by \(NumberText.fixed(value.differencePerToken, 2))")
    }
    guard !rows.isEmpty else { return nil }
    return Finding(
      outliers, count: rows.count, of: scored.count,
      summary:
        "\(rows.count) of \(NumberText.grouped(scored.count)) pairs, where chosen minus rejected is below "
        + "\(NumberText.fixed(min(least, 0), 2)) (mean \(NumberText.fixed(mean, 2))).",
      figures: [.init("mean", mean), .init("deviation", variance.squareRoot())], rows: rows)
  }
}
