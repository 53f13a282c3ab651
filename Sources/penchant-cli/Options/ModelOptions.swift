import ArgumentParser
import PenchantCore
import PenchantEngine
import PenchantModel
import PenchantText

/// The type that matrix products read, by the names `--dtype` takes.
enum MatrixType: String, ExpressibleByArgument, CaseIterable {
  case bfloat16, float32

  var dtype: DType { self == .bfloat16 ? .bfloat16 : .float32 }
}

extension BaseWeights: ExpressibleByArgument {}

extension DeviceChoice: ExpressibleByArgument {
  package static var allValueStrings: [String] { ["auto", "cpu", "cuda", "cuda:N"] }
  package var defaultValueDescription: String { rawValue }
}

/// Which model, and on what it runs.
struct ModelOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Folder with config.json, tokenizer.json and safetensors weights, or OWNER/NAME that was pulled.",
      valueName: "folder"))
  var model: String

  @OptionGroup var engine: EngineOptions

  /// Opens the model on its device; a signal makes its passes stop.
  func load() throws -> LanguageModel { try engine.load(model) }
}

/// On what a model runs, and how text reaches it.
struct EngineOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Chat template in place of the model's: chatml, or a Jinja file.", valueName: "chatml|file"))
  var chatTemplate: String?

  @Option(help: "What matrix products read; float32 is slower, and the oracle.")
  var dtype = MatrixType.bfloat16

  @Option(
    help: """
      How the layers' frozen weights are kept: int8 takes half the memory of bf16 and changes the \
      log-probabilities a little.
      """)
  var baseWeights = BaseWeights.bf16

  @Option(help: "Where to compute; auto takes the first GPU that can be used, else the CPU.")
  var device = DeviceChoice.auto

  @Option(
    help: ArgumentHelp(
      "Threads of the CPU to compute with; the results do not depend on it. (default: all processors)",
      valueName: "n"))
  var threads: Int?

  /// The first option that is not as it would be if none were given, for messages.
  var given: String? {
    if chatTemplate != nil { return "--chat-template" }
    if dtype != .bfloat16 { return "--dtype" }
    if device != .auto { return "--device" }
    return threads == nil ? nil : "--threads"
  }

  /// Opens a model folder on the device; a signal makes its passes stop.
  func load(_ folder: String) throws -> LanguageModel {
    if baseWeights == .int8, dtype == .float32 {
      throw CommandError(
        .conflict("base-weights", "dtype", reason: "products read int8 weights as bfloat16"))
    }
    let model = try LanguageModel(
      folder: try HubReference.modelFolder(folder), dtype: dtype.dtype, device: try makeDevice(),
      baseWeights: baseWeights, chatTemplate: try templateSource())
    model.decoder.poll = { () throws(EngineError) in
      if Interruption.isRequested { throw EngineError(.cancelled) }
    }
    return model
  }

  func makeDevice() throws -> any Device { try device.open(threads: threads) }

  /// The source of the template that was asked for; nil takes the model's own.
  func templateSource() throws -> String? {
    guard let chatTemplate else { return nil }
    if chatTemplate == "chatml" { return ChatTemplate.chatML }
    return String(decoding: try FileSystem.read(chatTemplate, limit: 1 << 20), as: UTF8.self)
  }
}
