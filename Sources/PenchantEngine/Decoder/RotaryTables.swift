import PenchantFormats

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Consecutive rows of a pass whose tokens turn by the same tables.
struct RotaryRun {
  let rows: Range<Int>
  /// Cosines and sines for each of the model's sets of rotary positions.
  let tables: [Tensor]
}

/// The rotary angles of a decoder, computed in double when they are first asked for.
final class RotaryTables {
  private let sets: [RotaryFrequencies]
  private let device: any Device
  /// By the reaches of the sets.
  private var tables: [[Int]: [Tensor]] = [:]

  init(_ rotaries: [RotaryConfiguration], on device: any Device) {
    sets = rotaries.map(RotaryFrequencies.init)
    self.device = device
  }

  /// The runs of a pass.
  /// - Parameters:
  ///   - parts: consecutive rows, each part with the length its sequences have in the end.
  ///   - positions: one more than the largest position.
  func runs(
    _ parts: [(rows: Range<Int>, length: Int)], positions: Int
  ) throws(EngineError) -> [RotaryRun] {
    guard !sets.isEmpty else { return [] }
    var runs: [(rows: Range<Int>, reaches: [Int])] = []
    for part in parts where !part.rows.isEmpty {
      let reaches = sets.map { $0.reach(ofLength: part.length) }
      if let last = runs.last, last.reaches == reaches, last.rows.upperBound == part.rows.lowerBound
      {
        runs[runs.count - 1].rows = last.rows.lowerBound..<part.rows.upperBound
      } else {
        runs.append((part.rows, reaches))
      }
    }
    var result: [RotaryRun] = []
    for run in runs {
      result.append(
        RotaryRun(rows: run.rows, tables: try tables(run.reaches, positions: positions)))
    }
    return result
  }

  private func tables(_ reaches: [Int], positions: Int) throws(EngineError) -> [Tensor] {
    if let found = tables[reaches], found.allSatisfy({ $0.rows >= positions }) { return found }
    var rows = 256
    while rows < positions { rows *= 2 }
    var made: [Tensor] = []
    for (set, reach) in zip(sets, reaches) { made.append(try table(set, reach, rows: rows)) }
    // Lengths that each need tables of their own come and go; what depends on no length stays.
    let usual = [Int](repeating: 0, count: sets.count)
    if tables.count >= 8 { tables = tables.filter { $0.key == usual } }
    tables[reaches] = made
    return made
  }

  private func table(
    _ set: RotaryFrequencies, _ reach: Int, rows: Int
  ) throws(EngineError) -> Tensor {
    var plan = ArenaPlan()
    let slot = plan.reserve(rows, 2 * set.pairs, .float32)
    let table = try Arena(plan, on: device)[slot]
    // Rounded to float32 as every implementation of these models does.
    let frequencies = set.frequencies(reach: reach).map { Double(Float($0)) }
    let magnitude = set.magnitude
    var values = [Float]()
    values.reserveCapacity(rows * 2 * set.pairs)
    for position in 0..<rows {
      let radians = frequencies.map { Double(Float(Double(position) * $0)) }
      values += radians.map { Float(cos($0) * magnitude) }
      values += radians.map { Float(sin($0) * magnitude) }
    }
    device.write(values, to: table)
    return table
  }
}
