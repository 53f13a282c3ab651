/// A GPU's context, which lives as long as the device or anything in its memory.
final class CUDAContext {
  let driver: CUDADriver
  private let device: Int32
  private let handle: CUDADriver.Handle?

  /// The context that all of the process share on this GPU.
  /// - Throws: ``EngineError`` with the driver's words.
  init(_ driver: CUDADriver, device: Int32) throws(EngineError) {
    var handle: CUDADriver.Handle?
    try driver.check(driver.retainContext(&handle, device), "opening a context")
    self.driver = driver
    self.device = device
    self.handle = handle
    try driver.check(driver.setContext(handle), "opening a context")
  }

  deinit { _ = driver.releaseContext(device) }

  /// Makes it this thread's: operations may come from any one thread at a time.
  func activate() { _ = driver.setContext(handle) }
}
