extension ModelConfiguration {
  /// The families that can be read, by their `model_type`.
  package enum Family: String, Sendable, CaseIterable {
    case llama, mistral, qwen2, qwen3, smollm3, olmo2, granite, phi3, gemma, gemma2
    case gemma3 = "gemma3_text"
    case gpt2

    package var isGemma: Bool { [.gemma, .gemma2, .gemma3].contains(self) }

    /// Where its blocks normalise what passes through them.
    package var normPlacement: NormPlacement {
      switch self {
      case .olmo2: .after
      case .gemma2, .gemma3: .around
      default: .before
      }
    }

    /// What of a query or key is normalised together.
    package var queryKeyNorm: QueryKeyNorm? {
      switch self {
      case .qwen3, .gemma3: .head
      case .olmo2: .width
      default: nil
      }
    }

    /// Whether a file that does not say so has the embedding as its head.
    var tiesByDefault: Bool { isGemma || self == .gpt2 || self == .smollm3 }

    /// Sizes that a file may leave out, with what Transformers takes in their place.
    var defaultSizes: [String: Int] {
      switch self {
      case .qwen3: ["head_dim": 128]
      case .gemma: ["head_dim": 256]
      case .gemma2: ["head_dim": 256, "num_key_value_heads": 4]
      case .gemma3:
        [
          "head_dim": 256, "num_key_value_heads": 4, "num_attention_heads": 8,
          "hidden_size": 2304, "intermediate_size": 9216, "num_hidden_layers": 26,
          "vocab_size": 262_208, "max_position_embeddings": 131_072,
        ]
      default: [:]
      }
    }

    /// The name this family's files have for a size.
    func key(_ name: String) -> String {
      guard self == .gpt2 else { return name }
      return switch name {
      case "hidden_size": "n_embd"
      case "num_hidden_layers": "n_layer"
      case "num_attention_heads": "n_head"
      case "max_position_embeddings": "n_positions"
      case "intermediate_size": "n_inner"
      case "rms_norm_eps": "layer_norm_epsilon"
      case "hidden_act": "activation_function"
      default: name
      }
    }
  }

  /// Where a block normalises: what each half reads, what it adds to the residual stream, or both.
  package enum NormPlacement: Sendable {
    case before, after, around
  }

  /// Queries and keys are normalised head by head, or over all heads together.
  package enum QueryKeyNorm: Sendable {
    case head, width
  }

  /// Why a `model_type` cannot be read, for the types people are likely to have.
  static func refusal(of type: String) -> ConfigurationDefect {
    let supported = Family.allCases.map(\.rawValue)
    for (kind, types) in unsupported where types.contains(type) {
      return .unsupportedModel(type: type, kind: kind, supported: supported)
    }
    return .unsupportedValue(key: "model_type", value: type, supported: supported)
  }

  private static let unsupported: KeyValuePairs<UnsupportedModel, Set<String>> = [
    .mixtureOfExperts: [
      "mixtral", "qwen2_moe", "qwen3_moe", "qwen3_next", "olmoe", "phimoe", "granitemoe",
      "granitemoeshared", "granitemoehybrid", "deepseek_v2", "deepseek_v3", "gpt_oss", "llama4",
      "llama4_text", "dbrx", "jetmoe", "glm4_moe", "minimax", "hunyuan_v1_moe", "ernie4_5_moe",
      "lfm2_moe",
    ],
    .multimodal: [
      "gemma3n", "gemma4", "llava", "llava_next", "llava_onevision", "mllama",
      "qwen2_vl", "qwen2_5_vl", "qwen3_vl", "qwen2_audio", "qwen2_5_omni", "idefics2", "idefics3",
      "smolvlm", "paligemma", "internvl", "mistral3", "pixtral", "phi3_v", "phi4_multimodal",
      "aya_vision",
    ],
    .recurrent: [
      "mamba", "mamba2", "falcon_mamba", "jamba", "bamba", "falcon_h1", "rwkv", "recurrent_gemma",
      "zamba", "zamba2", "lfm2", "nemotron_h",
    ],
  ]
}
