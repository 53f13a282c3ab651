import CPenchantKernels
import PenchantCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The processor: SIMD kernels under a pool of threads.
///
/// Every operation cuts its work into pieces whose arithmetic does not depend on the number of threads, so
/// that results are bit-identical for any. Single-owner: one thread calls it.
package final class CPUDevice: Device {
  /// The most threads that make sense; a guard against typing errors.
  package static let threadLimit = 1024

  let kernels: UnsafePointer<pen_kernels>
  let pool: ThreadPool
  /// Scratch for each worker, and one block shared by all; both grow to the largest request.
  private var workerScratch: (buffer: Buffer, bytesEach: Int)?
  private var sharedScratch: Buffer?

  /// - Parameters:
  ///   - threads: nil for as many as the process may use.
  ///   - isa: the name of an instruction set (``availableISAs``); nil takes `PENCHANT_ISA`
  ///     from the environment, or the fastest there is.
  /// - Throws: ``EngineError`` for an instruction set that is not there or threads that cannot start.
  package init(threads: Int? = nil, isa: String? = nil) throws(EngineError) {
    kernels = try Self.kernels(named: isa ?? Self.environmentISA)
    let threads = threads ?? ThreadPool.availableProcessors
    guard (1...Self.threadLimit).contains(threads) else {
      throw EngineError(.invalidThreadCount(threads, limit: Self.threadLimit))
    }
    pool = try ThreadPool(threads: threads)
  }

  private static var environmentISA: String? {
    guard let value = getenv("PENCHANT_ISA") else { return nil }
    return String(cString: value)
  }

  /// The names of the instruction sets that can be used here, slowest first.
  package static var availableISAs: [String] {
    availableKernels.map { String(cString: $0.pointee.name) }
  }

  private static var availableKernels: [UnsafePointer<pen_kernels>] {
    (0..<PEN_ISA_COUNT.rawValue).compactMap { pen_kernels_for(pen_isa(rawValue: $0)) }
  }

  private static func kernels(named name: String?) throws(EngineError) -> UnsafePointer<pen_kernels>
  {
    let wanted = availableKernels.last {
      name == nil ? $0.pointee.isa == pen_best_isa() : String(cString: $0.pointee.name) == name
    }
    guard let wanted else {
      throw EngineError(.unsupportedISA(name: name ?? "", available: availableISAs))
    }
    return wanted
  }

  package var isa: String { String(cString: kernels.pointee.name) }
  package var threads: Int { pool.threads }
  package var name: String { "cpu (\(isa), \(threads) thread\(threads == 1 ? "" : "s"))" }
  package var family: String { "cpu-\(isa)" }
  package var choice: DeviceChoice { .cpu }
  package var availableBytes: Int? { nil }

  // MARK: - Memory

  package func allocate(byteCount: Int) throws(EngineError) -> Buffer {
    // Anonymous pages come zeroed and cost nothing until they are touched.
    let length = max(byteCount, 1)
    guard
      let address = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      address != MAP_FAILED
    else { throw EngineError(.outOfMemory(bytes: byteCount)) }
    #if canImport(Glibc)
      if length >= 1 << 21 { madvise(address, length, MADV_HUGEPAGE) }
    #endif
    return Buffer(address: address, byteCount: byteCount) { munmap(address, length) }
  }

  package func adopt(
    _ bytes: UnsafeRawBufferPointer, owner: AnyObject
  ) throws(EngineError) -> Buffer {
    guard let base = bytes.baseAddress else { return try allocate(byteCount: 0) }
    // The pages are mapped read-only and no operation writes to a weight that was adopted.
    return Buffer(
      address: UnsafeMutableRawPointer(mutating: base), byteCount: bytes.count
    ) { withExtendedLifetime(owner) {} }
  }

  package func write(_ values: [Float], to tensor: Tensor) {
    OperationCheck.write(values.count, to: tensor)
    values.withUnsafeBufferPointer { source in
      guard let base = source.baseAddress else { return }
      switch tensor.dtype {
      case .float32: tensor.floats.update(from: base, count: values.count)
      case .bfloat16:
        kernels.pointee.convert(tensor.pointer, PEN_BF16, base, PEN_F32, 1, Int64(values.count))
      case .int32, .int8: preconditionFailure("write: floats into an \(tensor.dtype) tensor")
      }
    }
  }

  package func write(_ values: [Int32], to tensor: Tensor) {
    OperationCheck.write(values.count, to: tensor)
    tensor.integers.update(from: values, count: values.count)
  }

  package func read(_ tensor: Tensor) -> [Float] {
    var values = [Float](repeating: 0, count: tensor.count)
    guard !values.isEmpty else { return values }
    for row in 0..<tensor.rows {
      let source = tensor.rows(row..<row + 1)
      values.withUnsafeMutableBufferPointer { target in
        guard let base = target.baseAddress else { return }
        kernels.pointee.convert(
          base + row * tensor.columns, PEN_F32, source.pointer, source.kernelType, 1,
          Int64(tensor.columns))
      }
    }
    return values
  }

  package func zero(_ tensor: Tensor) {
    for row in 0..<(tensor.isContiguous ? min(tensor.rows, 1) : tensor.rows) {
      let columns = tensor.isContiguous ? tensor.count : tensor.columns
      memset(tensor.rows(row..<row + 1).pointer, 0, columns * tensor.dtype.size)
    }
  }

  package func copy(_ source: Tensor, to destination: Tensor) {
    OperationCheck.copy(source, to: destination)
    for row in 0..<source.rows {
      memcpy(
        destination.pointer + row * destination.stride * destination.dtype.size,
        source.pointer + row * source.stride * source.dtype.size,
        source.columns * source.dtype.size)
    }
  }

  package func synchronize() {}

  /// Scratch of at least `bytes` for each worker; `at(worker)` is 64-byte aligned.
  func scratch(bytes: Int) -> (Int) -> UnsafeMutableRawPointer {
    let each = (max(bytes, 64) + 4095) / 4096 * 4096
    if workerScratch.map({ $0.bytesEach < each }) ?? true {
      workerScratch = nil
      workerScratch = (Self.must(allocate, each * pool.threads), each)
    }
    guard let (buffer, stride) = workerScratch else { preconditionFailure("scratch: no buffer") }
    return { worker in buffer.address + worker * stride }
  }

  /// Scratch shared by all workers, at least `bytes` long and 64-byte aligned.
  func shared(bytes: Int) -> UnsafeMutableRawPointer {
    if sharedScratch.map({ $0.byteCount < bytes }) ?? true {
      sharedScratch = nil
      sharedScratch = Self.must(allocate, bytes)
    }
    guard let sharedScratch else { preconditionFailure("shared: no buffer") }
    return sharedScratch.address
  }

  /// Scratch is part of the forecast, so a refusal here is beyond repair: the process is out of memory.
  private static func must(
    _ allocate: (Int) throws(EngineError) -> Buffer, _ bytes: Int
  ) -> Buffer {
    do { return try allocate(bytes) } catch {
      preconditionFailure("scratch: the system refused \(bytes) bytes")
    }
  }

  package func scratchForecast(
    _ work: DeviceWork, _ architecture: DecoderArchitecture, dtype: DType
  ) -> Int {
    let tokens =
      switch work {
      case .passes(let shape): shape.tokens
      case .decoding(let sequences, _): sequences
      }
    let widest = architecture.widest
    let panel = Int(kernels.pointee.panel_bytes(Int64(max(widest, tokens)), dtype.kernelType))
    // Panels of the widest product with its low-rank term, and one transposed left operand.
    return pool.threads * (3 * panel + (8 << 20)) + widest * tokens * dtype.size
  }

  /// Nothing: scratch is the system's memory, which is given when it is written to.
  package func reserveScratch(
    for work: DeviceWork, _ architecture: DecoderArchitecture, dtype: DType
  ) throws(EngineError) {}
}

extension DType {
  /// What the kernels call it: one of the two types that are computed with.
  var kernelType: pen_dtype {
    precondition(self == .bfloat16 || self == .float32, "kernelType: \(self)")
    return self == .bfloat16 ? PEN_BF16 : PEN_F32
  }
}

extension Tensor {
  var kernelType: pen_dtype { dtype.kernelType }
}
