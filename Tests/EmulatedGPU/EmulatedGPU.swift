import CUDAEmulator
package import PenchantEngine

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension CUDADevice {
  /// A GPU run on the processor, or the machine's first where `PENCHANT_TEST_GPU` is set.
  package static func forTests() throws -> CUDADevice {
    if getenv("PENCHANT_TEST_GPU") != nil { return try CUDADevice() }
    return try CUDADevice(libraries: .emulated, cache: nil)
  }
}

extension CUDALibraries {
  package static var emulated: CUDALibraries {
    let source: SymbolSource = { emulated_symbol($0) }
    return CUDALibraries(driver: source, compiler: source, products: source)
  }
}
