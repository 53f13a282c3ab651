package import PenchantCore

/// The shape of a decoder, read from a model folder's `config.json`.
///
/// One decoder serves every architecture here; what differs is in these fields. All numbers are in
/// range: sizes positive and small enough to multiply, heads divisible by key-value heads.
package struct ModelConfiguration: Sendable, Equatable {
  package let family: Family
  /// Whether the folder's model has other parts too, which see images; they are left alone.
  package let isLanguagePart: Bool
  /// Width of the residual stream.
  package let hiddenSize: Int
  /// Width inside the feed-forward block.
  package let intermediateSize: Int
  package let layerCount: Int
  /// Query heads.
  package let headCount: Int
  /// Key and value heads; divides `headCount`.
  package let keyValueHeadCount: Int
  /// Width of one head, even; `headCount * headSize` may differ from `hiddenSize`.
  package let headSize: Int
  /// Added to the mean square or the variance in every norm.
  package let normEpsilon: Double
  package let activation: Activation
  package let vocabularySize: Int
  /// Longest sequence the positions are meant for.
  package let contextLength: Int
  /// The rotary positions that blocks choose from; empty where positions are learned.
  package let rotaries: [RotaryConfiguration]
  /// The attention of every block.
  package let layers: [AttentionLayer]
  /// Scores become cap · tanh(score / cap); nil: they stay as they are.
  package let attentionSoftCap: Double?
  /// The same for logits, after their scale.
  package let logitSoftCap: Double?
  /// Multiplies logits.
  package let logitScale: Double
  /// Multiplies embeddings where they enter the residual stream.
  package let embeddingScale: Double
  /// Multiplies what a block's halves add to the residual stream.
  package let residualScale: Double
  /// Whether the output head is the embedding matrix.
  package let tiesEmbeddings: Bool
  /// Whether q, k and v projections have a bias.
  package let hasQueryKeyValueBias: Bool
  /// Whether the attention's output projection has a bias.
  package let hasAttentionOutputBias: Bool
  /// Whether the feed-forward projections have a bias.
  package let hasFeedForwardBias: Bool
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
    try FolderRole.model.check(folder)
    let path = FileSystem.join(folder, "config.json")
    try self.init(reading: ConfigurationReader(path: path))
  }

  /// Reads a configuration that is JSON already; `path` is for messages.
  package init(_ json: JSON, path: String = "config.json") throws(FormatsError) {
    try self.init(reading: ConfigurationReader(json, path: path))
  }

  private init(reading reader: ConfigurationReader) throws(FormatsError) {
    let part = try Self.languagePart(reader)
    isLanguagePart = part != nil
    var reader = part ?? reader
    let range = 1...1 << 24
    guard let type = try reader.text("model_type") else {
      throw reader.failure(.missing(key: "model_type"))
    }
    guard let family = Family(rawValue: type) else { throw reader.failure(Self.refusal(of: type)) }
    self.family = family
    try Self.refuseQuantizedAndSparse(&reader)
    func size(_ name: String, in range: ClosedRange<Int>) throws(FormatsError) -> Int {
      let key = family.key(name)
      if let size = try reader.integer(key, in: range) ?? family.defaultSizes[name] { return size }
      throw reader.failure(.missing(key: key))
    }
    hiddenSize = try size("hidden_size", in: range)
    let inner = try reader.integer(family.key("intermediate_size"), in: range)
    // GPT-2's null stands for four times the width.
    let usual = family == .gpt2 ? 4 * hiddenSize : family.defaultSizes["intermediate_size"]
    guard let intermediateSize = inner ?? usual else {
      throw reader.failure(.missing(key: family.key("intermediate_size")))
    }
    self.intermediateSize = intermediateSize
    layerCount = try size("num_hidden_layers", in: 1...1024)
    vocabularySize = try size("vocab_size", in: range)
    let written = try size("max_position_embeddings", in: range)

    headCount = try size("num_attention_heads", in: 1...1 << 16)
    keyValueHeadCount = try Self.keyValueHeads(&reader, family: family, headCount: headCount)
    headSize = try Self.headSize(
      &reader, family: family, hiddenSize: hiddenSize, headCount: headCount)

    normEpsilon = try Self.normEpsilon(&reader, family: family)
    activation = try Self.activation(&reader, family: family)
    if family == .gpt2 {
      // An older name for n_positions.
      _ = reader.value("n_ctx")
      rotaries = []
    } else {
      rotaries = try reader.rotaries(
        RotaryContext(family: family, headSize: headSize, contextLength: written))
    }
    contextLength = Self.contextLength(written, rotaries.first, family: family)
    layers = try Self.layers(&reader, family: family, count: layerCount, headSize: headSize)
    tiesEmbeddings = try reader.flag("tie_word_embeddings", default: family.tiesByDefault)

    let scales = try Scales(&reader, family: family, hiddenSize: hiddenSize)
    (attentionSoftCap, logitSoftCap) = (scales.attentionCap, scales.logitCap)
    (logitScale, embeddingScale, residualScale) = (scales.logit, scales.embedding, scales.residual)

    let biases = try Biases(&reader, family: family)
    hasQueryKeyValueBias = biases.queryKeyValue
    hasAttentionOutputBias = biases.attentionOutput
    hasFeedForwardBias = biases.feedForward

    beginToken = try reader.tokens("bos_token_id", vocabulary: vocabularySize).first
    endTokens = try reader.tokens("eos_token_id", vocabulary: vocabularySize)
    padToken = try reader.tokens("pad_token_id", vocabulary: vocabularySize).first
    savedType = try reader.elementType()
    try Self.readWithoutEffect(&reader, family: family)
    try reader.finish(harmless: Self.harmlessKeys)
  }
}
