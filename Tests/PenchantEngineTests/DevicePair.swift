import EmulatedGPU
import PenchantCore
import PenchantEngine
import Testing

/// A GPU, real or run on the processor, beside the plain kernels: what both make of the same inputs is compared.
struct DevicePair {
  let gpu: CUDADevice
  let plain: CPUDevice

  /// `PENCHANT_TEST_GPU=1` takes the machine's first GPU in place of the emulator.
  init() throws {
    gpu = try CUDADevice.forTests()
    plain = try CPUDevice(threads: 1, isa: "plain")
  }

  /// A tensor on both devices, as a test asks for it.
  struct Input {
    let rows, columns: Int
    let dtype: DType
    /// Elements from row to row beyond the columns.
    var gap = 0
    var values: [Float]?
    var integers: [Int32]?

    init(_ rows: Int, _ columns: Int, _ dtype: DType, gap: Int = 0, values: [Float]? = nil) {
      self.rows = rows
      self.columns = columns
      self.dtype = dtype
      self.gap = gap
      self.values = values
    }

    init(_ integers: [Int32]) {
      self.init(1, integers.count, .int32)
      self.integers = integers
    }
  }

  /// Runs an operation on both and compares tensors it changed, in the order it returns them.
  /// - Parameters:
  ///   - tolerance: of the largest element, for float32.
  ///   - small: elements below this part of the largest may differ as much as one of that size, for bfloat16.
  func compare(
    _ inputs: [Input], tolerance: Float = 2e-6, small: Float = 0x1p-8, seed: UInt64 = 1,
    _ operation: (any Device, [Tensor]) throws -> [Tensor],
    location: SourceLocation = #_sourceLocation
  ) throws {
    let results = try [gpu as any Device, plain].map { device in
      let tensors = try place(inputs, on: device, seed: seed)
      let changed = try operation(device, tensors)
      let values = changed.map { ($0.dtype, device.read($0)) }
      try device.synchronize()
      return values
    }
    for (index, (ours, theirs)) in zip(results[0], results[1]).enumerated() {
      let largest = theirs.1.reduce(Float(1e-6)) { max($0, abs($1)) }
      // Two correct sums may round to neighbouring bfloat16s.
      let bound = ours.0 == .bfloat16 ? Float(0x1p-7) : tolerance
      var worst = Float(0)
      for (a, b) in zip(ours.1, theirs.1) {
        let scale = ours.0 == .bfloat16 ? max(abs(b), largest * small) : largest
        let difference = abs(a - b) / scale
        worst = difference.isNaN ? .infinity : max(worst, difference)
      }
      #expect(
        worst <= bound, "result \(index) differs by \(worst)", sourceLocation: location)
    }
  }

  /// The inputs on one device: values of about one, the same on every device.
  func place(_ inputs: [Input], on device: any Device, seed: UInt64) throws -> [Tensor] {
    try inputs.enumerated().map { index, input in
      var plan = ArenaPlan()
      let slot = plan.reserve(input.rows, input.columns + input.gap, input.dtype)
      let whole = try Arena(plan, on: device)[slot]
      if let integers = input.integers {
        device.write(integers, to: whole)
        return whole
      }
      guard input.dtype != .int8 else { return whole }
      var generator = Philox(seed: seed, stream: .synthetic, step: UInt64(index)).generator()
      let random = (0..<whole.count).map { _ in Float(generator.nextDouble() * 2 - 1) }
      device.write(input.values ?? random, to: whole)
      return whole.columns(0..<input.columns)
    }
  }
}
