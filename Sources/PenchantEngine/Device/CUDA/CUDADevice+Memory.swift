/// Values in and out, and moves.
extension CUDADevice {
  package func write(_ values: [Float], to tensor: Tensor) {
    OperationCheck.write(values.count, to: tensor)
    switch tensor.dtype {
    case .float32: values.withUnsafeBytes { send($0, to: tensor.device) }
    case .bfloat16:
      values.map { bfloat16Bits($0) }.withUnsafeBytes { send($0, to: tensor.device) }
    case .int32, .int8: preconditionFailure("write: floats into an \(tensor.dtype) tensor")
    }
  }

  package func write(_ values: [Int32], to tensor: Tensor) {
    OperationCheck.write(values.count, to: tensor)
    precondition(tensor.dtype == .int32, "write: whole numbers into a \(tensor.dtype) tensor")
    values.withUnsafeBytes { send($0, to: tensor.device) }
  }

  package func read(_ tensor: Tensor) -> [Float] {
    guard tensor.count > 0 else { return [] }
    switch tensor.dtype {
    case .float32:
      var values = [Float](repeating: 0, count: tensor.count)
      values.withUnsafeMutableBytes { receive(tensor, into: $0) }
      return values
    case .bfloat16:
      var bits = [UInt16](repeating: 0, count: tensor.count)
      bits.withUnsafeMutableBytes { receive(tensor, into: $0) }
      return bits.map { float(bfloat16: $0) }
    case .int32, .int8: preconditionFailure("read: \(tensor.dtype)")
    }
  }

  private func receive(_ tensor: Tensor, into bytes: UnsafeMutableRawBufferPointer) {
    guard !tensor.isContiguous else { return receive(tensor.device, into: bytes) }
    bytes.initializeMemory(as: UInt8.self, repeating: 0)
    guard let base = bytes.baseAddress else { return }
    let width = tensor.columns * tensor.dtype.size
    enqueue { () throws(EngineError) in
      try copyRows(
        CopiedRows(
          from: .device(tensor.device), fromPitch: tensor.stride * tensor.dtype.size,
          to: .host(base), toPitch: width, width: width, rows: tensor.rows))
      try driver.check(driver.synchronize(stream), "computing")
    }
  }

  package func zero(_ tensor: Tensor) {
    guard tensor.count > 0 else { return }
    let size = tensor.dtype.size
    enqueue { () throws(EngineError) in
      let status =
        tensor.isContiguous
        ? driver.setBytes(tensor.device, 0, tensor.count * size, stream)
        : driver.setRows(
          tensor.device, tensor.stride * size, 0, tensor.columns * size, tensor.rows, stream)
      try driver.check(status, "clearing")
    }
  }

  package func copy(_ source: Tensor, to destination: Tensor) {
    OperationCheck.copy(source, to: destination)
    guard source.count > 0 else { return }
    let size = source.dtype.size
    enqueue { () throws(EngineError) in
      if source.isContiguous, destination.isContiguous {
        try driver.check(
          driver.copyWithin(destination.device, source.device, source.count * size, stream),
          "copying")
      } else {
        try copyRows(
          CopiedRows(
            from: .device(source.device), fromPitch: source.stride * size,
            to: .device(destination.device), toPitch: destination.stride * size,
            width: source.columns * size, rows: source.rows))
      }
    }
  }

  /// Rows of bytes and where they go.
  private struct CopiedRows {
    enum Place {
      case host(UnsafeMutableRawPointer)
      case device(CUDAAddress)

      /// Kind, host address and device address as CUDA_MEMCPY2D has them.
      var words: [UInt64] {
        switch self {
        case .host(let pointer): [1, UInt64(UInt(bitPattern: pointer)), 0]
        case .device(let address): [2, 0, address]
        }
      }
    }

    let from: Place
    let fromPitch: Int
    let to: Place
    let toPitch, width, rows: Int

    /// CUDA_MEMCPY2D: for each side x, y, kind, host, device, array, pitch; then width and height.
    var words: [UInt64] {
      [0, 0] + from.words + [0, UInt64(fromPitch)] + [0, 0] + to.words + [0, UInt64(toPitch)]
        + [UInt64(width), UInt64(rows)]
    }
  }

  private func copyRows(_ rows: CopiedRows) throws(EngineError) {
    let status = rows.words.withUnsafeBufferPointer { words in
      words.baseAddress.map { driver.copyRows($0, stream) } ?? CUDADriver.success
    }
    try driver.check(status, "copying rows")
  }

  package func bytesReadPerSecond(seconds: Double = 1) throws(EngineError) -> Double {
    let count = 1 << 30
    let (source, destination) = (
      try allocate(byteCount: count), try allocate(byteCount: count)
    )
    let clock = ContinuousClock()
    let start = clock.now
    var speeds: [Double] = []
    repeat {
      let copies = 8
      try synchronize()
      let began = clock.now
      for _ in 0..<copies {
        try driver.check(
          driver.copyWithin(destination.device, source.device, count, stream), "copying")
      }
      try synchronize()
      // A copy reads each byte and writes it.
      speeds.append(Double(2 * copies * count) / max((clock.now - began) / .seconds(1), 1e-9))
    } while (clock.now - start) / .seconds(1) < seconds
    return speeds.sorted()[speeds.count / 2]
  }
}
