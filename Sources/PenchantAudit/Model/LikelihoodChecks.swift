import PenchantCore

/// What the untuned model itself thinks of the pairs.
enum LikelihoodChecks {
  static let agreement = Check(
    "model-agreement", .warn, "the model finds the other answer likelier",
    measures: "log p of both answers under the model, of a sample of the pairs (`--model`)",
    formula:
      "share of pairs whose chosen answer has the larger mean log p of a token, with Wilson's interval by prompts; the sum is given beside it, which favours short answers",
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

  static let similar = Check(
    "model-similarity", .info, "pairs whose answers the model holds to be most alike",
    measures:
      "hidden states of both answers after the model's last layer, of a sample of the pairs (`--model`)",
    formula:
      "length-normalised CHES (Razin et al. 2410.08847): ⟨m⁺, m⁻⟩ − ‖m⁺‖² with the mean m of the states that predict an answer's tokens; the largest twentieth of the sample",
    threshold:
      "none is known that holds for every model: the largest are listed, with the distribution",
    why:
      "Where the two answers are alike to the model, pushing the rejected one down takes the chosen one with it (likelihood displacement). In that paper leaving out the pairs with the largest scores kept refusals that training on all of them lost.",
    remedy:
      "Read them first: pairs that differ in a detail of no weight can be dropped. Where the chosen answers' log p falls during tuning, drop more of them or add an SFT term."
  )

  static let all = [agreement, outliers, similar]

  static let fewest = 30
  private static let alarm = 0.4
  private static let deviations = 2.5
  private static let mostAlike = 0.05

  static func findings(_ reading: ModelReading, _ table: RowTable) -> [Finding] {
    let scored = reading.likelihoods.sorted { $0.key < $1.key }
    guard scored.count >= fewest else { return [] }
    return [agreementFinding(scored, table), outlierFinding(scored), similarityFinding(scored)]
      .compactMap { $0 }
  }

  private static func agreementFinding(
    _ scored: [(key: Int, value: ModelReading.Likelihood)], _ table: RowTable
  ) -> Finding {
    let prompts = scored.map { table.rows[$0.key].prompt }
    func share(_ difference: (ModelReading.Likelihood) -> Double) -> ClusteredShare {
      let values = scored.map { difference($0.value) }
      return ClusteredShare(values.map { $0 > 0 ? 1 : $0 == 0 ? 0.5 : 0 }, clusters: prompts)
    }
    let likelier = share(\.differencePerToken)
    let (perToken, interval) = (likelier.value, likelier.interval)
    let bySum = share(\.difference).value
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

  private static func similarityFinding(
    _ scored: [(key: Int, value: ModelReading.Likelihood)]
  ) -> Finding? {
    let sorted = scored.sorted { ($1.value.similarity, $0.key) < ($0.value.similarity, $1.key) }
    let values = sorted.reversed().map(\.value.similarity)
    guard let least = values.first, let most = values.last, least < most else { return nil }
    let rows = sorted.prefix(max(1, Int(mostAlike * Double(sorted.count)))).map { index, value in
      Finding.Row(index, "CHES \(NumberText.significant(value.similarity, 3))")
    }
    let median = Bootstrap.quantile(values, 0.5)
    let bound = Bootstrap.quantile(values, 1 - mostAlike)
    return Finding(
      similar, count: rows.count, of: scored.count,
      summary:
        "The \(counted(rows.count, "pair", "pairs")) of \(NumberText.grouped(scored.count)) with the largest length-normalised CHES: "
        + "half of all are below \(NumberText.significant(median, 3)), 95 % below \(NumberText.significant(bound, 3)); "
        + "the largest is \(NumberText.significant(most, 3)).",
      figures: [
        .init("smallest", least), .init("median", median), .init("95 %", bound),
        .init("largest", most),
      ], rows: rows)
  }
}
