package import PenchantCore

/// A condition on a figure of metrics.jsonl that ends a run: `kl_k3>5`, `eval_accuracy<0.5`.
package struct StopRule: Sendable, Equatable {
  package let metric: String
  /// Whether the figure must be above the bound; below it otherwise.
  package let isAbove: Bool
  package let bound: Double

  /// Reads a rule.
  /// - Throws: ``TuningError`` for what is no rule, and for a figure that does not exist.
  package init(_ text: String) throws(TuningError) {
    let compact = text.filter { !$0.isWhitespace }
    guard let place = compact.firstIndex(where: { $0 == ">" || $0 == "<" }),
      let bound = Double(compact[compact.index(after: place)...]), bound.isFinite
    else {
      throw TuningError(
        .valueOutOfRange(
          option: "stop-when", value: text, range: "a figure, > or <, and a number, as in kl_k3>5"))
    }
    metric = String(compact[..<place])
    isAbove = compact[place] == ">"
    self.bound = bound
    guard MetricCatalog.contains(metric), metric != "step" else {
      throw TuningError(
        .unknownMetric(name: metric, nearest: nearestName(to: metric, in: MetricCatalog.keys)))
    }
  }

  /// The rules of a list of texts, each of which may hold several with commas.
  package static func rules(_ texts: [String]) throws(TuningError) -> [StopRule] {
    var rules: [StopRule] = []
    for text in texts {
      for part in text.split(separator: ",") { rules.append(try StopRule(String(part))) }
    }
    return rules
  }

  /// Refuses a rule that nothing in the run could ever meet.
  package func check(
    samples: Bool, heldOut: Bool, _ needs: ObjectiveRequirements
  ) throws(TuningError) {
    let entry = MetricCatalog.entry(metric)
    let isThere =
      entry?.needsComparison != true || needs.comparesAnswers
      || (needs.isUnpaired && !metric.hasSuffix("accuracy") && !metric.hasSuffix("accuracies"))
    let reason: String? =
      switch entry?.kind {
      case .samples where !samples: "the model's own answers are not sampled; see --sample-every"
      case _ where metric.hasPrefix("eval_") && !heldOut: "no pairs are held out"
      case _ where !isThere: "rows have one answer"
      default: nil
      }
    if let reason { throw TuningError(.metricNotThere(name: metric, reason: reason)) }
  }

  package var text: String { "\(metric)\(isAbove ? ">" : "<")\(NumberText.significant(bound, 6))" }

  /// The reason to stop, if a line of metrics.jsonl gives one.
  package func reason(_ line: JSONObject) -> String? {
    guard let value = line[metric]?.double, isAbove ? value > bound : value < bound else {
      return nil
    }
    return "\(metric) is \(NumberText.significant(value, 4)), \(isAbove ? "above" : "below") the "
      + "\(NumberText.significant(bound, 6)) of --stop-when"
  }
}
