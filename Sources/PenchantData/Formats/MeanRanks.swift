import PenchantCore

/// Ranks that several people gave to the same responses.
struct MeanRanks {
  let names: [String]
  private var sums: [Double]
  private var counts: [Int]

  init(names: [String]) {
    self.names = names
    sums = Array(repeating: 0, count: names.count)
    counts = sums.map { _ in 0 }
  }

  /// Mean rank of each response, lower is better; nil where one has none.
  var means: [Double]? {
    counts.allSatisfy { $0 > 0 } ? zip(sums, counts).map { $0 / Double($1) } : nil
  }

  /// Adds what one person said; false where it is of no kind that is known.
  mutating func add(_ value: JSON, question: String) -> Bool {
    switch value {
    case .string(let choice): return addChoice(choice)
    case .array(let items): return addRanking(items)
    case .object(let columns):
      // A list of objects as tables of columns have it.
      guard let names = columns["value"]?.array else { return false }
      let ranks = columns["rank"]?.array ?? []
      return addRanking(
        names.enumerated().map { index, name in
          ["value": name, "rank": index < ranks.count ? ranks[index] : .null]
        })
    case .number(let number):
      // A rating: more is better, so that its rank is its negative.
      guard let rating = number.double,
        let index = names.firstIndex(where: { question.contains($0) })
      else { return false }
      add(-rating, to: index)
      return true
    default: return false
    }
  }

  private mutating func addChoice(_ choice: String) -> Bool {
    if ["tie", "equal", "same", "both"].contains(choice.lowercased()) {
      for index in names.indices { add(1.5, to: index) }
      return true
    }
    guard let chosen = names.firstIndex(of: choice) else { return false }
    for index in names.indices { add(index == chosen ? 1 : 2, to: index) }
    return true
  }

  private mutating func addRanking(_ items: [JSON]) -> Bool {
    for (position, item) in items.enumerated() {
      guard let name = item["value"]?.string ?? item.string,
        let index = names.firstIndex(of: name)
      else { return false }
      add(item["rank"]?.double ?? Double(position + 1), to: index)
    }
    return true
  }

  private mutating func add(_ rank: Double, to index: Int) {
    sums[index] += rank
    counts[index] += 1
  }
}
