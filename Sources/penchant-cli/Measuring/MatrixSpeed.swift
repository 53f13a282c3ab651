import PenchantCore
import PenchantEngine

/// What the matrix kernel of a device reaches: the peak that everything else is measured against.
enum MatrixSpeed {
  /// Floating-point operations a second of a product that fills the device: of the shape that training spends its
  /// time in on a processor, 8192³ on a GPU.
  /// - Parameter seconds: how long to try; the fastest of several repeats counts.
  static func operationsPerSecond(
    _ device: any Device, dtype: DType, seconds: Double = 0.1
  ) throws(EngineError) -> Double {
    let (rows, depth, columns) =
      device.availableBytes == nil ? (512, 1024, 1024) : (8192, 8192, 8192)
    var plan = ArenaPlan()
    let slots = (
      plan.reserve(rows, depth, dtype), plan.reserve(columns, depth, dtype),
      plan.reserve(rows, columns, .float32)
    )
    let arena = try Arena(plan, on: device)
    let (left, right, out) = (arena[slots.0], arena[slots.1], arena[slots.2])
    fill(left, seed: 1, on: device)
    fill(right, seed: 2, on: device)
    try device.synchronize()
    // A few rows first: on a slow variant the whole product takes longer than the measurement should.
    var share = 32
    var best = 0.0
    let clock = ContinuousClock()
    let start = clock.now
    repeat {
      let before = clock.now
      device.product(
        [ProductTerm(left.rows(0..<share), right, .transposed)], into: out.rows(0..<share),
        scale: 1, bias: nil, accumulate: false, fewRows: false)
      try device.synchronize()
      let elapsed = clock.now - before
      best = max(best, 2 * Double(share * depth * columns) / max(elapsed / .seconds(1), 1e-9))
      if Double(2 * rows * depth * columns) / best < seconds / 2 { share = rows }
    } while (clock.now - start) / .seconds(1) < seconds
    return best
  }

  /// Small values of both signs that depend on the seed alone.
  static func fill(_ tensor: Tensor, seed: UInt64, on device: any Device) {
    var generator = Philox(seed: seed, stream: .synthetic).generator()
    let block = (0..<min(tensor.count, SyntheticBlock.count)).map { _ in
      Float(generator.nextDouble() - 0.5)
    }
    SyntheticBlock.fill(tensor, with: block, on: device)
  }
}
