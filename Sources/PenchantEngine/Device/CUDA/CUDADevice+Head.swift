/// The streaming head: the library's products over chunks of the vocabulary, and `kernels/head.cu` between them.
extension CUDADevice {
  /// Tokens of the vocabulary at a time; fixed, for it decides the order of sums; `HEAD_CHUNK` in the kernels.
  static let headChunk = 8192
  /// Rows at a time; decides nothing but memory.
  static let headRows = 4096
  private static let threads = 256

  /// Of the figures of targets and rows until they are read.
  static func headResultBytes(rows: Int, targets: Int) -> Int { 4 * (2 * targets + 2 * rows) }
  /// Of what each row keeps from one chunk of the vocabulary to the next.
  static func headStateBytes(rows: Int) -> Int { rows * 4 * MemoryLayout<Double>.size }

  private func kernel(_ name: String, _ dtype: DType) -> CUDAKernel {
    CUDAKernel(name, in: "head", dtype)
  }

  package func head(
    hidden: Tensor, weight: Tensor, shape: HeadShape, targetOffsets: [Int], targets: [Int32],
    logSumExp: Tensor, meanWeight: Tensor?
  ) -> HeadStatistics {
    OperationCheck.head(hidden: hidden, weight: weight, meanWeight: meanWeight)
    let rows = hidden.rows
    var statistics = HeadStatistics(rows: rows, targets: targets.count)
    guard rows > 0 else { return statistics }
    let lists = HeadLists(
      offsets: upload(targetOffsets.map { Int32($0) }, .offsets), targets: upload(targets, .targets)
    )
    let results = HeadResults(
      address: scratch(.results, bytes: Self.headResultBytes(rows: rows, targets: targets.count)),
      targets: targets.count, rows: rows)
    for start in stride(from: 0, to: rows, by: Self.headRows) {
      let range = start..<min(rows, start + Self.headRows)
      forward(
        range, hidden: hidden.rows(range), weight: weight, shape: shape, lists, results,
        logSumExp: logSumExp.columns(range), meanWeight: meanWeight?.rows(range))
    }
    results.receive(&statistics, from: self)
    return statistics
  }

  private func forward(
    _ range: Range<Int>, hidden: Tensor, weight: Tensor, shape: HeadShape, _ lists: HeadLists,
    _ results: HeadResults, logSumExp: Tensor, meanWeight: Tensor?
  ) {
    let (rows, dtype) = (range.count, hidden.dtype)
    let chunk = min(Self.headChunk, weight.rows)
    guard
      let logits = scratchTensor(.logits, rows, chunk, .float32),
      let weights = scratchTensor(.logitWeights, meanWeight == nil ? 0 : rows, chunk, dtype)
    else { return }
    let states = scratch(.states, bytes: Self.headStateBytes(rows: rows))
    let factors = scratch(.factors, bytes: rows * MemoryLayout<Float>.size)
    // Offsets are absolute, so that a block of rows finds its own targets and results.
    let offsets = lists.offsets + CUDAAddress(range.lowerBound * 4)
    for first in stride(from: 0, to: weight.rows, by: chunk) {
      let part = weight.rows(first..<min(weight.rows, first + chunk))
      product([ProductTerm(hidden, part, .transposed)], into: logits.columns(0..<part.rows))
      launch(
        kernel("head_chunk", dtype), blocks: rows, threads: Self.threads,
        [
          states, logits, meanWeight == nil ? CUDAAddress(0) : weights.device, factors, offsets,
          lists.targets, results.logProbabilities, logits.stride, part.rows, first, shape.scale,
          shape.softCap,
        ])
      guard let meanWeight else { continue }
      if first > 0 {
        launch(
          kernel("head_rescale", dtype), blocks: rows, threads: Self.threads,
          [meanWeight, meanWeight.columns, factors])
      }
      product(
        [ProductTerm(weights.columns(0..<part.rows), part, .plain)], into: meanWeight,
        accumulate: first > 0)
    }
    launch(
      kernel("head_finish", dtype), blocks: rows, threads: Self.threads,
      [
        states, offsets, results.logProbabilities, results.slopes, logSumExp,
        results.entropy + CUDAAddress(range.lowerBound * 4),
        results.logSquareSum + CUDAAddress(range.lowerBound * 4), meanWeight, hidden.columns,
        shape.scale, shape.softCap,
      ])
  }

