package import PenchantCore

/// The shape of a decoder, read from a model folder's `config.json`.
///
/// One decoder serves every architecture here; what differs is in these fields. All numbers are in
/// range: sizes positive and small enough to multiply, heads divisible by key-value heads.
package struct ModelConfiguration: Sendable, Equatable {
  /// The families that can be read, by their `model_type`.
  package enum Family: String, Sendable, CaseIterable {
    case llama, mistral, qwen2
  }

  package let family: Family
  /// Width of the residual stream.
  package let hiddenSize: Int
  /// Width inside the gated feed-forward block.
  package let intermediateSize: Int
  package let layerCount: Int
  /// Query heads.
  package let headCount: Int
  /// Key and value heads; divides `headCount`.
  package let keyValueHeadCount: Int
  /// Width of one head, even; `headCount * headSize` may differ from `hiddenSize`.
  package let headSize: Int
  /// Added to the mean square in every norm.
  package let normEpsilon: Double
  package let vocabularySize: Int
  /// Longest sequence the positions are meant for.
  package let contextLength: Int
  /// Base of the rotary frequencies.
  package let ropeTheta: Double
  /// Whether the output head is the embedding matrix.
  package let tiesEmbeddings: Bool
  /// Whether q, k and v projections have a bias.
  package let hasQueryKeyValueBias: Bool
  /// Whether the attention's output projection has a bias.
  package let hasAttentionOutputBias: Bool
  /// Whether the three feed-forward projections have a bias.
  package let hasFeedForwardBias: Bool
  /// A token sees itself and the `slidingWindow - 1` before it; nil: all before it.
  package let slidingWindow: Int?
  package let beginToken: Int?
  /// Tokens that end a sequence, in the order given; may be empty.
  package let endTokens: [Int]
  package let padToken: Int?
  /// The element type the model was saved in, where the file says so.
  package let savedType: ElementType?

  /// Width of all query heads together.
  package var queryWidth: Int { headCount * headSize }
  /// Width of all key heads, or all value heads, together.
  package var keyValueWidth: Int { keyValueHeadCount * headSize }

  /// Reads `config.json` in a model folder.
  /// - Throws: ``FormatsError`` naming the key that is missing, wrong, unknown or not supported.
  package init(folder: String) throws(FormatsError) {
    let path = FileSystem.join(folder, "config.json")
    try self.init(reading: ConfigurationReader(path: path))
  }

  /// Reads a configuration that is JSON already; `path` is for messages.
  package init(_ json: JSON, path: String = "config.json") throws(FormatsError) {
    try self.init(reading: ConfigurationReader(json, path: path))
  }

  private init(reading reader: ConfigurationReader) throws(FormatsError) {
    var reader = reader
    let size = 1...1 << 24
    let families = Family.allCases.map(\.rawValue)
    guard let type = try reader.text("model_type") else {
      throw reader.failure(.missing(key: "model_type"))
    }
    guard let family = Family(rawValue: type) else {
      throw reader.failure(.unsupportedValue(key: "model_type", value: type, supported: families))
    }
    self.family = family
    hiddenSize = try reader.requiredInteger("hidden_size", in: size)
    intermediateSize = try reader.requiredInteger("intermediate_size", in: size)
    layerCount = try reader.requiredInteger("num_hidden_layers", in: 1...1024)
    vocabularySize = try reader.requiredInteger("vocab_size", in: size)
    contextLength = try reader.requiredInteger("max_position_embeddings", in: size)

    headCount = try reader.requiredInteger("num_attention_heads", in: 1...1 << 16)
    keyValueHeadCount =
      try reader.integer("num_key_value_heads", in: 1...1 << 16) ?? headCount
    guard headCount % keyValueHeadCount == 0 else {
      throw reader.failure(
        .contradiction(
          "num_attention_heads (\(headCount)) is not a multiple of num_key_value_heads "
            + "(\(keyValueHeadCount))"))
    }
    headSize = try Self.headSize(&reader, hiddenSize: hiddenSize, headCount: headCount)

    guard let normEpsilon = try reader.number("rms_norm_eps", in: 0...1) else {
      throw reader.failure(.missing(key: "rms_norm_eps"))
    }
    self.normEpsilon = normEpsilon
    try reader.require("hidden_act", is: ["silu", "swish"])
    ropeTheta = try reader.ropeTheta()
    tiesEmbeddings = try reader.flag("tie_word_embeddings", default: false)

    // Only Llama reads these two keys; Transformers fixes the answer for the others.
    let llamaBias = family == .llama ? try reader.flag("attention_bias", default: false) : false
    hasQueryKeyValueBias = family == .qwen2 || llamaBias
    hasAttentionOutputBias = llamaBias
    hasFeedForwardBias = family == .llama ? try reader.flag("mlp_bias", default: false) : false
    slidingWindow = try Self.slidingWindow(&reader, family: family, layerCount: layerCount)

    beginToken = try reader.tokens("bos_token_id", vocabulary: vocabularySize).first
    endTokens = try reader.tokens("eos_token_id", vocabulary: vocabularySize)
    padToken = try reader.tokens("pad_token_id", vocabulary: vocabularySize).first
    savedType = try reader.elementType()
    if family == .llama { _ = try reader.integer("pretraining_tp", in: 0...1) }
    try reader.finish(harmless: Self.harmlessKeys)
  }

  private static func headSize(
    _ reader: inout ConfigurationReader, hiddenSize: Int, headCount: Int
  ) throws(FormatsError) -> Int {
    let given = try reader.integer("head_dim", in: 2...256)
    guard let size = given ?? (hiddenSize % headCount == 0 ? hiddenSize / headCount : nil) else {
      throw reader.failure(
        .contradiction(
          "hidden_size (\(hiddenSize)) is not a multiple of num_attention_heads (\(headCount))"))
    }
    guard size % 2 == 0, (2...256).contains(size) else {
      throw reader.failure(
        .outOfRange(key: "head_dim", value: String(size), range: "an even number 2…256"))
    }
    return size
  }
}
