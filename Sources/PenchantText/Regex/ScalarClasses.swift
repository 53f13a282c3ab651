/// The coarsest partition of all scalars that tells the sets of a pattern apart.
///
/// Two scalars of one class are in the same sets, so an automaton needs one transition for each
/// class instead of one for each scalar.
struct ScalarClasses: Sendable {
  /// Scalar → class.
  let map: ScalarMap
  let count: Int
  /// [set][class]: whether the class lies in the set.
  let isMember: [[Bool]]

  /// Classes are numbered in a byte.
  private static let limit = 255

  init(_ sets: [ScalarSet]) throws(LinearRegexError) {
    var starts: Set<UInt32> = [0]
    for set in sets {
      for range in set.ranges {
        starts.insert(range.lowerBound)
        if range.upperBound < ScalarSet.last { starts.insert(range.upperBound + 1) }
      }
    }
    var runs: [(start: UInt32, value: UInt8)] = []
    var numbers: [[Bool]: UInt8] = [:]
    var members: [[Bool]] = []
    for start in starts.sorted() {
      let membership = sets.map { $0.contains(start) }
      if let number = numbers[membership] {
        runs.append((start, number))
        continue
      }
      guard members.count < Self.limit else { throw LinearRegexError(code: .tooLarge, offset: 0) }
      let number = UInt8(members.count)
      numbers[membership] = number
      members.append(membership)
      runs.append((start, number))
    }
    map = ScalarMap(runs: runs)
    count = members.count
    isMember = sets.indices.map { set in members.map { $0[set] } }
  }
}