  package func headBackward(
    coefficients: [Float], slopes: [Float], weight: Tensor, targetOffsets: [Int],
    targets: [Int32], meanWeight: Tensor, into dHidden: Tensor
  ) {
    launch(
      kernel("head_backward", weight.dtype), blocks: dHidden.rows, threads: Self.threads,
      [
        dHidden, dHidden.stride, weight, weight.stride, meanWeight,
        upload(coefficients, .coefficients), upload(slopes, .slopes),
        upload(targetOffsets.map { Int32($0) }, .offsets), upload(targets, .targets),
        weight.columns,
      ])
  }

  package func headWeightBackward(
    coefficients: [Float], slopes: [Float], hidden: Tensor, weight: Tensor, shape: HeadShape,
    targetOffsets: [Int], targets: [Int32], logSumExp: Tensor, into dWeight: Tensor
  ) {
    OperationCheck.head(hidden: hidden, weight: weight)
    OperationCheck.headWeightBackward(weight: weight, into: dWeight)
    guard hidden.rows > 0 else { return }
    let dtype = hidden.dtype
    let chunk = min(Self.headChunk, weight.rows)
    let coefficients = upload(coefficients, .coefficients)
    let (offsets, targets) = (
      upload(targetOffsets.map { Int32($0) }, .offsets), upload(targets, .targets)
    )
    for start in stride(from: 0, to: hidden.rows, by: Self.headRows) {
      let range = start..<min(hidden.rows, start + Self.headRows)
      let h = hidden.rows(range)
      guard let logits = scratchTensor(.logits, range.count, chunk, .float32),
        let gradients = scratchTensor(.logitWeights, range.count, chunk, dtype)
      else { return }
      for first in stride(from: 0, to: weight.rows, by: chunk) {
        let part = weight.rows(first..<min(weight.rows, first + chunk))
        product([ProductTerm(h, part, .transposed)], into: logits.columns(0..<part.rows))
        launch(
          kernel("head_logit_gradients", dtype), blocks: range.count, threads: Self.threads,
          [
            gradients, logits, logSumExp.columns(range), coefficients,
            offsets + CUDAAddress(start * 4), targets, logits.stride, part.rows, first, shape.scale,
            shape.softCap,
          ])
        productOverRows(
          gradients.columns(0..<part.rows), h, into: dWeight.rows(first..<first + part.rows))
      }
    }
  }

  /// What every block of rows reads.
  private struct HeadLists {
    let offsets, targets: CUDAAddress
  }

  /// Where the figures of targets and rows lie until they are read, all at once.
  private struct HeadResults {
    let address: CUDAAddress
    let targets, rows: Int

    var logProbabilities: CUDAAddress { address }
    var slopes: CUDAAddress { address + CUDAAddress(4 * targets) }
    var entropy: CUDAAddress { slopes + CUDAAddress(4 * targets) }
    var logSquareSum: CUDAAddress { entropy + CUDAAddress(4 * rows) }

    func receive(_ statistics: inout HeadStatistics, from device: CUDADevice) {
      var all = [Float](repeating: 0, count: 2 * targets + 2 * rows)
      all.withUnsafeMutableBytes { device.receive(address, into: $0) }
      statistics.logProbabilities = Array(all[..<targets])
      statistics.targetSlopes = Array(all[targets..<2 * targets])
      statistics.entropy = Array(all[2 * targets..<2 * targets + rows])
      statistics.logSquareSum = Array(all[(2 * targets + rows)...])
    }
  }
}
