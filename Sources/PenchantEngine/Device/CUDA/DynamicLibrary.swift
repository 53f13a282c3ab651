import PenchantCore

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The functions of a library, by name; nil for one it does not have.
package typealias SymbolSource = (String) -> UnsafeMutableRawPointer?

/// A library that was found and opened while the program runs, and stays open.
struct DynamicLibrary {
  let path: String
  private let handle: UnsafeMutableRawPointer

  /// Opens the first library that can be: each name as the loader finds it, then in each folder.
  /// - Parameter companions: beginnings of file names beside it that it opens itself; they are opened first, since
  ///   it may not know where they lie.
  init?(names: [String], folders: [String], companions: [String] = []) {
    for name in names {
      for candidate in [name] + folders.map({ FileSystem.join($0, name) }) {
        let folder = candidate.contains("/") ? FileSystem.parent(of: candidate) : nil
        if folder != nil, !FileSystem.exists(candidate) { continue }
        for companion in companions { Self.openBeside(folder, companion) }
        guard let handle = dlopen(candidate, RTLD_NOW | RTLD_GLOBAL) else { continue }
        path = candidate
        self.handle = handle
        return
      }
    }
    return nil
  }

  private static func openBeside(_ folder: String?, _ beginning: String) {
    guard let folder, let files = try? FileSystem.list(folder) else { return }
    for name in files.sorted() where name.hasPrefix(beginning) {
      _ = dlopen(FileSystem.join(folder, name), RTLD_NOW | RTLD_GLOBAL)
    }
  }

  func symbol(_ name: String) -> UnsafeMutableRawPointer? { dlsym(handle, name) }
}

/// The function with this name, as the C type it is known to have.
/// - Throws: ``EngineError`` for a library that lacks it.
func bind<Function>(
  _ name: String, _ source: SymbolSource, as type: Function.Type = Function.self
) throws(EngineError) -> Function {
  guard let symbol = source(name) else {
    throw EngineError(.noCUDA(problem: "a library of NVIDIA's has no function \(name)"))
  }
  return unsafeBitCast(symbol, to: type)
}
