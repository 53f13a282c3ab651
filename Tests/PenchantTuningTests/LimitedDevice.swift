import PenchantEngine
import PenchantFormats

/// The processor as a device with little memory of its own: allocations beyond a size are refused.
final class LimitedDevice: Device {
  private let cpu: CPUDevice
  /// The largest allocation that is granted, in bytes.
  var largestAllocation: Int
  var availableBytes: Int?
  /// Tokens of the largest passes that are granted memory for the operations themselves.
  var mostScratchTokens = Int.max
  /// Allocations that were refused.
  private(set) var refusals = 0
  private(set) var copies = 0
  private(set) var scatters = 0
  /// Sizes of what was adopted, in order.
  private(set) var adoptedBytes: [Int] = []
  /// The most bytes of it that were in use at once.
  private(set) var mostAdoptedBytes = 0
  private var adopted: [Adopted] = []

  /// A buffer that may be gone.
  private struct Adopted {
    weak var buffer: Buffer?
  }

  init(availableBytes: Int? = nil, largestAllocation: Int = .max) throws {
    cpu = try CPUDevice(threads: 1)
    self.availableBytes = availableBytes
    self.largestAllocation = largestAllocation
  }

  var name: String { "limited \(cpu.name)" }
  var family: String { cpu.family }
  var choice: DeviceChoice { .cuda(0) }

  func allocate(byteCount: Int) throws(EngineError) -> Buffer {
    guard byteCount <= largestAllocation else {
      refusals += 1
      throw EngineError(.outOfMemory(bytes: byteCount))
    }
    return try cpu.allocate(byteCount: byteCount)
  }

  func adopt(_ bytes: UnsafeRawBufferPointer, owner: AnyObject) throws(EngineError) -> Buffer {
    let buffer = try cpu.adopt(bytes, owner: owner)
    adopted.append(Adopted(buffer: buffer))
    adoptedBytes.append(bytes.count)
    mostAdoptedBytes = max(
      mostAdoptedBytes, adopted.reduce(0) { $0 + ($1.buffer?.byteCount ?? 0) })
    return buffer
  }

  func scratchForecast(
    _ work: DeviceWork, _ architecture: DecoderArchitecture, dtype: DType
  ) -> Int { cpu.scratchForecast(work, architecture, dtype: dtype) }

  func reserveScratch(
    for work: DeviceWork, _ architecture: DecoderArchitecture, dtype: DType
  ) throws(EngineError) {
    guard case .passes(let shape) = work, shape.tokens > mostScratchTokens else { return }
    refusals += 1
    throw EngineError(.outOfMemory(bytes: scratchForecast(work, architecture, dtype: dtype)))
  }

  func write(_ values: [Float], to tensor: Tensor) { cpu.write(values, to: tensor) }
  func write(_ values: [Int32], to tensor: Tensor) { cpu.write(values, to: tensor) }
  func read(_ tensor: Tensor) -> [Float] { cpu.read(tensor) }
  func zero(_ tensor: Tensor) { cpu.zero(tensor) }
  func copy(_ source: Tensor, to destination: Tensor) {
    copies += 1
    cpu.copy(source, to: destination)
  }
  func synchronize() throws(EngineError) {}

  func bytesReadPerSecond(seconds: Double) throws(EngineError) -> Double {
    try cpu.bytesReadPerSecond(seconds: seconds)
  }

  func quantise(_ source: Tensor, into values: Tensor, scales: Tensor) throws(EngineError) -> Bool {
    try cpu.quantise(source, into: values, scales: scales)
  }

  func product(
    _ terms: [ProductTerm], into out: Tensor, scale: Float, bias: Tensor?, accumulate: Bool,
    fewRows: Bool
  ) {
    cpu.product(
      terms, into: out, scale: scale, bias: bias, accumulate: accumulate, fewRows: fewRows)
  }

  func productOverRows(_ left: Tensor, _ right: Tensor, into out: Tensor) {
    cpu.productOverRows(left, right, into: out)
  }

  func embed(_ ids: Tensor, table: Tensor, scale: Float, accumulate: Bool, into out: Tensor) {
    cpu.embed(ids, table: table, scale: scale, accumulate: accumulate, into: out)
  }

  func embedBackward(_ ids: Tensor, dOut: Tensor, scale: Float, into dTable: Tensor) {
    cpu.embedBackward(ids, dOut: dOut, scale: scale, into: dTable)
  }

  func convert(_ source: Tensor, scale: Float, into destination: Tensor) {
    cpu.convert(source, scale: scale, into: destination)
  }

  func add(_ source: Tensor, scale: Float, to destination: Tensor) {
    cpu.add(source, scale: scale, to: destination)
  }

