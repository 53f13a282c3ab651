import PenchantCore
import PenchantFormats
import PenchantModel

/// What a command reads, by the options that name it: checked before any work, and never written over.
struct CommandInputs {
  private var inputs: [(option: String, path: String)] = []

  /// Files; nil for none.
  /// - Throws: `CoreError` for one that is not there.
  mutating func add(_ option: String, files: [String?]) throws {
    for file in files.compactMap({ $0 }) {
      _ = try FileSystem.size(of: file)
      inputs.append((option, file))
    }
  }

  /// Files of pairs, or names of data sets that were pulled.
  mutating func add(_ option: String, data: [String]) throws {
    try add(option, files: data.flatMap(HubReference.dataFiles))
  }

  /// A model's folder, or its name; nil for none.
  /// - Throws: what `LanguageModel` throws for a folder that is none, before anything else is read.
  mutating func add(_ option: String = "model", model: String?) throws {
    guard let model else { return }
    let folder = try HubReference.modelFolder(model)
    try LanguageModel.checkFolder(folder)
    try add(option, folder: folder)
  }

  /// An adapter's folder; nil for none.
  /// - Throws: `FormatsError` for a folder without an adapter.
  mutating func add(_ option: String, adapter folder: String?) throws {
    guard let folder else { return }
    _ = try AdapterConfiguration(folder: folder)
    try add(option, folder: folder)
  }

  /// A chat template; nil for none, or one that travels in the program.
  mutating func add(template: String?) throws {
    guard template != "chatml" else { return }
    try add("chat-template", files: [template])
  }

  private mutating func add(_ option: String, folder: String) throws {
    inputs.append((option, folder))
    // A file of an output may also lie inside what is read; what people keep beside a model is theirs.
    let names = try FileSystem.list(folder).filter { name in
      Self.modelEndings.contains { name.hasSuffix($0) }
    }
    inputs += names.map { (option, FileSystem.join(folder, $0)) }
  }

  /// Of the files by which models and adapters are read.
  private static let modelEndings = [".json", ".safetensors", ".model", ".txt", ".jinja"]

  /// Refuses to write over, or remove, what is read.
  /// - Parameters:
  ///   - targets: files and folders that will be replaced whole.
  ///   - output: the option that decided on them.
  func protect(from targets: [String], output: String = "output") throws(CommandError) {
    for target in targets where FileSystem.exists(target) {
      for input in inputs where FileSystem.contains(target, input.path) {
        throw CommandError(
          .replacesInput(
            target: target, holds: !FileSystem.contains(input.path, target), output: output,
            option: input.option))
      }
    }
  }
}
