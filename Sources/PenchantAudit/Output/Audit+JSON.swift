package import PenchantCore
import PenchantData

extension Audit {
  /// Rows of a finding that findings.json lists; patch.jsonl has all it edits.
  package static let rowsListed = 1000

  /// findings.json; docs/AUDIT.md describes it.
  package func json(version: String) -> JSON {
    var object = JSONObject()
    object["schema"] = 1
    object["penchant"] = .string(version)
    object["verdict"] = .string(severity?.rawValue ?? "pass")
    object["pairs"] = Self.number(pairs.count)
    object["prompts"] = Self.number(promptCount)
    object["files"] = .array(files.map { .string($0) })
    object["artifact"] = .array(scores.map(Self.json))
    object["noise_ceiling"] = .object(
      JSONObject([
        "value": Self.number(ceiling.value), "measured": .bool(ceiling.isMeasured),
        "basis": .string(ceiling.basis),
      ]))
    object["findings"] = .array(findings.map(json))
    object["skipped"] = .array(
      skipped.map {
        .object(JSONObject(["id": .string($0.check.id), "reason": .string($0.reason)]))
      })
    return .object(object)
  }

  /// The files the pairs came from, in order.
  package var files: [String] {
    var seen: Set<String> = []
    return pairs.map(\.source.file).filter { seen.insert($0).inserted }
  }

  private static func number(_ value: Int) -> JSON { .number(JSONNumber(value)) }
  private static func number(_ value: Double) -> JSON {
    value.isFinite ? .number(JSONNumber(value)) : .null
  }

  private static func json(_ score: ArtifactScore) -> JSON {
    .object(
      JSONObject([
        "view": .string(score.view.rawValue), "pairs": number(score.pairs),
        "effective_pairs": number(score.effectivePairs),
        "accuracy": number(score.accuracy), "lower": number(score.interval.lower),
        "upper": number(score.interval.upper), "auc": number(score.areaUnderCurve),
        "p": number(score.p),
        "weights": .array(
          score.weights.map {
            .object(JSONObject(["name": .string($0.name), "value": number($0.value)]))
          }),
      ]))
  }

  private func json(_ finding: Finding) -> JSON {
    var object = JSONObject()
    object["id"] = .string(finding.check.id)
    object["severity"] = .string(finding.severity.rawValue)
    object["title"] = .string(finding.check.title)
    object["summary"] = .string(finding.summary)
    object["count"] = Self.number(finding.count)
    object["population"] = Self.number(finding.population)
    object["share"] = Self.number(finding.share)
    var figures = JSONObject()
    for figure in finding.figures { figures[figure.name] = Self.number(figure.value) }
    object["figures"] = .object(figures)
    object["rows_listed"] = Self.number(min(Self.rowsListed, finding.rows.count))
    object["rows"] = .array(
      finding.rows.prefix(Self.rowsListed).map { row in
        let pair = pairs[row.index]
        return .object(
          JSONObject([
            "file": .string(pair.source.file), "line": Self.number(pair.source.line),
            "row": Self.number(pair.source.row), "id": .string(pair.id), "note": .string(row.note),
          ]))
      })
    return .object(object)
  }
}
