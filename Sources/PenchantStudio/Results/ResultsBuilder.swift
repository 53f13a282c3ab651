import PenchantAudit
import PenchantCore

/// Makes the figures of a round from what stands in it.
struct ResultsBuilder {
  /// What is needed of an item.
  struct Item: Sendable {
    let answers: Int
    let characters: Int
    /// The right answer, −1 for a tie; nil of ordinary items.
    let gold: Int?
  }

  /// What the store knows of an annotator beside judgements.
  struct Person: Sendable {
    let annotator: Annotator
    let linkIsActive: Bool
    let progress: Progress
  }

  let items: [Int64: Item]
  let people: [Person]
  let judgements: [StandingJudgement]
  /// Votes of each item, no skips.
  private let votes: [Int64: [StandingJudgement]]

  init(items: [Int64: Item], people: [Person], judgements: [StandingJudgement]) {
    self.items = items
    self.people = people
    self.judgements = judgements
    votes = Dictionary(
      grouping: judgements.filter { $0.purpose == .vote && $0.verdict != .skip }, by: \.item)
  }

  func results() -> StudioResults {
    let own = Dictionary(grouping: judgements, by: \.annotator)
    var persons = people.map { person($0, own[$0.annotator.id] ?? []) }
    for (index, p) in RaterMeasures.holm(persons.map { $0.sides?.p }).enumerated() {
      if let p { persons[index].sides?.p = p }
    }
    let agreement = agreement()
    let said = judgements.filter { $0.verdict != .skip }
    return StudioResults(
      items: items.values.count { $0.gold == nil },
      goldItems: items.values.count { $0.gold != nil },
      judgements: said.count, people: persons, agreement: agreement,
      ceiling: agreement.noise.map { 1 - $0 },
      verdicts: Verdict.allCases.map { verdict in
        (verdict, judgements.count { $0.verdict == verdict })
      }, sides: sides(said), exports: [])
  }

  // MARK: - Everybody together

  /// Strengths, −2…2, of every two answers of every item; of pairs that is one list an item.
  private func strengths() -> [[Int]] {
    votes.sorted { $0.key < $1.key }.flatMap { item, votes in
      let count = items[item]?.answers ?? 2
      return (0..<count).flatMap { first in
        (0..<count).filter { first < $0 }.map { second in
          votes.compactMap { $0.strength(first, over: second) }
        }
      }
    }
  }

  private func agreement() -> StudioResults.Agreement {
    let strengths = RatingTable(strengths())
    let sides = RatingTable(strengths.items.map { $0.map { $0.signum() } })
    func estimate(
      _ table: RatingTable, _ figure: @escaping (RatingTable) -> Double?
    ) -> StudioResults.Estimate? {
      guard let value = figure(table) else { return nil }
      let interval = Bootstrap.interval(table, figure)
      return StudioResults.Estimate(value, interval)
    }
    return StudioResults.Agreement(
      items: votes.values.count { $0.count > 1 },
      alpha: estimate(sides) { KrippendorffAlpha.value($0, .nominal) },
      alphaOrdinal: estimate(strengths) { KrippendorffAlpha.value($0, .ordinal) },
      percent: estimate(sides) { AgreementMeasures.percent($0) },
      gwet: AgreementMeasures.gwetAC1(sides, categories: 3),
      fleiss: AgreementMeasures.fleissKappa(sides), noise: noise(sides))
  }

  /// Doubles below which the share of wrong labels is a guess; the audit's number too.
  private static let fewestDoubles = 30

  /// The flip rate that the agreement of preferences implies; ties are no preferences.
  private func noise(_ sides: RatingTable) -> Double? {
    let preferences = RatingTable(sides.items.map { $0.filter { $0 != 0 } })
    guard preferences.items.count >= Self.fewestDoubles,
      let agreement = AgreementMeasures.percent(preferences)
    else { return nil }
    return Statistics.flipRate(agreement: agreement)
  }

