import PenchantCore
import PenchantData

/// What exchanging the terms of one kind does to the words model's scores of single answers.
struct SwapMeasure: Sendable {
  /// An answer that has terms of the kind.
  struct Swap: Sendable {
    let row: Int
    let isChosen: Bool
    /// Which groups' terms it has: −1 the first's alone, 1 the second's alone, 0 both.
    let group: Int
    /// In log-odds, by the model that has not seen the prompt.
    let delta: Double
  }

  /// In the order of rows, the chosen answer before the rejected.
  private(set) var swaps: [Swap] = []
  /// Rows with terms in one of the answers or both.
  private(set) var rows: [Int] = []
  /// Rows that the model would decide the other way if one answer had its terms exchanged.
  private(set) var turned = 0
  /// Of ``directed`` answers, which have one group's terms: Σ Δ of the first's made the second's, by the model that has not seen the prompt.
  private var sum = 0.0
  /// The same by each fold's model.
  private var sumByFold = SIMD8<Double>.zero
  private var directed = 0

  /// Student's t with 4 degrees of freedom at 97.5 %.
  private static let deviations = 2.7764451051977987
  private static let chunk = 256

  /// Mean |Δ|.
  var meanSize: Double {
    swaps.isEmpty ? 0 : swaps.reduce(0) { $0 + abs($1.delta) } / Double(swaps.count)
  }

  /// Mean Δ of the first group's terms made the second's, with the 95 % interval of a delete-a-group jackknife.
  ///
  /// Its variance, with θ₍ₖ₎ the mean by the model that lacks fold k of g, is (g − 1)/g · Σ (θ₍ₖ₎ − θ̄)². Nil where all answers have
  /// terms of both groups.
  var direction: (mean: Double, interval: Interval)? {
    guard directed > 0 else { return nil }
    let folds = ArtifactModel.folds
    let mean = sum / Double(directed)
    let estimates = (0..<folds).map { sumByFold[$0] / Double(directed) }
    let center = estimates.reduce(0, +) / Double(folds)
    let squares = estimates.reduce(0) { $0 + ($1 - center) * ($1 - center) }
    let half = Self.deviations * (Double(folds - 1) / Double(folds) * squares).squareRoot()
    return (mean, Interval(lower: mean - half, upper: mean + half))
  }

  /// In how many prompts whose two answers speak of one group each the first group's is preferred, and in how many the second's.
  ///
  /// A prompt counts once however many rows it has; one whose rows are divided does not count.
  func preferredGroups(_ table: RowTable) -> (first: Int, second: Int) {
    var votes: [UInt64: Int] = [:]
    for (chosen, rejected) in zip(swaps, swaps.dropFirst())
    where chosen.row == rejected.row && chosen.group * rejected.group < 0 {
      votes[table.rows[chosen.row].prompt, default: 0] += chosen.group
    }
    return (votes.values.count { $0 < 0 }, votes.values.count { $0 > 0 })
  }
}

extension SwapMeasure {
  /// A measure for each of ``TermKind/all``.
  static func all(of indices: [Int], _ words: ArtifactModel, _ table: RowTable) -> [SwapMeasure] {
    let pieces = Parallel.map(count: (indices.count + chunk - 1) / chunk) { piece in
      var measures = [SwapMeasure](repeating: SwapMeasure(), count: TermKind.all.count)
      var places = WordPlaces()
      for index in indices[(piece * chunk)..<min(indices.count, (piece + 1) * chunk)] {
        let pair = table.pairs[index]
        let sides = [pair.chosen, pair.rejected ?? .text("")].map { Array($0.text.utf8) }
        let terms = sides.map(TermExchange.terms)
        for kind in measures.indices where terms.contains(where: { !$0[kind].isEmpty }) {
          measures[kind].add(
            index, sides, terms.map { $0[kind] }, fold: ArtifactModel.fold(of: table.rows[index]),
            words, &places)
        }
      }
      return measures
    }
    return TermKind.all.indices.map { kind in
      pieces.reduce(into: SwapMeasure()) { $0.merge($1[kind]) }
    }
  }

  /// Adds a row that has terms in one of its sides, chosen and rejected, or in both.
  private mutating func add(
    _ row: Int, _ sides: [[UInt8]], _ terms: [[TermExchange.Term]], fold: Int,
    _ words: ArtifactModel, _ places: inout WordPlaces
  ) {
    let margin = words.margins[row]
    var isTurned = false
    for side in sides.indices where !terms[side].isEmpty {
      let deltas = Self.deltas(sides[side], terms[side], words, &places)
      let hasFirst = terms[side].contains(where: \.isFirst)
      let hasSecond = terms[side].contains { !$0.isFirst }
      let group = hasFirst && hasSecond ? 0 : hasFirst ? -1 : 1
      if group != 0 {
        sum -= Double(group) * deltas[fold]
        sumByFold -= Double(group) * deltas
        directed += 1
      }
      swaps.append(Swap(row: row, isChosen: side == 0, group: group, delta: deltas[fold]))
      // The rejected answer's score is taken off the margin.
      let changed = side == 0 ? margin + deltas[fold] : margin - deltas[fold]
      if changed * margin < 0 { isTurned = true }
    }
    rows.append(row)
    if isTurned { turned += 1 }
  }

  /// w · (φ(exchanged) − φ(text)) by each fold's model.
  private static func deltas(
    _ text: [UInt8], _ terms: [TermExchange.Term], _ words: ArtifactModel,
    _ places: inout WordPlaces
  ) -> SIMD8<Double> {
    let (gone, new) = places.differences(
      WordPlaces.of(text), WordPlaces.of(TermExchange.exchanged(text, terms)))
    var deltas = SIMD8<Double>.zero
    for (fold, weights) in words.weights.enumerated() {
      deltas[fold] =
        new.reduce(0) { $0 + weights[Int($1)] } - gone.reduce(0) { $0 + weights[Int($1)] }
    }
    return deltas
  }

  private mutating func merge(_ other: SwapMeasure) {
    swaps += other.swaps
    rows += other.rows
    turned += other.turned
    sum += other.sum
    sumByFold += other.sumByFold
    directed += other.directed
  }
}
