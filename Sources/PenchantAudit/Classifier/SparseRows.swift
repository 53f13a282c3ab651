/// Rows of a sparse matrix, one after the other.
struct SparseRows: Sendable {
  private(set) var starts = [0]
  private(set) var columns: [UInt32] = []
  private(set) var values: [Float] = []

  var count: Int { starts.count - 1 }

  mutating func append(_ entries: some Sequence<(column: UInt32, value: Float)>) {
    for (column, value) in entries {
      columns.append(column)
      values.append(value)
    }
    starts.append(columns.count)
  }

  /// w · x of a row.
  func dot(_ row: Int, _ weights: [Double]) -> Double {
    var sum = 0.0
    for entry in starts[row]..<starts[row + 1] {
      sum += weights[Int(columns[entry])] * Double(values[entry])
    }
    return sum
  }

  /// g += scale · x of a row.
  func add(_ row: Int, scale: Double, to gradient: inout [Double]) {
    for entry in starts[row]..<starts[row + 1] {
      gradient[Int(columns[entry])] += scale * Double(values[entry])
    }
  }
}
