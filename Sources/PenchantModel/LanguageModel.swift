import PenchantCore
package import PenchantEngine
package import PenchantFormats
package import PenchantText

/// A model folder, opened: configuration, tokenizer, chat template, and the decoder with its mapped weights.
package final class LanguageModel {
  package let folder: String
  package let configuration: ModelConfiguration
  package let tokenizer: Tokenizer
  package let tokenizerConfiguration: TokenizerConfiguration
  package let chatTemplate: ChatTemplate?
  package let decoder: Decoder
  /// The weights as the files have them.
  package let base: DecoderTensors
  /// How its linear layers are kept.
  package let baseWeights: BaseWeights
  /// The files that hold the weights.
  package let weightFiles: [String]
  /// Tokens after which an answer is over.
  package let endTokens: Set<Int32>

  package var architecture: DecoderArchitecture { decoder.architecture }
  package var device: any Device { decoder.device }
  package var dtype: DType { decoder.dtype }

  /// The model as it is, without an adapter.
  package var basePolicy: Policy { Policy(weights: base) }

  /// Bytes that the weights take: the files' where they are mapped, less what is kept as int8.
  package var weightBytes: Int {
    get throws {
      let files = try weightFiles.reduce(0) { try $0 + FileSystem.size(of: $1) }
      guard baseWeights == .int8 else { return files }
      return files - base.savedBytes(dtype)
    }
  }

  /// Opens a Hugging Face model folder.
  /// - Parameters:
  ///   - chatTemplate: a template's source to use in place of the folder's.
  /// - Throws: ``ModelError``, ``FormatsError`` or ``EngineError`` naming the file and what is wrong with it.
  package init(
    folder: String, dtype: DType, device: any Device, baseWeights: BaseWeights = .bf16,
    chatTemplate override: String? = nil
  ) throws {
    try Self.checkFolder(folder)
    self.folder = folder
    configuration = try ModelConfiguration(folder: folder)
    let text = try TextFiles(folder: folder, templateOverride: override)
    tokenizer = text.tokenizer
    tokenizerConfiguration = text.configuration
    chatTemplate = text.template
    guard tokenizer.vocabularySize <= configuration.vocabularySize else {
      throw ModelError(
        .vocabularyTooSmall(
          tokenizer: tokenizer.vocabularySize, model: configuration.vocabularySize))
    }
    let generation = try GenerationConfiguration.read(
      folder: folder, vocabularySize: configuration.vocabularySize)
    var ends = Set((configuration.endTokens + (generation?.endTokens ?? [])).map(Int32.init))
    if let eos = tokenizerConfiguration.eosToken, let id = tokenizer.id(of: eos) { ends.insert(id) }
    endTokens = ends

    let architecture = DecoderArchitecture(configuration)
    let checkpoint = try SafetensorsCheckpoint(folder: folder)
    weightFiles = checkpoint.files.map(\.path)
    self.baseWeights = baseWeights
    base = try DecoderTensors.load(
      checkpoint, architecture, dtype: dtype, baseWeights: baseWeights, on: device)
    decoder = Decoder(architecture, dtype: dtype, on: device)
  }

  /// Refuses what is no model's folder by what is in it; cheap.
  /// - Throws: ``ModelError``, or ``FormatsError`` naming the right folder.
  package static func checkFolder(_ folder: String) throws {
    guard FileSystem.isDirectory(folder) else { throw ModelError(.notAFolder(path: folder)) }
    try FolderRole.model.check(folder)
  }
}

extension ChatTemplate {
  /// The plain ChatML template, for `--chat-template chatml` on models that have none.
  package static let chatML = """
    {% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] \
    + '<|im_end|>' + '\\n' }}{% endfor %}\
    {% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}
    """
}
