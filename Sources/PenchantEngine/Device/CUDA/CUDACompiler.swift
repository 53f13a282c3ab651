import CPenchantCUDA
import PenchantCore

/// Compiles the kernels for the GPU at hand (NVRTC), and keeps what it compiled in the cache folder.
package struct CUDACompiler {
  private let create:
    @convention(c) (
      UnsafeMutablePointer<UnsafeMutableRawPointer?>, UnsafePointer<CChar>, UnsafePointer<CChar>,
      Int32, UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<UnsafePointer<CChar>?>?
    ) -> Int32
  private let compile:
    @convention(c) (UnsafeMutableRawPointer?, Int32, UnsafePointer<UnsafePointer<CChar>?>?) -> Int32
  private let binarySize:
    @convention(c) (UnsafeMutableRawPointer?, UnsafeMutablePointer<Int>) -> Int32
  private let binary:
    @convention(c) (UnsafeMutableRawPointer?, UnsafeMutablePointer<CChar>) ->
      Int32
  private let logSize: @convention(c) (UnsafeMutableRawPointer?, UnsafeMutablePointer<Int>) -> Int32
  private let log: @convention(c) (UnsafeMutableRawPointer?, UnsafeMutablePointer<CChar>) -> Int32
  private let destroy: @convention(c) (UnsafeMutablePointer<UnsafeMutableRawPointer?>) -> Int32
  /// `13.0`.
  let version: String
  /// `sm_90`.
  let architecture: String
  /// nil keeps nothing.
  private let cache: String?

  package init(
    _ source: SymbolSource, architecture: String, cache: String?
  ) throws(EngineError) {
    let numbers:
      @convention(c) (UnsafeMutablePointer<Int32>, UnsafeMutablePointer<Int32>) -> Int32 =
        try bind("nvrtcVersion", source)
    create = try bind("nvrtcCreateProgram", source)
    compile = try bind("nvrtcCompileProgram", source)
    binarySize = try bind("nvrtcGetCUBINSize", source)
    binary = try bind("nvrtcGetCUBIN", source)
    logSize = try bind("nvrtcGetProgramLogSize", source)
    log = try bind("nvrtcGetProgramLog", source)
    destroy = try bind("nvrtcDestroyProgram", source)
    var (major, minor): (Int32, Int32) = (0, 0)
    _ = numbers(&major, &minor)
    version = "\(major).\(minor)"
    self.architecture = architecture
    self.cache = cache
  }

  /// The machine code of `kernels/NAME.cu`.
  /// - Throws: ``EngineError`` with the compiler's words.
  package func machineCode(_ name: String, defines: [String]) throws(EngineError) -> [UInt8] {
    let text = ["machine", "numbers", name].map { part in
      guard let text = pen_cuda_source(part) else { preconditionFailure("CUDA source: no \(part)") }
      return String(cString: text)
    }.joined(separator: "\n")
    let options =
      ["--gpu-architecture=\(architecture)", "--std=c++17", "--diag-suppress=177"] + defines
    let key = Digest.sha256(Array(([version, text] + options).joined(separator: "\n").utf8))
    let file = cache.map { FileSystem.join($0, "\(name)-\(key.hex.prefix(32)).cubin") }
    if let file, let kept = try? FileSystem.read(file), !kept.isEmpty { return kept }
    let code = try compiled(name, text, options)
    // A cache that cannot be written costs time, not results.
    if let cache, let file {
      try? FileSystem.createDirectories(cache)
      try? AtomicFile.write(path: file, contents: code)
    }
    return code
  }

  private func compiled(
    _ name: String, _ text: String, _ options: [String]
  ) throws(EngineError) -> [UInt8] {
    var program: UnsafeMutableRawPointer?
    let created = text.withCString { text in
      name.withCString { create(&program, text, $0, 0, nil, nil) }
    }
    guard created == 0 else { throw failure(name, "NVRTC status \(created)") }
    defer { _ = destroy(&program) }
    let status = Self.withCStrings(options) { compile(program, Int32(options.count), $0) }
    guard status == 0 else { throw failure(name, words(program) ?? "NVRTC status \(status)") }
    var size = 0
    guard binarySize(program, &size) == 0, size > 0 else { throw failure(name, "no machine code") }
    var code = [CChar](repeating: 0, count: size)
    guard binary(program, &code) == 0 else { throw failure(name, "no machine code") }
    return code.map { UInt8(bitPattern: $0) }
  }

  private func failure(_ name: String, _ status: String) -> EngineError {
    EngineError(
      .deviceFailed(operation: "compiling \(name).cu for \(architecture)", status: status))
  }

  private func words(_ program: UnsafeMutableRawPointer?) -> String? {
    var size = 0
    guard logSize(program, &size) == 0, size > 1 else { return nil }
    var text = [CChar](repeating: 0, count: size)
    guard log(program, &text) == 0 else { return nil }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func withCStrings(
    _ strings: [String], _ body: (UnsafePointer<UnsafePointer<CChar>?>?) -> Int32
  ) -> Int32 {
    let bytes = strings.map { Array($0.utf8CString) }
    func next(_ index: Int, _ pointers: [UnsafePointer<CChar>?]) -> Int32 {
      guard index < bytes.count else {
        return pointers.withUnsafeBufferPointer { body($0.baseAddress) }
      }
      return bytes[index].withUnsafeBufferPointer { next(index + 1, pointers + [$0.baseAddress]) }
    }
    return next(0, [])
  }
}
