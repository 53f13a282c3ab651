import PenchantCore

/// One NVIDIA GPU: our kernels, compiled for it when the program runs, and NVIDIA's library for large products.
///
/// Operations are enqueued on one stream and run in order; only ``read(_:)``, ``sumSquares(_:)``, ``head`` and
/// ``synchronize()`` wait. What fails while it is enqueued is kept, everything after it is left out, and
/// ``synchronize()`` throws it. Single-owner: one thread at a time calls it.
package final class CUDADevice: Device {
  typealias Handle = CUDADriver.Handle

  let driver: CUDADriver
  let products: CUDAProducts
  let stream: Handle?
  /// Shared memory that a block of threads may have at most.
  let sharedBytes: Int
  private let compiler: CUDACompiler
  private let context: CUDAContext
  private let ordinal: Int
  private let deviceName: String
  private var functions: [CUDAKernel: Loaded] = [:]
  private var modules: [CUDAKernel.Module: Handle] = [:]
  /// What operations have taken for themselves.
  var scratch: [ScratchUse: Buffer] = [:]
  /// What the last attention and the last step of decoding were told to do.
  var attentionWork: CUDAAttentionWork?
  var decodeWork: CUDADecodeWork?
  /// The first thing that went wrong and was not thrown yet.
  private var failure: EngineError?

  /// The oldest GPUs that have the bfloat16 instructions the kernels use: Ampere.
  static let oldest = (major: 8, minor: 0)

  /// Opens a GPU, by its number among those the driver lists (`CUDA_VISIBLE_DEVICES` decides which those are).
  /// - Throws: ``EngineError`` that says what is missing.
  package convenience init(ordinal: Int = 0) throws(EngineError) {
    try self.init(
      ordinal: ordinal, libraries: try CUDALibraries.found(), cache: CacheFolder.path("cuda"))
  }

  /// - Parameters:
  ///   - libraries: NVIDIA's, or what stands for them.
  ///   - cache: a folder for what was compiled; nil keeps nothing.
  package init(
    ordinal: Int = 0, libraries: CUDALibraries, cache: String?
  ) throws(EngineError) {
    driver = try CUDADriver(libraries.driver)
    try driver.check(driver.initialize(0), "starting the driver")
    var count: Int32 = 0
    try driver.check(driver.deviceCount(&count), "counting GPUs")
    guard ordinal >= 0, ordinal < Int(count) else {
      throw EngineError(.noSuchDevice(ordinal: ordinal, count: Int(count)))
    }
    var device: Int32 = 0
    try driver.check(driver.device(&device, Int32(ordinal)), "opening a GPU")
    let facts = CUDASurvey.Device(driver, device, ordinal: ordinal)
    if let reason = facts.reason {
      throw EngineError(.deviceUnusable(name: facts.name, reason: reason))
    }
    compiler = try CUDACompiler(
      libraries.compiler,
      architecture: "sm_\(facts.capability.major)\(facts.capability.minor)", cache: cache)
    let context = try CUDAContext(driver, device: device)
    var stream: Handle?
    try driver.check(
      driver.createStream(&stream, CUDADriver.nonBlocking), "creating a stream")
    products = try CUDAProducts(libraries.products, context)
    self.ordinal = ordinal
    self.context = context
    self.stream = stream
    deviceName = facts.name
    sharedBytes = driver.attribute(CUDADriver.Attribute.sharedMemory, of: device)
  }

  deinit {
    activate()
    _ = driver.synchronize(stream)
    scratch = [:]
    for module in modules.values { _ = driver.unloadModule(module) }
    _ = driver.destroyStream(stream)
  }

  package var name: String { "cuda:\(ordinal) (\(deviceName))" }
  package var family: String {
    "cuda-\(deviceName)-\(compiler.architecture)-nvrtc\(compiler.version)-cublaslt\(products.version)"
  }
  package var choice: DeviceChoice { .cuda(ordinal) }
  package var availableBytes: Int? {
    activate()
    var (free, total) = (0, 0)
    return driver.memoryInfo(&free, &total) == CUDADriver.success ? free : 0
  }

  // MARK: - What is enqueued

  /// Makes the context this thread's: operations may come from any one thread at a time.
  func activate() { context.activate() }

  /// Whether nothing has failed since the last ``synchronize()``.
  var isSound: Bool { failure == nil }

  /// Runs what enqueues something, unless something failed before; keeps what it throws.
  func enqueue(_ body: () throws(EngineError) -> Void) {
    guard failure == nil else { return }
    activate()
    do { try body() } catch { fail(error) }
  }

  /// Keeps a failure as if an operation had met it.
  package func fail(_ error: EngineError) { if failure == nil { failure = error } }

  /// Enqueues a kernel over a grid of blocks.
  func launch(
    _ kernel: CUDAKernel, grid: (x: Int, y: Int, z: Int), threads: Int, shared: Int = 0,
    _ arguments: [any KernelArgument]
  ) {
    guard grid.x > 0, grid.y > 0, grid.z > 0 else { return }
    enqueue { () throws(EngineError) in
      let function = try function(kernel, shared: shared)
      let fields = arguments.map(\.field)
      let status = fields.withUnsafeBufferPointer { fields in
        var parameter: Handle? = fields.baseAddress.map { Handle(mutating: $0) }
        return driver.launch(
          function, UInt32(grid.x), UInt32(grid.y), UInt32(grid.z), UInt32(threads), 1, 1,
          UInt32(shared), stream, &parameter, nil)
      }
      try driver.check(status, "starting \(kernel.name)")
    }
  }

  func launch(
    _ kernel: CUDAKernel, blocks: Int, threads: Int, shared: Int = 0,
    _ arguments: [any KernelArgument]
  ) {
    launch(kernel, grid: (blocks, 1, 1), threads: threads, shared: shared, arguments)
  }

  /// A kernel that was loaded, and the most dynamic shared memory it was allowed.
  private struct Loaded {
    let function: Handle?
    var sharedBytes = 48 << 10
  }

  private func function(_ kernel: CUDAKernel, shared: Int) throws(EngineError) -> Handle? {
    var loaded = if let known = functions[kernel] { known } else { try load(kernel) }
    if shared > loaded.sharedBytes {
      try driver.check(
        driver.setAttribute(loaded.function, CUDADriver.dynamicSharedMemory, Int32(shared)),
        "shared memory of \(kernel.name)")
      loaded.sharedBytes = shared
      functions[kernel] = loaded
    }
    return loaded.function
  }

  private func load(_ kernel: CUDAKernel) throws(EngineError) -> Loaded {
    var module = modules[kernel.module]
    if module == nil {
      let code = try compiler.machineCode(kernel.module.name, defines: kernel.module.defines)
      try driver.check(driver.loadModule(&module, code), "loading \(kernel.module.name).cu")
      modules[kernel.module] = module
    }
    var function: Handle?
    try driver.check(driver.function(&function, module, "pen_" + kernel.name), kernel.name)
    let loaded = Loaded(function: function)
    functions[kernel] = loaded
    return loaded
  }

  // MARK: - Memory

  package func allocate(byteCount: Int) throws(EngineError) -> Buffer {
    let buffer = try reserve(byteCount)
    try driver.check(
      driver.setBytes(buffer.device, 0, max(byteCount, 1), stream), "clearing memory")
    return buffer
  }

  /// Memory with anything in it.
  func reserve(_ byteCount: Int) throws(EngineError) -> Buffer {
    activate()
    var address: CUDAAddress = 0
    let status = driver.allocate(&address, max(byteCount, 1))
    if status == CUDADriver.outOfMemory { throw EngineError(.outOfMemory(bytes: byteCount)) }
    try driver.check(status, "allocating memory")
    guard let pointer = UnsafeMutableRawPointer(bitPattern: UInt(address)) else {
      throw EngineError(.outOfMemory(bytes: byteCount))
    }
    let context = context
    return Buffer(address: pointer, byteCount: byteCount) {
      // Freeing waits for what uses it.
      context.activate()
      _ = context.driver.free(address)
    }
  }

  package func adopt(
    _ bytes: UnsafeRawBufferPointer, owner: AnyObject
  ) throws(EngineError) -> Buffer {
    let buffer = try reserve(bytes.count)
    guard let base = bytes.baseAddress, !bytes.isEmpty else { return buffer }
    // A piece at a time, for the driver's own copy of what it has on the way stays small.
    let piece = 256 << 20
    for start in stride(from: 0, to: bytes.count, by: piece) {
      try driver.check(
        driver.copyIn(
          buffer.device + CUDAAddress(start), base + start, min(piece, bytes.count - start), stream),
        "copying weights")
    }
    // The owner's bytes may go once this returns.
    try driver.check(driver.synchronize(stream), "copying weights")
    withExtendedLifetime(owner) {}
    return buffer
  }

  /// Writes whole numbers for the operation that follows.
  func upload(_ values: [Int32], _ use: ScratchUse) -> CUDAAddress {
    let address = scratch(use, bytes: max(4, values.count * 4))
    values.withUnsafeBytes { send($0, to: address) }
    return address
  }

  func upload(_ values: [Float], _ use: ScratchUse) -> CUDAAddress {
    let address = scratch(use, bytes: max(4, values.count * 4))
    values.withUnsafeBytes { send($0, to: address) }
    return address
  }

  /// The driver has taken the bytes when it returns, so they may go.
  func send(_ bytes: UnsafeRawBufferPointer, to address: CUDAAddress) {
    guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
    enqueue { () throws(EngineError) in
      try driver.check(driver.copyIn(address, base, bytes.count, stream), "writing")
    }
  }

  /// Waits for all before it and takes bytes; zeros after a failure.
  func receive(_ address: CUDAAddress, into bytes: UnsafeMutableRawBufferPointer) {
    bytes.initializeMemory(as: UInt8.self, repeating: 0)
    guard let base = bytes.baseAddress, !bytes.isEmpty else { return }
    enqueue { () throws(EngineError) in
      try driver.check(driver.copyOut(base, address, bytes.count, stream), "reading")
      try driver.check(driver.synchronize(stream), "computing")
    }
  }

  package func synchronize() throws(EngineError) {
    activate()
    let status = driver.synchronize(stream)
    let failure = failure
    self.failure = nil
    if let failure { throw failure }
    try driver.check(status, "computing")
  }
}

extension Buffer {
  /// The address on the device.
  var device: CUDAAddress { CUDAAddress(UInt(bitPattern: address)) }
}

extension Tensor {
  var device: CUDAAddress { buffer.device + CUDAAddress(offset) }
}
