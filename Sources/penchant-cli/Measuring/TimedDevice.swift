import PenchantEngine
import PenchantFormats

/// A device that waits after each operation and adds up how long each kind of them took.
///
/// The sum is more than the same work takes without waiting: it says where the time goes, not how much there is.
final class TimedDevice: Device {
  private let device: any Device
  private var seconds: [String: (seconds: Double, count: Int)] = [:]
  private let clock = ContinuousClock()

  init(_ device: any Device) { self.device = device }

  /// What a kind of operation took.
  struct Cost {
    let name: String
    let seconds: Double
    let count: Int
  }

  /// Seconds and calls of each kind of operation, the longest first.
  var costs: [Cost] {
    seconds.map { Cost(name: $0.key, seconds: $0.value.seconds, count: $0.value.count) }
      .sorted { ($0.seconds, $0.name) > ($1.seconds, $1.name) }
  }

  /// Begins anew.
  func forget() { seconds = [:] }

  private func timed<Result>(_ name: String, _ body: () throws(EngineError) -> Result)
    throws(EngineError) -> Result
  {
    let start = clock.now
    let result = try body()
    try device.synchronize()
    let elapsed = (clock.now - start) / .seconds(1)
    seconds[name, default: (0, 0)].seconds += elapsed
    seconds[name, default: (0, 0)].count += 1
    return result
  }

  /// For operations that do not throw: what failed is thrown at the next ``synchronize()``.
  private var failure: EngineError?

  private func timed(_ name: String, _ body: () -> Void) {
    guard failure == nil else { return }
    do {
      try timed(name) { () throws(EngineError) in body() }
    } catch { failure = error }
  }

  var name: String { device.name }
  var family: String { device.family }
  var choice: DeviceChoice { device.choice }
  var availableBytes: Int? { device.availableBytes }

  func bytesReadPerSecond(seconds: Double) throws(EngineError) -> Double {
    try device.bytesReadPerSecond(seconds: seconds)
  }
  func allocate(byteCount: Int) throws(EngineError) -> Buffer {
    try device.allocate(byteCount: byteCount)
  }
  func adopt(_ bytes: UnsafeRawBufferPointer, owner: AnyObject) throws(EngineError) -> Buffer {
    try device.adopt(bytes, owner: owner)
  }
  func scratchForecast(
    _ work: DeviceWork, _ architecture: DecoderArchitecture, dtype: DType
  ) -> Int { device.scratchForecast(work, architecture, dtype: dtype) }
  func reserveScratch(
    for work: DeviceWork, _ architecture: DecoderArchitecture, dtype: DType
  ) throws(EngineError) { try device.reserveScratch(for: work, architecture, dtype: dtype) }
  func synchronize() throws(EngineError) {
    if let failure {
      self.failure = nil
      throw failure
    }
    try device.synchronize()
  }

  func write(_ values: [Float], to tensor: Tensor) {
    timed("write") { device.write(values, to: tensor) }
  }
  func write(_ values: [Int32], to tensor: Tensor) {
    timed("write") { device.write(values, to: tensor) }
  }
  func read(_ tensor: Tensor) -> [Float] {
    var result: [Float] = []
    timed("read") { result = device.read(tensor) }
    return result
  }
  func zero(_ tensor: Tensor) { timed("zero") { device.zero(tensor) } }
  func copy(_ source: Tensor, to destination: Tensor) {
    timed("copy") { device.copy(source, to: destination) }
  }

