import PenchantCore
import PenchantData

/// The artifact classifiers: five-fold cross-validation grouped by prompt, one view of the answers at a time.
struct ArtifactModel {
  static let folds = 5
  /// Word models are fitted on at most this many pairs; all are scored.
  static let mostFitted = 20_000
  /// Fewer pairs tell nothing.
  static let fewest = 50

  let score: ArtifactScore
  /// w · (φ(chosen) − φ(rejected)) of each pair in log-odds, by a model that had not seen its prompt.
  let margins: [Double]
  /// Of each fold's model, which has not seen the fold.
  let weights: [[Double]]

  /// P(chosen ≻ rejected) of each pair.
  var probabilities: [Float] { margins.map { Float(PairRegression.sigmoid($0)) } }

  init?(_ view: ArtifactScore.View, _ table: RowTable) {
    guard table.count >= Self.fewest else { return nil }
    let fold = table.rows.map(Self.fold)
    let x = Self.features(view, table)
    let dimensions = view == .words ? WordPlaces.count : AnswerFacts.Style.allCases.count
    let c = view == .words ? 0.1 : 1
    let stride = max(1, (table.count + Self.mostFitted - 1) / Self.mostFitted)
    let fitted = Self.fitted(view, table, stride: stride)
    weights = Parallel.map(count: Self.folds) { held in
      PairRegression.fit(
        x, rows: fitted.filter { fold[$0] != held }, dimensions: dimensions,
        inverseRegularization: c)
    }
    var scores = [Double](repeating: 0, count: table.count)
    for index in scores.indices { scores[index] = x.dot(index, weights[fold[index]]) }
    margins = scores

    let judged = table.pairs.indices.filter { !table.pairs[$0].isTie }
    let right = ClusteredShare(
      judged.map { scores[$0] > 0 ? 1 : scores[$0] == 0 ? 0.5 : 0 },
      clusters: judged.map { table.rows[$0].prompt })
    // Orientation is drawn, so that the curve is that of telling left from right.
    let orientation = Philox(seed: 0, stream: .bootstrap, step: 7)
    let left = judged.map { orientation.word(at: $0) & 1 == 0 }
    let oriented = zip(judged, left).map { $1 ? scores[$0] : -scores[$0] }
    let all = weights
    let mean = (0..<dimensions).map { column in
      all.reduce(0) { $0 + $1[column] } / Double(Self.folds)
    }
    score = ArtifactScore(
      view: view, pairs: judged.count, effectivePairs: right.effectiveRows,
      accuracy: right.value, interval: right.interval,
      areaUnderCurve: Statistics.areaUnderCurve(oriented, isPositive: left),
      p: right.chance,
      weights: view == .words
        ? Self.words(mean, table, among: fitted)
        : AnswerFacts.Style.allCases.map { .init(name: $0.name, value: mean[$0.rawValue]) }
          .filter { $0.value != 0 }.sorted { abs($0.value) > abs($1.value) })
  }

  /// A prompt's pairs share a fold, so that its words cannot be learnt and then met again.
  static func fold(of row: RowFacts) -> Int {
    Int(WordHashes.mixed(row.prompt &+ 5) % UInt64(folds))
  }

  /// Pairs to fit on: no ties, evenly spread where there are too many.
  private static func fitted(
    _ view: ArtifactScore.View, _ table: RowTable, stride: Int
  ) -> [Int] {
    table.pairs.indices.filter {
      !table.pairs[$0].isTie && (view != .words || $0 % stride == 0)
    }
  }

  private static func features(_ view: ArtifactScore.View, _ table: RowTable) -> SparseRows {
    var x = SparseRows()
    switch view {
    case .length, .style:
      let styles = AnswerFacts.Style.allCases.filter { ($0 == .characters) == (view == .length) }
      let differences = table.rows.map { row in
        styles.map { style in
          // Arena's normalised difference: (a − b) / (a + b + 1).
          let (a, b) = (row.chosenFacts[style], row.rejectedFacts[style])
          return (a - b) / (a + b + 1)
        }
      }
      // Scaled to unit mean square: differences have no side, so their mean is 0 by symmetry.
      let scales = styles.indices.map { column -> Float in
        let square = differences.reduce(0.0) { $0 + Double($1[column] * $1[column]) }
        return square == 0 ? 0 : Float((Double(differences.count) / square).squareRoot())
      }
      for row in differences {
        x.append(
          styles.indices.lazy.filter { row[$0] != 0 }
            .map { (UInt32(styles[$0].rawValue), row[$0] * scales[$0]) })
      }
    case .words:
      let chunk = 256
      let pieces = Parallel.map(count: (table.count + chunk - 1) / chunk) { piece in
        var places = WordPlaces()
        return ((piece * chunk)..<min(table.count, (piece + 1) * chunk)).map { index in
          let pair = table.pairs[index]
          return places.differences(
            WordPlaces.of(Array(pair.chosen.text.utf8)),
            WordPlaces.of(Array((pair.rejected?.text ?? "").utf8)))
        }
      }
      // 1 for words of the chosen answer alone, −1 for words of the rejected alone.
      for row in pieces.joined() {
        x.append(
          row.first.map { (column: $0, value: Float(1)) }
            + row.second.map { (column: $0, value: Float(-1)) })
      }
    }
    return x
  }

  /// The strongest words, read back from the answers: each bucket's most frequent one.
  private static func words(
    _ weights: [Double], _ table: RowTable, among indices: [Int]
  ) -> [ArtifactScore.Weight] {
    let strongest = weights.indices.filter { weights[$0] != 0 }
      .sorted { (abs(weights[$0]), $0) > (abs(weights[$1]), $1) }.prefix(24)
    var spellings: [Int: [String: Int]] = Dictionary(
      uniqueKeysWithValues: strongest.map { ($0, [:]) })
    for index in indices.prefix(4000) {
      for side in PairText(table.pairs[index]).sides {
        for word in String(decoding: side.bytes, as: UTF8.self).lowercased()
          .split(whereSeparator: { !($0.isLetter || $0.isNumber || $0 == "'" || $0 == "’") })
        {
          let hashes = WordHashes.of(Array(word.utf8))
          guard hashes.count == 1 else { continue }
          spellings[Int(hashes[0] % UInt64(WordPlaces.count))]?[String(word), default: 0] += 1
        }
      }
    }
    return strongest.compactMap { bucket in
      guard let name = spellings[bucket]?.max(by: { ($0.value, $1.key) < ($1.value, $0.key) })?.key
      else { return nil }
      return .init(name: name, value: weights[bucket])
    }
  }
}
