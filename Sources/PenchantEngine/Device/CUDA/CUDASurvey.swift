/// What there is of CUDA on this machine.
package struct CUDASurvey: Sendable {
  /// A GPU that the driver lists.
  package struct Device: Sendable, Equatable {
    package let ordinal: Int
    package let name: String
    /// The compute capability: 9.0 is Hopper.
    package let capability: Capability
    package let memoryBytes: Int
    /// Why it cannot be used; nil if it can.
    package let reason: String?

    package struct Capability: Sendable, Equatable, CustomStringConvertible {
      package let major: Int
      package let minor: Int

      package var description: String { "\(major).\(minor)" }
    }

    init(_ driver: CUDADriver, _ device: Int32, ordinal: Int) {
      self.ordinal = ordinal
      var name = [CChar](repeating: 0, count: 256)
      name[0] = 0
      _ = driver.deviceName(&name, 256, device)
      self.name = String(
        decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      capability = Capability(
        major: driver.attribute(CUDADriver.Attribute.majorCapability, of: device),
        minor: driver.attribute(CUDADriver.Attribute.minorCapability, of: device))
      var bytes = 0
      _ = driver.deviceMemory(&bytes, device)
      memoryBytes = bytes
      let oldest = CUDADevice.oldest
      reason =
        (capability.major, capability.minor) >= oldest
        ? nil
        : "compute capability \(capability); \(oldest.major).\(oldest.minor) or later is needed"
    }
  }

  /// One of NVIDIA's libraries.
  package struct Library: Sendable, Equatable {
    /// `driver`, `NVRTC`, `cuBLASLt`.
    package let name: String
    /// Where it was found; the loader's own places give the bare name.
    package var path: String?
    package var version: String?
    /// What was missing, and what to do.
    package var problem: String?
  }

  package var libraries: [Library] = []
  package var devices: [Device] = []

  /// Those that can be computed with.
  package var usable: [Device] {
    libraries.contains { $0.problem != nil } ? [] : devices.filter { $0.reason == nil }
  }

  /// Looks, without opening a GPU.
  package static func run() -> CUDASurvey {
    var survey = CUDASurvey()
    var major = 13
    let wanted = CUDALibraries.driver
    if let library = CUDALibraries.open(wanted) {
      var entry = Library(name: wanted.title, path: library.path)
      do {
        let driver = try CUDADriver(library.symbol)
        try driver.check(driver.initialize(0), "starting the driver")
        var version: Int32 = 0
        _ = driver.version(&version)
        major = Int(version) / 1000
        entry.version = "CUDA \(version / 1000).\(version % 1000 / 10)"
        var count: Int32 = 0
        _ = driver.deviceCount(&count)
        for ordinal in 0..<count {
          var device: Int32 = 0
          guard driver.device(&device, ordinal) == CUDADriver.success else { continue }
          survey.devices.append(Device(driver, device, ordinal: Int(ordinal)))
        }
      } catch {
        entry.problem = error.message
      }
      survey.libraries.append(entry)
    } else {
      survey.libraries.append(
        Library(name: wanted.title, problem: CUDALibraries.problem(wanted)))
    }
    for wanted in [CUDALibraries.compiler(upTo: major), CUDALibraries.products(upTo: major)] {
      let library = CUDALibraries.open(wanted)
      survey.libraries.append(
        Library(
          name: wanted.title, path: library?.path,
          version: library.flatMap { CUDALibraries.version($0.symbol) },
          problem: library == nil ? CUDALibraries.problem(wanted) : nil))
    }
    return survey
  }
}

extension CUDALibraries {
  /// All three, opened.
  /// - Throws: ``EngineError`` with what is missing.
  static func found() throws(EngineError) -> CUDALibraries {
    func need(_ wanted: Wanted) throws(EngineError) -> DynamicLibrary {
      guard let library = open(wanted) else {
        throw EngineError(.noCUDA(problem: problem(wanted)))
      }
      return library
    }
    let driver = try need(driver)
    let version: @convention(c) (UnsafeMutablePointer<Int32>) -> Int32 = try bind(
      "cuDriverGetVersion", driver.symbol)
    var number: Int32 = 0
    _ = version(&number)
    let major = Int(number) / 1000
    return CUDALibraries(
      driver: driver.symbol, compiler: try need(compiler(upTo: major)).symbol,
      products: try need(products(upTo: major)).symbol)
  }

  /// What NVRTC or cuBLASLt says of itself.
  static func version(_ source: SymbolSource) -> String? {
    let compiler:
      (@convention(c) (UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>) -> Int32)? =
        try? bind("nvrtcVersion", source)
    if let compiler {
      var (major, minor): (Int32, Int32) = (0, 0)
      _ = compiler(&major, &minor)
      return "\(major).\(minor)"
    }
    let products: (@convention(c) () -> Int)? = try? bind("cublasLtGetVersion", source)
    guard let number = products?() else { return nil }
    return number >= 100_000
      ? "\(number / 10_000).\(number % 10_000 / 100).\(number % 100)"
      : "\(number / 1000).\(number % 1000 / 100).\(number % 100)"
  }
}