  func quantise(
    _ source: Tensor, into values: Tensor, scales: Tensor
  ) throws(EngineError) -> Bool {
    try timed("quantise") { () throws(EngineError) in
      try device.quantise(source, into: values, scales: scales)
    }
  }
  func product(
    _ terms: [ProductTerm], into out: Tensor, scale: Float, bias: Tensor?, accumulate: Bool,
    fewRows: Bool
  ) {
    let depth = terms.map { $0.left.columns }
    let kind = min(depth.max() ?? 0, out.columns) < 256 ? "narrow product" : "product"
    timed("\(kind) \(depth) to \(out.columns)") {
      device.product(
        terms, into: out, scale: scale, bias: bias, accumulate: accumulate, fewRows: fewRows)
    }
  }
  func productOverRows(_ left: Tensor, _ right: Tensor, into out: Tensor) {
    timed("product over rows to (\(out.rows), \(out.columns))") {
      device.productOverRows(left, right, into: out)
    }
  }
  func embed(_ ids: Tensor, table: Tensor, scale: Float, accumulate: Bool, into out: Tensor) {
    timed("embed") {
      device.embed(ids, table: table, scale: scale, accumulate: accumulate, into: out)
    }
  }
  func embedBackward(_ ids: Tensor, dOut: Tensor, scale: Float, into dTable: Tensor) {
    timed("embed, gradient") {
      device.embedBackward(ids, dOut: dOut, scale: scale, into: dTable)
    }
  }
  func convert(_ source: Tensor, scale: Float, into destination: Tensor) {
    timed("convert") { device.convert(source, scale: scale, into: destination) }
  }
  func add(_ source: Tensor, scale: Float, to destination: Tensor) {
    timed("add") { device.add(source, scale: scale, to: destination) }
  }
  func gather(_ source: Tensor, rows: [Int32], into destination: Tensor) {
    timed("gather") { device.gather(source, rows: rows, into: destination) }
  }
  func scatter(_ source: Tensor, rows: [Int32], into destination: Tensor) {
    timed("scatter") { device.scatter(source, rows: rows, into: destination) }
  }
  func norm(_ x: Tensor, _ tensors: NormTensors, shape: NormShape, into out: Tensor) {
    timed("norm") { device.norm(x, tensors, shape: shape, into: out) }
  }
  func norm(
    _ x: Tensor, rounded: Tensor, _ tensors: NormTensors, shape: NormShape, into out: Tensor
  ) {
    timed("norm of the rounded") {
      device.norm(x, rounded: rounded, tensors, shape: shape, into: out)
    }
  }
  func normBackward(
    dOut: Tensor, x: Tensor, _ tensors: NormTensors, shape: NormShape, dX: Tensor,
    gradients: NormTensors?
  ) {
    timed("norm, gradient") {
      device.normBackward(
        dOut: dOut, x: x, tensors, shape: shape, dX: dX, gradients: gradients)
    }
  }
  func rotary(
    _ x: Tensor, angles: Tensor, positions: Tensor, headDimension: Int, into out: Tensor
  ) {
    timed("rotary") {
      device.rotary(
        x, angles: angles, positions: positions, headDimension: headDimension, into: out)
    }
  }
  func rotaryBackward(
    _ dOut: Tensor, angles: Tensor, positions: Tensor, headDimension: Int, into dX: Tensor
  ) {
    timed("rotary, gradient") {
      device.rotaryBackward(
        dOut, angles: angles, positions: positions, headDimension: headDimension, into: dX)
    }
  }
  func attention(
    q: Tensor, k: Tensor, v: Tensor, groups: [[Segment]], shape: AttentionShape, into out: Tensor,
    logSumExp: Tensor
  ) {
    timed("attention") {
      device.attention(
        q: q, k: k, v: v, groups: groups, shape: shape, into: out, logSumExp: logSumExp)
    }
  }
  func attentionBackward(
    dOut: Tensor, q: Tensor, k: Tensor, v: Tensor, out: Tensor, logSumExp: Tensor,
    groups: [[Segment]], shape: AttentionShape, dQ: Tensor, dK: Tensor, dV: Tensor
  ) {
    timed("attention, gradient") {
      device.attentionBackward(
        dOut: dOut, q: q, k: k, v: v, out: out, logSumExp: logSumExp, groups: groups,
        shape: shape, dQ: dQ, dK: dK, dV: dV)
    }
  }
  func attentionDecode(
    q: Tensor, keys: Tensor, values: Tensor, runs: [[Segment]], positions: [Int],
    shape: AttentionShape, into out: Tensor
  ) {
    timed("attention, decoding") {
      device.attentionDecode(
        q: q, keys: keys, values: values, runs: runs, positions: positions, shape: shape, into: out)
    }
  }
  func activate(_ activation: Activation, gate: Tensor, up: Tensor?, into out: Tensor) {
    timed("activation") { device.activate(activation, gate: gate, up: up, into: out) }
  }
  func activateBackward(
    _ activation: Activation, dOut: Tensor, gate: Tensor, up: Tensor?, into out: Tensor,
    dGate: Tensor, dUp: Tensor?
  ) {
    timed("activation, gradient") {
      device.activateBackward(
        activation, dOut: dOut, gate: gate, up: up, into: out, dGate: dGate, dUp: dUp)
    }
  }
  func softCap(_ x: Tensor, cap: Float) {
    timed("soft cap") { device.softCap(x, cap: cap) }
  }
  func head(
    hidden: Tensor, weight: Tensor, shape: HeadShape, targetOffsets: [Int], targets: [Int32],
    logSumExp: Tensor, meanWeight: Tensor?
  ) -> HeadStatistics {
    var result: HeadStatistics?
    timed(meanWeight == nil ? "head" : "head with mean weights") {
      result = device.head(
        hidden: hidden, weight: weight, shape: shape, targetOffsets: targetOffsets,
        targets: targets, logSumExp: logSumExp, meanWeight: meanWeight)
    }
    return result
      ?? HeadStatistics(rows: hidden.rows, targets: targets.count)
  }
  func headBackward(
    coefficients: [Float], slopes: [Float], weight: Tensor, targetOffsets: [Int],
    targets: [Int32], meanWeight: Tensor, into dHidden: Tensor
  ) {
    timed("head, gradient") {
      device.headBackward(
        coefficients: coefficients, slopes: slopes, weight: weight, targetOffsets: targetOffsets,
        targets: targets, meanWeight: meanWeight, into: dHidden)
    }
  }
  func headWeightBackward(
    coefficients: [Float], slopes: [Float], hidden: Tensor, weight: Tensor, shape: HeadShape,
    targetOffsets: [Int], targets: [Int32], logSumExp: Tensor, into dWeight: Tensor
  ) {
    timed("head, weight gradient") {
      device.headWeightBackward(
        coefficients: coefficients, slopes: slopes, hidden: hidden, weight: weight, shape: shape,
        targetOffsets: targetOffsets, targets: targets, logSumExp: logSumExp, into: dWeight)
    }
  }
  func sumSquares(_ x: Tensor) -> Double {
    var result = 0.0
    timed("sum of squares") { result = device.sumSquares(x) }
    return result
  }
  func adamW(
    _ step: AdamWStep, weights: Tensor, working: Tensor?, m: Tensor, v: Tensor, gradient: Tensor
  ) {
    timed("AdamW") {
      device.adamW(step, weights: weights, working: working, m: m, v: v, gradient: gradient)
    }
  }
}
