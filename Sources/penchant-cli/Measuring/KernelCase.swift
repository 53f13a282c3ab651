import PenchantEngine

/// One operation of the engine, to be checked against the plain kernels and then timed.
struct KernelCase: Sendable {
  /// An operation with its inputs in place.
  struct Prepared {
    let run: () -> Void
    /// What the last call gave.
    let result: () -> [Float]
  }

  let name: String
  /// What one call computes, in floating-point operations; nil where memory is what limits.
  let operations: (@Sendable (DecoderArchitecture, _ rows: Int) -> Double)?
  /// What one call reads and writes at least, in bytes.
  let bytes: @Sendable (DecoderArchitecture, _ rows: Int, DType) -> Double
  let prepare: @Sendable (any Device, DecoderArchitecture, _ rows: Int, DType) throws -> Prepared

  /// What came of it.
  struct Figures {
    let name: String
    let seconds: Double
    let operationsPerSecond: Double?
    let bytesPerSecond: Double
    /// Largest difference from the plain kernels, relative to the largest value.
    let deviation: Double
  }

  /// Two correct sums of bfloat16 products in float32, added in different orders, part by about √depth · 2⁻²⁴
  /// of their size; results rounded to bfloat16 by up to 2⁻⁸ where that tips a rounding.
  static let tolerance = 0x1p-7

  /// Checks a small size against the plain kernels, then times the given size.
  /// - Throws: ``CommandError`` when the results part: nothing is timed then.
  func measure(
    _ device: any Device, _ architecture: DecoderArchitecture, rows: Int, dtype: DType,
    repeats: Int
  ) throws -> Figures {
    let plain: any Device = try CPUDevice(threads: 1, isa: "plain")
    let small = BenchmarkShape.tiny.architecture
    let results = try [device, plain].map { device in
      let prepared = try prepare(device, small, 19, dtype)
      prepared.run()
      // What an operation could not do is thrown here.
      try device.synchronize()
      return prepared.result()
    }
    let largest = results[1].reduce(0) { max($0, abs($1)) }
    let difference = zip(results[0], results[1]).reduce(Float(0)) { max($0, abs($1.0 - $1.1)) }
    let deviation = Double(difference) / Double(max(largest, .leastNormalMagnitude))
    guard deviation <= Self.tolerance, results[0].allSatisfy(\.isFinite) else {
      throw CommandError(.kernelDiffers(name: name, deviation: deviation))
    }
    let prepared = try prepare(device, architecture, rows, dtype)
    // Calls may only be enqueued: they are timed so many at once that waiting for the last does not count.
    let calls = try Self.callsAtOnce(device, prepared)
    let together = try Stopwatch.median(repeats: repeats) {
      for _ in 0..<calls { prepared.run() }
      try device.synchronize()
    }
    let seconds = together / Double(calls)
    return Figures(
      name: name, seconds: seconds,
      operationsPerSecond: operations.map { $0(architecture, rows) / seconds },
      bytesPerSecond: bytes(architecture, rows, dtype) / seconds, deviation: deviation)
  }

  /// How many calls take a few milliseconds, at most a hundred; one where operations are not enqueued.
  private static func callsAtOnce(_ device: any Device, _ prepared: Prepared) throws -> Int {
    guard device.availableBytes != nil else { return 1 }
    prepared.run()
    try device.synchronize()
    let seconds =
      try ContinuousClock().measure {
        prepared.run()
        try device.synchronize()
      } / .seconds(1)
    return max(1, min(100, Int(5e-3 / max(seconds, 1e-6))))
  }
}
