import PenchantCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// NVIDIA's libraries, opened when a GPU is asked for: the program is built without any of them.
package struct CUDALibraries {
  /// The functions of the three libraries.
  let driver, compiler, products: SymbolSource

  package init(
    driver: @escaping SymbolSource, compiler: @escaping SymbolSource,
    products: @escaping SymbolSource
  ) {
    self.driver = driver
    self.compiler = compiler
    self.products = products
  }

  /// A library as it is looked for.
  struct Wanted {
    /// What people call it.
    let title: String
    let names: [String]
    let companions: [String]
    /// What to install where it is missing.
    let remedy: String
  }

  static let driver = Wanted(
    title: "driver", names: ["libcuda.so.1", "libcuda.so"], companions: [],
    remedy: "install NVIDIA's driver")

  /// NVRTC, of no later CUDA than the driver's: what it compiles for a later one the driver cannot load.
  static func compiler(upTo major: Int) -> Wanted {
    Wanted(
      title: "NVRTC",
      names: majors(upTo: major).map { $0 == 11 ? "libnvrtc.so.11.2" : "libnvrtc.so.\($0)" },
      companions: ["libnvrtc-builtins.so."],
      remedy: "install the CUDA toolkit, or: pip install nvidia-cuda-nvrtc")
  }

  static func products(upTo major: Int) -> Wanted {
    Wanted(
      title: "cuBLASLt", names: majors(upTo: major).map { "libcublasLt.so.\($0)" }, companions: [],
      remedy: "install the CUDA toolkit, or: pip install nvidia-cublas")
  }

  private static func majors(upTo major: Int) -> [Int] { Array((11...max(11, major)).reversed()) }

  static func open(_ wanted: Wanted) -> DynamicLibrary? {
    DynamicLibrary(names: wanted.names, folders: folders, companions: wanted.companions)
  }

  /// The compiler alone, which needs no GPU; nil where it is not installed.
  package static var compilerAlone: SymbolSource? { open(compiler(upTo: 13))?.symbol }

  static func problem(_ wanted: Wanted) -> String {
    let places = folders.isEmpty ? "" : " nor in \(folders.joined(separator: ", "))"
    return
      "\(wanted.title): none of \(wanted.names.joined(separator: ", ")) was found by the loader"
      + "\(places); \(wanted.remedy)"
  }

  /// Folders that hold these libraries besides those the loader knows: a toolkit's, and those that Python packages
  /// bring.
  static var folders: [String] {
    func variable(_ name: String) -> String? {
      getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
    func children(_ folder: String, _ beginning: String = "") -> [String] {
      ((try? FileSystem.list(folder)) ?? []).filter { $0.hasPrefix(beginning) }.sorted().reversed()
        .map { FileSystem.join(folder, $0) }
    }
    let toolkits =
      [variable("CUDA_PATH"), variable("CUDA_HOME")].compactMap(\.self) + ["/usr/local/cuda"]
      + children("/usr/local", "cuda-")
    let searched = (variable("PATH") ?? "").split(separator: ":").map(String.init)
      .filter { FileSystem.exists(FileSystem.join($0, "python3")) }.map(FileSystem.parent)
    let pythons =
      [variable("VIRTUAL_ENV"), variable("CONDA_PREFIX")].compactMap(\.self) + searched
      + [variable("HOME").map { FileSystem.join($0, ".local") }].compactMap(\.self)
    let packages = pythons.flatMap { python in
      children(FileSystem.join(python, "lib"), "python3").flatMap { library in
        ["site-packages", "dist-packages"].flatMap {
          children(FileSystem.join(library, "\($0)/nvidia"))
        }
      }
    }
    let candidates =
      toolkits.flatMap { [FileSystem.join($0, "lib64"), FileSystem.join($0, "lib")] }
      + packages.map { FileSystem.join($0, "lib") }
    var seen: Set<String> = []
    return candidates.filter { FileSystem.isDirectory($0) && seen.insert($0).inserted }
  }
}
