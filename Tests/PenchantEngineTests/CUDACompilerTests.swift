import PenchantEngine
import Testing

/// The emulator includes the kernels' files one by one; the program compiles what it has of them as one text.
@Suite(
  "CUDA kernels compile", .enabled(if: CUDALibraries.compilerAlone != nil, "there is no NVRTC here")
)
struct CUDACompilerTests {
  static let modules: [(String, [String])] = [
    ("activations", []), ("head", []), ("norms", []), ("optimizer", []), ("products", []),
    ("rows", []), ("attention_plain", ["-DHEAD_DIM=20"]),
  ]
  static let bfloat16Modules: [(String, [String])] = [
    ("narrow", []), ("attention", ["-DHEAD_DIM=64", "-DSTREAM=64", "-DHEADS=2"]),
    ("attention", ["-DHEAD_DIM=128", "-DSTREAM=32", "-DHEADS=1"]),
  ]

  @Test("every module, in both matrix dtypes", arguments: ["sm_80", "sm_90"])
  func modules(architecture: String) throws {
    let source = try #require(CUDALibraries.compilerAlone)
    let compiler = try CUDACompiler(source, architecture: architecture, cache: nil)
    for (name, defines) in Self.modules {
      for dtype in [[], ["-DFLOAT32"]] {
        #expect(
          try compiler.machineCode(name, defines: dtype + defines).starts(with: [0x7f, 0x45]))
      }
    }
    for (name, defines) in Self.bfloat16Modules {
      #expect(try compiler.machineCode(name, defines: defines).starts(with: [0x7f, 0x45]))
    }
  }

  @Test("a text that does not compile is an error with the compiler's words")
  func mistake() throws {
    let source = try #require(CUDALibraries.compilerAlone)
    let compiler = try CUDACompiler(source, architecture: "sm_90", cache: nil)
    let error = #expect(throws: EngineError.self) {
      _ = try compiler.machineCode("rows", defines: ["-Dfloat=nonsense"])
    }
    #expect(error?.message.contains("compiling rows.cu for sm_90") ?? false)
    #expect(error?.message.contains("error") ?? false)
  }
}
