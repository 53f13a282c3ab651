package import PenchantCore

extension AdapterConfiguration {
  /// Reads `adapter_config.json` in an adapter folder.
  /// - Throws: ``FormatsError`` naming the key that is missing, wrong, unknown or not supported.
  package init(folder: String) throws(FormatsError) {
    try FolderRole.adapter.check(folder)
    let path = FileSystem.join(folder, Self.fileName)
    try self.init(reading: ConfigurationReader(path: path))
  }

  /// Reads a configuration that is JSON already; `path` is for messages.
  package init(_ json: JSON, path: String = Self.fileName) throws(FormatsError) {
    try self.init(reading: ConfigurationReader(json, path: path))
  }

  private init(reading reader: ConfigurationReader) throws(FormatsError) {
    var reader = reader
    guard reader.has("peft_type") else { throw reader.failure(.missing(key: "peft_type")) }
    try reader.require("peft_type", is: ["LORA"])
    try reader.require("task_type", is: ["CAUSAL_LM", "SEQ_CLS"])
    let hasScoreHead = try Self.hasScoreHead(&reader)
    try reader.require("bias", is: ["none"])
    // PEFT's own defaults for the two.
    let rank = try reader.integer("r", in: 1...Self.largestRank) ?? 8
    let alpha = try reader.number("lora_alpha", in: -1e6...1e6) ?? 8
    let dropout = try reader.number("lora_dropout", in: 0...1) ?? 0
    let isRankStabilized = try reader.flag("use_rslora", default: false)
    let isStoredTransposed = try reader.flag("fan_in_fan_out", default: false)
    let baseModel = try reader.text("base_model_name_or_path")
    let targetModules = try Self.targetModules(&reader)
    try Self.checkInitialization(&reader)
    try reader.finish(harmless: Self.harmlessKeys)
    self.init(
      rank: rank, alpha: alpha, targetModules: targetModules, isRankStabilized: isRankStabilized,
      isStoredTransposed: isStoredTransposed, dropout: dropout, hasScoreHead: hasScoreHead,
      baseModel: baseModel)
  }

  /// Of modules that were trained whole, the score head of a sequence classifier can be read.
  private static func hasScoreHead(
    _ reader: inout ConfigurationReader
  ) throws(FormatsError) -> Bool {
    guard let modules = reader.value("modules_to_save")?.array, !modules.isEmpty else {
      return false
    }
    guard modules.allSatisfy({ $0.string == scoreModule || $0.string == "classifier" }),
      modules.contains(where: { $0.string == scoreModule })
    else {
      throw reader.failure(
        .unsupportedValue(
          key: "modules_to_save", value: String(JSON.array(modules).text().prefix(80)),
          supported: ["null", "[\"score\"]"]))
    }
    return true
  }

  private static func targetModules(
    _ reader: inout ConfigurationReader
  ) throws(FormatsError) -> [String] {
    guard let value = reader.value("target_modules") else {
      throw reader.failure(.missing(key: "target_modules"))
    }
    if let pattern = value.string {
      throw reader.failure(
        .unsupportedValue(
          key: "target_modules", value: String(pattern.prefix(80)),
          supported: ["a list of module names"]))
    }
    var names: [String] = []
    for element in value.array ?? [value] {
      guard let name = element.string, !name.isEmpty else {
        throw reader.wrongType("target_modules", expected: "list of strings", element)
      }
      names.append(name)
    }
    guard !names.isEmpty else { throw reader.failure(.missing(key: "target_modules")) }
    return names
  }

  /// Some initializations (PiSSA, OLoRA, LoftQ, CorDA) also change the base weights.
  private static func checkInitialization(
    _ reader: inout ConfigurationReader
  ) throws(FormatsError) {
    guard let value = reader.value("init_lora_weights"), value.bool == nil else { return }
    try reader.require("init_lora_weights", is: ["true", "false", "gaussian", "eva", "orthogonal"])
  }

  /// Keys that change no mathematics once the adapter is trained, whatever their value.
  private static let harmlessKeys: Set<String> = [
    "auto_mapping", "inference_mode", "megatron_core", "peft_version", "qalora_group_size",
    "revision",
  ]
}
