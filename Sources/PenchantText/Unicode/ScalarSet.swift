/// A set of Unicode scalar values as sorted, disjoint, non-adjacent closed ranges.
///
/// Surrogate code points may lie inside a range; no text has them, so that is harmless.
struct ScalarSet: Sendable, Equatable {
  /// The last code point of Unicode.
  static let last: UInt32 = 0x10ffff

  private(set) var ranges: [ClosedRange<UInt32>] = []

  init() {}

  init(_ ranges: [ClosedRange<UInt32>]) { self.ranges = Self.normalized(ranges) }

  init(_ scalars: Unicode.Scalar...) { self.init(scalars.map { $0.value...$0.value }) }

  /// Every scalar.
  static let all = ScalarSet([0...last])

  var isEmpty: Bool { ranges.isEmpty }

  /// Sorts and joins ranges that overlap or touch.
  private static func normalized(_ ranges: [ClosedRange<UInt32>]) -> [ClosedRange<UInt32>] {
    var result: [ClosedRange<UInt32>] = []
    for range in ranges.sorted(by: { $0.lowerBound < $1.lowerBound }) {
      if let previous = result.last, range.lowerBound <= previous.upperBound + 1 {
        result[result.count - 1] =
          previous.lowerBound...max(previous.upperBound, range.upperBound)
      } else {
        result.append(range)
      }
    }
    return result
  }

  func union(_ other: ScalarSet) -> ScalarSet { ScalarSet(ranges + other.ranges) }

  /// Everything that is not in the set.
  var complement: ScalarSet {
    var result = ScalarSet()
    var next: UInt32 = 0
    for range in ranges {
      if range.lowerBound > next { result.ranges.append(next...(range.lowerBound - 1)) }
      next = range.upperBound + 1
    }
    if next <= Self.last { result.ranges.append(next...Self.last) }
    return result
  }

  func intersection(_ other: ScalarSet) -> ScalarSet {
    complement.union(other.complement).complement
  }

  /// Whether the scalar is in the set; logarithmic in the number of ranges.
  func contains(_ scalar: UInt32) -> Bool {
    var low = 0
    var high = ranges.count
    while low < high {
      let middle = (low + high) / 2
      if ranges[middle].upperBound < scalar { low = middle + 1 } else { high = middle }
    }
    return low < ranges.count && ranges[low].lowerBound <= scalar
  }
}

// MARK: - Sets with a name

extension ScalarSet {
  /// The scalars of some general categories (Unicode 16.0).
  init(categories: Set<UnicodeCategory>) {
    let starts = UnicodeTables.categoryStarts
    let isWanted = UnicodeCategory.allCases.map(categories.contains)
    var ranges: [ClosedRange<UInt32>] = []
    for (index, start) in starts.enumerated() {
      guard isWanted[Int(start & 31)] else { continue }
      let end = index + 1 < starts.count ? starts[index + 1] >> 5 : Self.last + 1
      ranges.append((start >> 5)...(end - 1))
    }
    self.init(ranges)
  }

  /// White_Space, as `\s`.
  static let whitespace = ScalarSet(categories: [
    .spaceSeparator, .lineSeparator, .paragraphSeparator,
  ]).union(
    ScalarSet([0x09...0x0d, 0x85...0x85]))

  /// Decimal digits, as `\d`.
  static let decimalDigits = ScalarSet(categories: [.decimalNumber])

  /// What the Digits pre-tokenizer splits at: Nd, Nl and No of Unicode 17.0.
  static let numbers = ScalarSet(categories: UnicodeCategory.named("N")).union(
    ScalarSet([0x11de0...0x11de9, 0x16ff4...0x16ff6]))

  /// What Alphabetic has beyond letters, marks and letter numbers: circled and squared letters.
  private static let alphabeticSymbols = ScalarSet([
    0x24b6...0x24e9, 0x1f130...0x1f149, 0x1f150...0x1f169, 0x1f170...0x1f189,
  ])

  private static let wordCore = ScalarSet(
    categories: UnicodeCategory.named("L").union(UnicodeCategory.named("M")).union([
      .decimalNumber, .letterNumber, .connectorPunctuation,
    ])
  ).union(alphabeticSymbols)

  /// `\w` of Unicode technical standard 18: Alphabetic, marks, decimal digits, connectors, joiners.
  static let word = wordCore.union(ScalarSet([0x200c...0x200d]))

  /// `\w` as Oniguruma has it: without the joiners, with the numbers of Latin-1.
  static let onigurumaWord = wordCore.union(
    ScalarSet([0xb2...0xb3, 0xb9...0xb9, 0xbc...0xbe]))

  /// What the Punctuation pre-tokenizer splits at.
  static let punctuation = ScalarSet(
    UnicodeTables.punctuationRanges.map { UInt32($0 >> 32)...UInt32($0 & 0xffff_ffff) })
}
