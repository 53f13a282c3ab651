import PenchantCore

extension RunReport {
  var charts: HTML {
    func series(_ name: String, _ key: String, smooths: Bool = true) -> LineChart.Series {
      .init(name, curves[key], smooths: smooths)
    }
    /// Training and held-out figures of one key.
    func both(_ key: String) -> [LineChart.Series] {
      [series("training", key), series("held out", "eval_" + key, smooths: false)]
    }
    var charts: [LineChart] = [
      LineChart(
        "Loss", remark: curves.isPreference ? "mean over the step's pairs" : "nats a token",
        series: both("loss"),
        rules: facts.objective == "sigmoid" ? [(0.6931471805599453, "ln 2: no preference")] : [])
    ]
    if curves.isPreference {
      charts += [
        LineChart(
          "Accuracy",
          remark: "share of pairs with the chosen answer ahead, a tie one half; band: 95 %",
          series: [series("training", "accuracy"), .init("held out", accuracies)],
          rules: [(0.5, "a coin")], covering: [0, 1]),
        LineChart(
          "Margins", remark: "chosen minus rejected reward", series: both("rewards/margins"),
          rules: [(0, "")], covering: [0]),
        LineChart(
          "Rewards", remark: "β times the log-ratio to the reference",
          series: [series("chosen", "rewards/chosen"), series("rejected", "rewards/rejected")],
          rules: [(0, "the reference")], covering: [0]),
        LineChart(
          "Log-probabilities", remark: "summed over an answer, mean over pairs",
          series: [series("chosen", "logps/chosen"), series("rejected", "logps/rejected")]),
      ]
    } else {
      charts.append(
        LineChart(
          "Log-probabilities", remark: "summed over an answer, mean over rows",
          series: both("logps/chosen")))
    }
    charts += [
      LineChart("Learning rate", series: [series("rate", "learning_rate", smooths: false)]),
      LineChart(
        "Gradient norm", remark: "before clipping", series: [series("norm", "grad_norm")],
        covering: [0]),
      LineChart(
        "Speed", remark: "tokens computed a second, a prompt counted once",
        series: [series("tokens/s", "tokens_per_second")], covering: [0]),
    ]
    if !curves["kl_k3"].isEmpty {
      charts.append(
        LineChart(
          "KL on own answers", remark: "to the reference, nats an answer",
          series: [
            series("k3", "kl_k3", smooths: false), series("k1", "kl", smooths: false),
          ], covering: [0]))
      charts.append(
        LineChart(
          "Length of own answers", remark: "tokens, \(SampleProbe.newTokens) at most",
          series: [series("tokens", "samples/tokens", smooths: false)], covering: [0]))
    }
    var pictures = charts.filter { !$0.series.isEmpty }.map(\.html)
    if heldOut.records.count > 1 {
      pictures.append(
        Histogram(
          "Held-out margins", remark: "one count a pair, after the last step",
          values: heldOut.records.map(\.margin), xLabel: "margin"
        ).html)
    }
    return ReportPart.grid(pictures)
  }

  /// Held-out accuracy with its interval at each measurement.
  private var accuracies: [LineChart.Point] {
    zip(curves["eval_accuracy"], curves["eval_pairs"]).map { point, pairs in
      guard point.y.isFinite, pairs.y >= 1 else { return point }
      return .init(
        point.x, point.y,
        .wilson(successes: min(pairs.y, max(0, point.y * pairs.y)), trials: Int(pairs.y)))
    }
  }
}