  private func sides(_ judgements: [StandingJudgement]) -> StudioResults.Sides? {
    let left = judgements.count { $0.side > 0 }
    let right = judgements.count { $0.side < 0 }
    guard left + right > 0 else { return nil }
    return StudioResults.Sides(left: left, right: right, p: Statistics.signTest(left, right))
  }

  // MARK: - One annotator

  private func person(_ person: Person, _ own: [StandingJudgement]) -> StudioResults.Person {
    let said = own.filter { $0.verdict != .skip }
    let (agreeing, pairs) = pairsWithOthers(person.annotator.id, own)
    let share = pairs == 0 ? nil : agreeing / Double(pairs)
    let seconds = said.map { Double($0.millisecondsVisible) / 1000 }.sorted()
    let fast = said.count { judgement in
      let characters = items[judgement.item]?.characters ?? 0
      return Double(judgement.millisecondsVisible) < RaterMeasures.floor(characters: characters)
    }
    return StudioResults.Person(
      name: person.annotator.name, role: person.annotator.role,
      linkIsActive: person.linkIsActive, progress: person.progress, judged: said.count,
      comments: own.count { $0.comment != nil },
      agreement: share.map {
        StudioResults.Estimate($0, Interval.wilson(successes: agreeing, trials: pairs))
      }, agreementPairs: pairs, sides: sides(said), medianSeconds: Self.median(seconds),
      fastShare: said.isEmpty ? nil : Double(fast) / Double(said.count),
      selfConsistency: selfConsistency(said), gold: gold(said),
      lastAt: own.map(\.at).max().map { Int($0 / 1000) })
  }

  private func pairsWithOthers(
    _ annotator: Int64, _ own: [StandingJudgement]
  ) -> (agreeing: Double, pairs: Int) {
    var (agreeing, pairs) = (0.0, 0)
    for mine in own where mine.purpose == .vote && mine.verdict != .skip {
      let count = items[mine.item]?.answers ?? 2
      for other in votes[mine.item] ?? [] where other.annotator != annotator {
        for first in 0..<count {
          for second in 0..<count where first < second {
            guard let ours = mine.strength(first, over: second),
              let theirs = other.strength(first, over: second)
            else { continue }
            pairs += 1
            if ours.signum() == theirs.signum() { agreeing += 1 }
          }
        }
      }
    }
    return (agreeing, pairs)
  }

  /// Repeats that came out as the first time.
  private func selfConsistency(_ said: [StandingJudgement]) -> StudioResults.Tally? {
    var tally = StudioResults.Tally(right: 0, count: 0)
    let votes = Dictionary(
      said.filter { $0.purpose == .vote }.map { ($0.item, $0) }, uniquingKeysWith: { $1 })
    for again in said where again.purpose == .again {
      guard let before = votes[again.item], let first = before.strength(0, over: 1),
        let second = again.strength(0, over: 1)
      else { continue }
      tally.count += 1
      if first.signum() == second.signum() { tally.right += 1 }
    }
    return tally.count == 0 ? nil : tally
  }

  private func gold(_ said: [StandingJudgement]) -> StudioResults.Tally? {
    var tally = StudioResults.Tally(right: 0, count: 0)
    for answer in said where answer.purpose == .gold {
      guard let right = items[answer.item]?.gold, let strength = answer.strength(0, over: 1)
      else { continue }
      tally.count += 1
      let expected = right == 0 ? 1 : right == 1 ? -1 : 0
      if strength.signum() == expected { tally.right += 1 }
    }
    return tally.count == 0 ? nil : tally
  }

  private static func median(_ sorted: [Double]) -> Double? {
    guard !sorted.isEmpty else { return nil }
    let middle = sorted.count / 2
    return sorted.count.isMultiple(of: 2)
      ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[middle]
  }
}

extension StudioResults.Estimate {
  init(_ value: Double, _ interval: Interval?) {
    self.init(value, interval?.lower, interval?.upper)
  }
}
