/// An address in a GPU's memory; 0 is none.
typealias CUDAAddress = UInt64

/// The functions of NVIDIA's driver that the engine calls (CUDA driver API).
struct CUDADriver {
  typealias Status = Int32
  typealias Handle = UnsafeMutableRawPointer

  let initialize: @convention(c) (UInt32) -> Status
  let version: @convention(c) (UnsafeMutablePointer<Int32>) -> Status
  let deviceCount: @convention(c) (UnsafeMutablePointer<Int32>) -> Status
  let device: @convention(c) (UnsafeMutablePointer<Int32>, Int32) -> Status
  let deviceName: @convention(c) (UnsafeMutablePointer<CChar>, Int32, Int32) -> Status
  let deviceMemory: @convention(c) (UnsafeMutablePointer<Int>, Int32) -> Status
  let deviceAttribute: @convention(c) (UnsafeMutablePointer<Int32>, Int32, Int32) -> Status
  let retainContext: @convention(c) (UnsafeMutablePointer<Handle?>, Int32) -> Status
  let releaseContext: @convention(c) (Int32) -> Status
  let setContext: @convention(c) (Handle?) -> Status
  let memoryInfo: @convention(c) (UnsafeMutablePointer<Int>, UnsafeMutablePointer<Int>) -> Status
  let allocate: @convention(c) (UnsafeMutablePointer<CUDAAddress>, Int) -> Status
  let free: @convention(c) (CUDAAddress) -> Status
  let copyIn: @convention(c) (CUDAAddress, UnsafeRawPointer, Int, Handle?) -> Status
  let copyOut: @convention(c) (UnsafeMutableRawPointer, CUDAAddress, Int, Handle?) -> Status
  let copyWithin: @convention(c) (CUDAAddress, CUDAAddress, Int, Handle?) -> Status
  let copyRows: @convention(c) (UnsafePointer<UInt64>, Handle?) -> Status
  let setBytes: @convention(c) (CUDAAddress, UInt8, Int, Handle?) -> Status
  let setRows: @convention(c) (CUDAAddress, Int, UInt8, Int, Int, Handle?) -> Status
  let createStream: @convention(c) (UnsafeMutablePointer<Handle?>, UInt32) -> Status
  let destroyStream: @convention(c) (Handle?) -> Status
  let synchronize: @convention(c) (Handle?) -> Status
  let loadModule: @convention(c) (UnsafeMutablePointer<Handle?>, UnsafeRawPointer) -> Status
  let unloadModule: @convention(c) (Handle?) -> Status
  let function:
    @convention(c) (UnsafeMutablePointer<Handle?>, Handle?, UnsafePointer<CChar>) ->
      Status
  let setAttribute: @convention(c) (Handle?, Int32, Int32) -> Status
  let launch:
    @convention(c) (
      Handle?, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, UInt32, Handle?,
      UnsafeMutablePointer<Handle?>?, UnsafeMutablePointer<Handle?>?
    ) -> Status
  let errorName: @convention(c) (Status, UnsafeMutablePointer<UnsafePointer<CChar>?>) -> Status
  let errorText: @convention(c) (Status, UnsafeMutablePointer<UnsafePointer<CChar>?>) -> Status

  // Numbers of the driver API.
  static let success: Status = 0
  static let outOfMemory: Status = 2
  enum Attribute {
    static let majorCapability: Int32 = 75
    static let minorCapability: Int32 = 76
    static let sharedMemory: Int32 = 97
  }
  static let dynamicSharedMemory: Int32 = 8
  static let nonBlocking: UInt32 = 1

  init(_ source: SymbolSource) throws(EngineError) {
    initialize = try bind("cuInit", source)
    version = try bind("cuDriverGetVersion", source)
    deviceCount = try bind("cuDeviceGetCount", source)
    device = try bind("cuDeviceGet", source)
    deviceName = try bind("cuDeviceGetName", source)
    deviceMemory = try bind("cuDeviceTotalMem_v2", source)
    deviceAttribute = try bind("cuDeviceGetAttribute", source)
    retainContext = try bind("cuDevicePrimaryCtxRetain", source)
    releaseContext = try bind("cuDevicePrimaryCtxRelease_v2", source)
    setContext = try bind("cuCtxSetCurrent", source)
    memoryInfo = try bind("cuMemGetInfo_v2", source)
    allocate = try bind("cuMemAlloc_v2", source)
    free = try bind("cuMemFree_v2", source)
    copyIn = try bind("cuMemcpyHtoDAsync_v2", source)
    copyOut = try bind("cuMemcpyDtoHAsync_v2", source)
    copyWithin = try bind("cuMemcpyDtoDAsync_v2", source)
    copyRows = try bind("cuMemcpy2DAsync_v2", source)
    setBytes = try bind("cuMemsetD8Async", source)
    setRows = try bind("cuMemsetD2D8Async", source)
    createStream = try bind("cuStreamCreate", source)
    destroyStream = try bind("cuStreamDestroy_v2", source)
    synchronize = try bind("cuStreamSynchronize", source)
    loadModule = try bind("cuModuleLoadData", source)
    unloadModule = try bind("cuModuleUnload", source)
    function = try bind("cuModuleGetFunction", source)
    setAttribute = try bind("cuFuncSetAttribute", source)
    launch = try bind("cuLaunchKernel", source)
    errorName = try bind("cuGetErrorName", source)
    errorText = try bind("cuGetErrorString", source)
  }

  /// What the driver says a status means: `CUDA_ERROR_INVALID_VALUE (invalid argument)`.
  func text(_ status: Status) -> String {
    var (name, text): (UnsafePointer<CChar>?, UnsafePointer<CChar>?) = (nil, nil)
    _ = errorName(status, &name)
    _ = errorText(status, &text)
    guard let name else { return "status \(status)" }
    return String(cString: name) + (text.map { " (\(String(cString: $0)))" } ?? "")
  }

  /// - Throws: ``EngineError`` for a status that is not success.
  func check(_ status: Status, _ operation: String) throws(EngineError) {
    guard status != Self.success else { return }
    throw EngineError(.deviceFailed(operation: operation, status: text(status)))
  }

  func attribute(_ attribute: Int32, of device: Int32) -> Int {
    var value: Int32 = 0
    return deviceAttribute(&value, attribute, device) == Self.success ? Int(value) : 0
  }
}
