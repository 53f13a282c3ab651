internal import PenchantCore

/// Parts of a configuration that follow the same few rules in every family.
extension ModelConfiguration {
  static func keyValueHeads(
    _ reader: inout ConfigurationReader, family: Family, headCount: Int
  ) throws(FormatsError) -> Int {
    guard family != .gpt2 else { return headCount }
    let key = "num_key_value_heads"
    let usual = reader.has(key) ? nil : family.defaultSizes[key]
    let count = try reader.integer(key, in: 1...1 << 16) ?? usual ?? headCount
    guard headCount % count == 0 else {
      throw reader.failure(
        .contradiction(
          "num_attention_heads (\(headCount)) is not a multiple of num_key_value_heads "
            + "(\(count))"))
    }
    return count
  }

  static func headSize(
    _ reader: inout ConfigurationReader, family: Family, hiddenSize: Int, headCount: Int
  ) throws(FormatsError) -> Int {
    // Without rotary pairs a head may have any width.
    guard family != .gpt2 else {
      guard hiddenSize % headCount == 0, hiddenSize / headCount <= 256 else {
        throw reader.failure(
          .contradiction("n_embd (\(hiddenSize)) is not n_head (\(headCount)) times 1…256"))
      }
      return hiddenSize / headCount
    }
    let usual = reader.has("head_dim") ? nil : family.defaultSizes["head_dim"]
    let given = try reader.integer("head_dim", in: 2...256) ?? usual
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

  static func normEpsilon(
    _ reader: inout ConfigurationReader, family: Family
  ) throws(FormatsError) -> Double {
    let key = family.key("rms_norm_eps")
    if let epsilon = try reader.number(key, in: 0...1) { return epsilon }
    guard family == .gemma3 else { throw reader.failure(.missing(key: key)) }
    return 1e-6
  }

  static func activation(
    _ reader: inout ConfigurationReader, family: Family
  ) throws(FormatsError) -> Activation {
    var key = family.key("hidden_act")
    var name = try reader.text(key)
    if family.isGemma {
      // Gemma's first folders say "gelu" and mean its tanh form; later ones say so under another key.
      let other = try reader.text("hidden_activation")
      if family != .gemma {
        (key, name) = ("hidden_activation", other)
      } else if name == "gelu" || name == nil {
        name = "gelu_pytorch_tanh"
      }
    }
    let usual: Activation = family.isGemma || family == .gpt2 ? .geluTanh : .silu
    guard let name else { return usual }
    guard let activation = Activation.names.first(where: { $0.key == name })?.value else {
      throw reader.failure(
        .unsupportedValue(key: key, value: name, supported: Activation.names.map(\.key)))
    }
    return activation
  }

  /// The longest sequence a model is meant for: scaled positions reach further than they were trained.
  static func contextLength(
    _ written: Int, _ rotary: RotaryConfiguration?, family: Family
  ) -> Int {
    let reach: Double =
      switch rotary?.scaling {
      case .dynamic(let factor, let trained): factor * Double(trained)
      case .yarn(let yarn): yarn.factor * Double(yarn.trainedLength)
      // Gemma 3 writes the length after scaling.
      case .linear(let factor) where family != .gemma3: factor * Double(written)
      default: 0
      }
    return max(written, Int(min(reach, Double(1 << 24))))
  }

  /// Weights that are not plain numbers, or that only some tokens use.
  static func refuseQuantizedAndSparse(
    _ reader: inout ConfigurationReader
  ) throws(FormatsError) {
    if let quantization = reader.value("quantization_config"),
      !ConfigurationReader.isEmpty(quantization)
    {
      throw reader.failure(
        .quantized(method: quantization["quant_method"]?.string ?? "of an unnamed kind"))
    }
    for key in ["num_local_experts", "num_experts", "n_routed_experts"] {
      if let value = reader.value(key), !ConfigurationReader.isEmpty(value) {
        throw reader.failure(.experts(key: key))
      }
    }
  }

  /// Keys that some families' files have and that change nothing there, or only if they had another value.
  static func readWithoutEffect(
    _ reader: inout ConfigurationReader, family: Family
  ) throws(FormatsError) {
    switch family {
    case .llama: _ = try reader.integer("pretraining_tp", in: 0...1)
    case .smollm3, .olmo2, .granite: _ = try reader.integer("pretraining_tp", in: 0...1024)
    case .phi3:
      // Of an attention that was never published with other values.
      _ = try reader.integer("full_attn_mod", in: 0...1)
      _ = try reader.integer("interpolate_factor", in: 0...1)
    case .gpt2:
      // Sizes under the names of other families, which Transformers writes back but does not read.
      for key in ["intermediate_size", "num_key_value_heads", "hidden_act", "type_vocab_size"] {
        _ = reader.value(key)
      }
    default: break
    }
  }
}

/// Which linear layers have a bias.
struct Biases {
  let queryKeyValue: Bool
  let attentionOutput: Bool
  let feedForward: Bool

  /// Reads the keys the family has for it; Transformers fixes the answer for the others.
  init(
    _ reader: inout ConfigurationReader, family: ModelConfiguration.Family
  ) throws(FormatsError) {
    var (attention, feedForward) = (false, false)
    switch family {
    case .llama, .smollm3, .granite:
      attention = try reader.flag("attention_bias", default: false)
      feedForward = try reader.flag("mlp_bias", default: false)
    case .qwen3, .olmo2, .gemma, .gemma2, .gemma3:
      attention = try reader.flag("attention_bias", default: false)
    case .gpt2: (attention, feedForward) = (true, true)
    case .mistral, .qwen2, .phi3: break
    }
    queryKeyValue = attention || family == .qwen2
    attentionOutput = attention
    self.feedForward = feedForward
  }
}

/// Constants that multiply or bound what flows through the model.
struct Scales {
  var embedding = 1.0
  var residual = 1.0
  var logit = 1.0
  var attentionCap: Double?
  var logitCap: Double?

  init(
    _ reader: inout ConfigurationReader, family: ModelConfiguration.Family, hiddenSize: Int
  ) throws(FormatsError) {
    if family.isGemma { embedding = Double(hiddenSize).squareRoot() }
    switch family {
    case .granite:
      embedding = try reader.number("embedding_multiplier", in: 0...1e6) ?? 1
      residual = try reader.number("residual_multiplier", in: 0...1e6) ?? 1
      logit = 1 / (try reader.number("logits_scaling", in: 1e-6...1e6) ?? 1)
    case .gemma2:
      let range = 1e-3...1e6
      attentionCap =
        try reader.number("attn_logit_softcapping", in: range)
        ?? (reader.has("attn_logit_softcapping") ? nil : 50)
      logitCap =
        try reader.number("final_logit_softcapping", in: range)
        ?? (reader.has("final_logit_softcapping") ? nil : 30)
    case .gemma3:
      logitCap = try reader.number("final_logit_softcapping", in: 1e-3...1e6)
      // Gemma 3's attention has none, whatever the file says.
      if let cap = try reader.number("attn_logit_softcapping", in: 0...1e6) {
        throw reader.failure(
          .unsupportedValue(key: "attn_logit_softcapping", value: "\(cap)", supported: ["null"]))
      }
    default: break
    }
  }
}
