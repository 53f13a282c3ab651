import PenchantCore
import PenchantData

/// People who agree no better than chance, or one who agrees with nobody.
enum AnnotatorAgreementCheck {
  static let check = Check(
    "annotator-agreement", .warn, "annotators do not agree",
    measures: "`judgements` of rows that several people judged",
    formula:
      "Krippendorff's α, nominal, of which of the two answers is preferred, with a bootstrap interval over rows; of each annotator the share of judgements equal to another's of the same row",
    threshold:
      "at least 30 rows, and α's interval reaches 0; or an annotator with at least 30 comparisons whose Wilson interval (99.9 %) ends below the share of all others",
    why:
      "Where α is 0 the labels are what chance gives, whatever their number; one annotator who read other guidelines than the rest teaches a second, contrary preference.",
    remedy:
      "Talk the guidelines through on the rows people disagree about, then judge again; leave one annotator's judgements out."
  )

  private static let fewest = 30
  /// Half width of a 99.9 % interval in standard deviations.
  private static let deviations = 3.290526731491926

  /// Two judgements of one row.
  private struct Comparison {
    let people: (String, String)
    let isEqual: Bool
  }

  static func finding(_ rows: [RowJudgements], _ table: RowTable) -> Finding? {
    let doubled = rows.filter { $0.judgements.count > 1 }
    guard doubled.count >= fewest else { return nil }
    let ratings = RatingTable(
      doubled.map { row in
        let sign = orientation(table.rows[row.row])
        return row.judgements.map { $0.preference * sign }
      })
    guard let alpha = KrippendorffAlpha.value(ratings, .nominal),
      let interval = Bootstrap.interval(ratings, { KrippendorffAlpha.value($0, .nominal) })
    else { return nil }
    let outsiders = outsiders(doubled.flatMap(comparisons))
    let isChance = interval.lower <= 0
    guard isChance || !outsiders.isEmpty else { return nil }
    var summary =
      "α is \(NumberText.fixed(alpha, 2)) (95 %: \(NumberText.fixed(interval.lower, 2)) … "
      + "\(NumberText.fixed(interval.upper, 2))) over \(doubled.count) rows"
    summary += isChance ? ", which chance gives too" : ""
    summary += outsiders.isEmpty ? "." : "; \(outsiders.map(\.text).joined(separator: "; "))."
    let names = Set(outsiders.map(\.name))
    let listed = doubled.flatMap { row in
      row.judgements.filter { names.contains($0.annotator) }
        .map { Finding.Row(row.row, "judged by \($0.annotator)") }
    }
    return Finding(
      check, count: doubled.count, of: table.count, summary: summary,
      figures: [
        .init("alpha", alpha), .init("lower", interval.lower), .init("upper", interval.upper),
      ], rows: listed)
  }

  /// Which of the two answers counts as the first: one that does not depend on what people preferred.
  private static func orientation(_ row: RowFacts) -> Int { row.chosen < row.rejected ? 1 : -1 }

  private static func comparisons(_ row: RowJudgements) -> [Comparison] {
    let judgements = row.judgements
    return judgements.indices.flatMap { first in
      judgements.indices.filter { $0 > first }.map { second in
        Comparison(
          people: (judgements[first].annotator, judgements[second].annotator),
          isEqual: judgements[first].preference == judgements[second].preference)
      }
    }
  }

  /// Annotators who agree with the others clearly less than these agree with each other.
  private static func outsiders(
    _ comparisons: [Comparison]
  ) -> [(name: String, text: String)] {
    var all: (equal: Int, count: Int) = (0, 0)
    var own: [String: (equal: Int, count: Int)] = [:]
    for comparison in comparisons {
      let equal = comparison.isEqual ? 1 : 0
      all = (all.equal + equal, all.count + 1)
      for name in Set([comparison.people.0, comparison.people.1]) {
        let before = own[name] ?? (0, 0)
        own[name] = (before.equal + equal, before.count + 1)
      }
    }
    return own.sorted { $0.key < $1.key }.compactMap { name, mine in
      let others = (equal: all.equal - mine.equal, count: all.count - mine.count)
      guard mine.count >= fewest, others.count >= fewest else { return nil }
      let share = Double(others.equal) / Double(others.count)
      let interval = Interval.wilson(
        successes: Double(mine.equal), trials: mine.count, deviations: deviations)
      guard interval.upper < share else { return nil }
      let agrees = Double(mine.equal) / Double(mine.count)
      return (
        name,
        "\(name) agrees with others in \(NumberText.percent(agrees)), they with each other in \(NumberText.percent(share))"
      )
    }
  }
}