  func gather(_ source: Tensor, rows: [Int32], into destination: Tensor) {
    cpu.gather(source, rows: rows, into: destination)
  }

  func scatter(_ source: Tensor, rows: [Int32], into destination: Tensor) {
    scatters += 1
    cpu.scatter(source, rows: rows, into: destination)
  }

  func norm(_ x: Tensor, _ tensors: NormTensors, shape: NormShape, into out: Tensor) {
    cpu.norm(x, tensors, shape: shape, into: out)
  }

  func normBackward(
    dOut: Tensor, x: Tensor, _ tensors: NormTensors, shape: NormShape, dX: Tensor,
    gradients: NormTensors?
  ) {
    cpu.normBackward(dOut: dOut, x: x, tensors, shape: shape, dX: dX, gradients: gradients)
  }

  func rotary(_ x: Tensor, angles: Tensor, positions: Tensor, headDimension: Int, into out: Tensor)
  {
    cpu.rotary(x, angles: angles, positions: positions, headDimension: headDimension, into: out)
  }

  func rotaryBackward(
    _ dOut: Tensor, angles: Tensor, positions: Tensor, headDimension: Int, into dX: Tensor
  ) {
    cpu.rotaryBackward(
      dOut, angles: angles, positions: positions, headDimension: headDimension, into: dX)
  }

  func attention(
    q: Tensor, k: Tensor, v: Tensor, groups: [[Segment]], shape: AttentionShape, into out: Tensor,
    logSumExp: Tensor
  ) {
    cpu.attention(
      q: q, k: k, v: v, groups: groups, shape: shape, into: out, logSumExp: logSumExp)
  }

  func attentionBackward(
    dOut: Tensor, q: Tensor, k: Tensor, v: Tensor, out: Tensor, logSumExp: Tensor,
    groups: [[Segment]], shape: AttentionShape, dQ: Tensor, dK: Tensor, dV: Tensor
  ) {
    cpu.attentionBackward(
      dOut: dOut, q: q, k: k, v: v, out: out, logSumExp: logSumExp, groups: groups, shape: shape,
      dQ: dQ, dK: dK, dV: dV)
  }

  func attentionDecode(
    q: Tensor, keys: Tensor, values: Tensor, runs: [[Segment]], positions: [Int],
    shape: AttentionShape, into out: Tensor
  ) {
    cpu.attentionDecode(
      q: q, keys: keys, values: values, runs: runs, positions: positions, shape: shape, into: out)
  }

  func activate(_ activation: Activation, gate: Tensor, up: Tensor?, into out: Tensor) {
    cpu.activate(activation, gate: gate, up: up, into: out)
  }

  func activateBackward(
    _ activation: Activation, dOut: Tensor, gate: Tensor, up: Tensor?, into out: Tensor,
    dGate: Tensor, dUp: Tensor?
  ) {
    cpu.activateBackward(
      activation, dOut: dOut, gate: gate, up: up, into: out, dGate: dGate, dUp: dUp)
  }

  func softCap(_ x: Tensor, cap: Float) { cpu.softCap(x, cap: cap) }

  func head(
    hidden: Tensor, weight: Tensor, shape: HeadShape, targetOffsets: [Int], targets: [Int32],
    logSumExp: Tensor, meanWeight: Tensor?
  ) -> HeadStatistics {
    cpu.head(
      hidden: hidden, weight: weight, shape: shape, targetOffsets: targetOffsets,
      targets: targets, logSumExp: logSumExp, meanWeight: meanWeight)
  }

  func headBackward(
    coefficients: [Float], slopes: [Float], weight: Tensor, targetOffsets: [Int],
    targets: [Int32], meanWeight: Tensor, into dHidden: Tensor
  ) {
    cpu.headBackward(
      coefficients: coefficients, slopes: slopes, weight: weight, targetOffsets: targetOffsets,
      targets: targets, meanWeight: meanWeight, into: dHidden)
  }

  func headWeightBackward(
    coefficients: [Float], slopes: [Float], hidden: Tensor, weight: Tensor, shape: HeadShape,
    targetOffsets: [Int], targets: [Int32], logSumExp: Tensor, into dWeight: Tensor
  ) {
    cpu.headWeightBackward(
      coefficients: coefficients, slopes: slopes, hidden: hidden, weight: weight, shape: shape,
      targetOffsets: targetOffsets, targets: targets, logSumExp: logSumExp, into: dWeight)
  }

  func sumSquares(_ x: Tensor) -> Double { cpu.sumSquares(x) }

  func adamW(
    _ step: AdamWStep, weights: Tensor, working: Tensor?, m: Tensor, v: Tensor, gradient: Tensor
  ) {
    cpu.adamW(step, weights: weights, working: working, m: m, v: v, gradient: gradient)
  }
}
