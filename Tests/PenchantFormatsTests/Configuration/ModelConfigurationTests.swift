import PenchantCore
import PenchantFormats
import Testing

@Suite("ModelConfiguration")
struct ModelConfigurationTests {
  /// The smallest Llama, to be changed by a test.
  private let llama: JSON = [
    "model_type": "llama", "hidden_size": 8, "intermediate_size": 12, "num_hidden_layers": 2,
    "num_attention_heads": 2, "rms_norm_eps": 1e-5, "vocab_size": 11,
    "max_position_embeddings": 32, "rope_theta": 10000,
  ]

  private func changed(_ changes: KeyValuePairs<String, JSON?>, from base: JSON? = nil) -> JSON {
    var object = (base ?? llama).object ?? JSONObject()
    for (key, value) in changes { object[key] = value }
    return .object(object)
  }

  private func windows(_ configuration: ModelConfiguration) -> [Int?] {
    configuration.layers.map(\.window)
  }

  private func defect(_ json: JSON) -> ConfigurationDefect? {
    let error = #expect(throws: FormatsError.self) { try ModelConfiguration(json) }
    guard case .configuration("config.json", let defect) = error?.code else { return nil }
    return defect
  }

  @Test func readsTheSmallestFile() throws {
    let configuration = try ModelConfiguration(llama)
    #expect(configuration.keyValueHeadCount == 2)
    #expect(configuration.headSize == 4)
    #expect(configuration.rotaries == [RotaryConfiguration(theta: 10000, dimension: 4)])
    #expect(configuration.normEpsilon == 1e-5)
    #expect(!configuration.tiesEmbeddings)
    #expect(!configuration.hasQueryKeyValueBias && !configuration.hasAttentionOutputBias)
    #expect(configuration.endTokens.isEmpty && windows(configuration) == [nil, nil])
    #expect(configuration.savedType == nil)
  }

  @Test func readsWhatTransformersWrites() throws {
    let llama = try ModelConfiguration(Fixtures.json("llama.config.json"))
    #expect(llama.family == .llama)
    #expect(llama.hiddenSize == 8 && llama.intermediateSize == 12 && llama.layerCount == 2)
    #expect(llama.headCount == 2 && llama.keyValueHeadCount == 1 && llama.headSize == 4)
    #expect(llama.queryWidth == 8 && llama.keyValueWidth == 4)
    #expect(llama.vocabularySize == 11 && llama.contextLength == 32)
    #expect(llama.rotaries[0].theta == 10000 && llama.normEpsilon == 1e-6)
    #expect(llama.tiesEmbeddings)
    #expect(llama.beginToken == 1 && llama.endTokens == [2] && llama.padToken == nil)
    #expect(llama.savedType == .float32)

    let mistral = try ModelConfiguration(Fixtures.json("mistral.config.json"))
    #expect(mistral.family == .mistral && windows(mistral).allSatisfy { $0 == 16 })
    #expect(!mistral.hasQueryKeyValueBias)

    let qwen = try ModelConfiguration(Fixtures.json("qwen2.config.json"))
    #expect(qwen.family == .qwen2 && windows(qwen).allSatisfy { $0 == nil })
    #expect(qwen.hasQueryKeyValueBias && !qwen.hasAttentionOutputBias && !qwen.hasFeedForwardBias)
  }

  /// As published before Transformers 5, with the odd keys such files have.
  @Test func readsOlderFiles() throws {
    let smol = try ModelConfiguration(
      changed([
        "architectures": ["LlamaForCausalLM"], "attention_bias": false, "attention_dropout": 0.0,
        "bos_token_id": 0, "eos_token_id": [0, 2, 0], "pad_token_id": -1, "hidden_act": "silu",
        "initializer_range": 0.041666666666666664, "is_llama_config": true, "temperature": 0.6,
        "mlp_bias": false,
        "num_key_value_heads": nil, "pretraining_tp": 1, "rope_interleaved": false,
        "rope_scaling": nil, "tie_word_embeddings": true, "torch_dtype": "bfloat16",
        "transformers.js_config": ["kv_cache_dtype": ["q4f16": "float16"]],
        "transformers_version": "4.42.3", "use_cache": true,
      ]))
    #expect(smol.endTokens == [0, 2])
    #expect(smol.padToken == nil)
    #expect(smol.savedType == .bfloat16)
    #expect(smol.tiesEmbeddings)
    let qwen = try ModelConfiguration(
      changed([
        "model_type": "qwen2", "sliding_window": 32768, "max_window_layers": 21,
        "use_sliding_window": false, "use_mrope": false,
      ]))
    #expect(windows(qwen) == [nil, nil])
  }

  @Test func biasesFollowTheFamily() throws {
    let all = try ModelConfiguration(changed(["attention_bias": true, "mlp_bias": true]))
    #expect(all.hasQueryKeyValueBias && all.hasAttentionOutputBias && all.hasFeedForwardBias)
    for family in ["mistral", "qwen2"] {
      #expect(
        defect(changed(["model_type": .string(family), "attention_bias": true]))
          == .unknownKey(key: "attention_bias"))
    }
  }

  @Test func mistralHasAWindowUnlessItSaysNull() throws {
    #expect(
      windows(try ModelConfiguration(changed(["model_type": "mistral"]))) == [4096, 4096])
    #expect(
      windows(
        try ModelConfiguration(changed(["model_type": "mistral", "sliding_window": .some(.null)])))
        == [nil, nil])
    #expect(defect(changed(["sliding_window": 4096])) == .unknownKey(key: "sliding_window"))
  }

  @Test func layersSeeWhatTheFileSays() throws {
    let full: JSON = ["full_attention", "full_attention"]
    let mixed: JSON = ["full_attention", "sliding_attention"]
    #expect(throws: Never.self) { try ModelConfiguration(changed(["layer_types": full])) }
    let contradiction = ConfigurationDefect.contradiction(
      "layers slide, but there is no sliding_window")
    #expect(defect(changed(["layer_types": mixed])) == contradiction)
    #expect(
      defect(changed(["layer_types": ["full_attention", "linear_attention"]]))
        == .unsupportedValue(
          key: "layer_types", value: "linear_attention",
          supported: ["full_attention", "sliding_attention"]))
    #expect(
      defect(changed(["layer_types": ["full_attention"]]))
        == .contradiction("layer_types has 1 entries, num_hidden_layers is 2"))
    func qwen(_ changes: KeyValuePairs<String, JSON?>) throws -> [Int?] {
      windows(
        try ModelConfiguration(
          changed(changes, from: changed(["model_type": "qwen2", "sliding_window": 7]))))
    }
    #expect(try qwen(["use_sliding_window": true, "max_window_layers": 1]) == [nil, 7])
    #expect(try qwen(["use_sliding_window": true, "layer_types": mixed]) == [nil, 7])
    #expect(try qwen(["use_sliding_window": false, "max_window_layers": 1]) == [nil, nil])
    #expect(
      defect(
        changed(["model_type": "qwen2", "use_sliding_window": false, "layer_types": mixed]))
        == contradiction)
    #expect(
      defect(changed(["model_type": "mistral", "sliding_window": 7, "layer_types": mixed]))
        == .contradiction("layer_types has layers that sliding_window does not have"))
  }

  @Test func ropeIsReadFromEitherPlaceAndMustBeSomewhere() throws {
    #expect(defect(changed(["rope_theta": nil])) == .missing(key: "rope_theta"))
    let nested = changed([
      "rope_theta": nil, "rope_parameters": ["rope_theta": 5e5, "rope_type": "default"],
    ])
    #expect(try ModelConfiguration(nested).rotaries[0].theta == 500_000)
    #expect(
      defect(changed(["rope_theta": 1e4], from: nested))
        == .contradiction("rope_theta and rope_parameters.rope_theta differ"))
    #expect(throws: Never.self) {
      try ModelConfiguration(changed(["rope_theta": 500_000], from: nested))
    }
  }

  /// Folders that Transformers wrote before 4.33 could not say it.
  @Test func oldLlamasHaveTheBaseOfTheirTime() throws {
    let old = changed(["rope_theta": nil, "transformers_version": "4.31.0.dev0"])
    #expect(try ModelConfiguration(old).rotaries[0].theta == 10000)
    for version in ["4.33.0", "5.1.0", "x"] {
      let json = changed(["transformers_version": .string(version)], from: old)
      #expect(defect(json) == .missing(key: "rope_theta"))
    }
    #expect(
      defect(changed(["model_type": "mistral"], from: old)) == .missing(key: "rope_theta"))
  }

  @Test func ropeScalingIsReadInBothSpellings() throws {
    func scaling(_ changes: KeyValuePairs<String, JSON?>) throws -> RotaryConfiguration.Scaling {
      try ModelConfiguration(changed(changes)).rotaries[0].scaling
    }
    let llama3: JSON = [
      "rope_type": "llama3", "factor": 32.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
      "original_max_position_embeddings": 16,
    ]
    let wanted = RotaryConfiguration.Scaling.llama3(
      factor: 32, low: 1, high: 4, trainedLength: 16)
    for key in ["rope_scaling", "rope_parameters"] {
      #expect(try scaling([key: llama3]) == wanted)
    }
    #expect(
      try scaling(["rope_scaling": ["type": "linear", "factor": 2]]) == .linear(factor: 2))
    #expect(
      try scaling(["rope_scaling": ["type": "dynamic", "factor": 2]])
        == .dynamic(factor: 2, trainedLength: 32))
    let yarn = try ModelConfiguration(
      changed([
        "rope_scaling": ["type": "yarn", "factor": 4.0, "original_max_position_embeddings": 16]
      ]))
    #expect(yarn.contextLength == 64)
    #expect(yarn.rotaries[0].typeName == "yarn")
  }

  @Test func ropeScalingThatMakesNoSenseIsNamed() throws {
    #expect(
      defect(changed(["rope_scaling": ["factor": 2.0]])) == .unknownKey(key: "rope_scaling.factor"))
    #expect(
      defect(changed(["rope_scaling": "yarn"]))
        == .wrongType(key: "rope_scaling", expected: "object", found: "string"))
    #expect(
      defect(
        changed(["rope_parameters": ["rope_theta": 1e4, "partial_rotary_factor": 0.5]]))
        == .unsupportedValue(
          key: "rope_parameters.partial_rotary_factor", value: "0.5", supported: ["1"]))
    #expect(
      defect(changed(["rope_scaling": ["type": "linear"]]))
        == .missing(key: "rope_scaling.factor"))
    #expect(
      defect(changed(["rope_scaling": ["type": "hyper", "factor": 2]]))
        == .unsupportedValue(
          key: "rope_scaling.rope_type", value: "hyper",
          supported: ["default", "linear", "dynamic", "llama3", "yarn", "longrope"]))
    #expect(
      defect(changed(["rope_scaling": ["type": "linear", "rope_type": "dynamic", "factor": 2]]))
        == .contradiction("rope_scaling.rope_type and type differ"))
    #expect(
      defect(
        changed([
          "rope_scaling": [
            "type": "longrope", "factor": 2, "short_factor": [1.0], "long_factor": [1.0, 2.0],
          ]
        ])) == .contradiction("rope_scaling.short_factor has 1 entries, not 2"))
    #expect(
      defect(
        changed([
          "rope_scaling": [
            "type": "llama3", "factor": 2, "low_freq_factor": 4, "high_freq_factor": 4,
          ]
        ])) == .contradiction("rope_scaling.high_freq_factor is not above low_freq_factor"))
  }

  /// The files of published folders, as far as they differ from what Transformers writes today.
  @Test func readsPublishedFamilies() throws {
    let phi = try ModelConfiguration(
      changed([
        "model_type": "phi3", "auto_map": ["AutoConfig": "x"], "embd_pdrop": 0.0,
        "resid_pdrop": 0.1, "full_attn_mod": 1, "interpolate_factor": 1, "lm_head_bias": false,
        "original_max_position_embeddings": 16, "sliding_window": 262_144,
        "partial_rotary_factor": 0.5, "tie_word_embeddings": true,
        "rope_scaling": ["type": "su", "short_factor": [1.0], "long_factor": [3.0]],
      ]))
    #expect(phi.rotaries[0].dimension == 2)
    guard case .longrope(let longrope) = phi.rotaries[0].scaling else {
      Issue.record("su is longrope")
      return
    }
    #expect(longrope.trainedLength == 16 && longrope.factor == 2 && longrope.long == [3])
    #expect(windows(phi) == [262_144, 262_144])

    // Gemma 3's first folders left out whatever has the usual value.
    let gemma = try ModelConfiguration([
      "model_type": "gemma3_text", "hidden_size": 2560, "intermediate_size": 10240,
      "num_hidden_layers": 34, "rope_scaling": ["factor": 8.0, "rope_type": "linear"],
      "sliding_window": 1024, "num_attention_heads": 8, "num_key_value_heads": 4,
    ])
    #expect(gemma.headSize == 256 && gemma.vocabularySize == 262_208 && gemma.tiesEmbeddings)
    #expect(gemma.contextLength == 131_072 && gemma.normEpsilon == 1e-6)
    #expect(gemma.rotaries.map(\.theta) == [1e6, 1e4])
    #expect(gemma.rotaries.map(\.typeName) == ["linear", "default"])
    #expect(gemma.layers[4].window == 1024 && gemma.layers[5].window == nil)
    #expect(gemma.layers[4].rotary == 1 && gemma.layers[5].rotary == 0)
    #expect(gemma.layers[0].scale == 0.0625)

    let gemma2 = try ModelConfiguration(
      changed([
        "model_type": "gemma2", "cache_implementation": "hybrid", "sliding_window_size": 4096,
        "hidden_act": "gelu_pytorch_tanh", "hidden_activation": "gelu_pytorch_tanh",
        "query_pre_attn_scalar": 144, "head_dim": 4, "num_key_value_heads": 1,
      ]))
    #expect(gemma2.attentionSoftCap == 50 && gemma2.logitSoftCap == 30)
    #expect(windows(gemma2) == [4096, nil] && gemma2.activation == .geluTanh)

    let smol = try ModelConfiguration(
      changed([
        "model_type": "smollm3", "no_rope_layers": [1, 0, 1], "max_window_layers": 28,
        "pretraining_tp": 2,
      ]))
    #expect(smol.layers.map(\.rotary) == [0, nil] && smol.tiesEmbeddings)

    let gpt = try ModelConfiguration([
      "model_type": "gpt2", "n_embd": 12, "n_layer": 1, "n_head": 4, "n_positions": 8, "n_ctx": 8,
      "vocab_size": 5, "layer_norm_epsilon": 1e-5, "activation_function": "gelu_new",
      "attn_pdrop": 0.1, "_num_labels": 1, "intermediate_size": 32, "num_key_value_heads": 2,
      "task_specific_params": ["text-generation": ["do_sample": true]],
    ])
    #expect(gpt.intermediateSize == 48 && gpt.headSize == 3 && gpt.rotaries.isEmpty)
    #expect(gpt.layers[0].rotary == nil && gpt.activation == .geluTanh)
    #expect(gpt.keyValueHeadCount == 4)
  }

  /// As google/gemma-3-4b-it has it.
  private let imageModel: JSON = [
    "architectures": ["Gemma3ForConditionalGeneration"], "boi_token_index": 255_999,
    "eoi_token_index": 256_000, "eos_token_id": [1, 106], "image_token_index": 262_144,
    "initializer_range": 0.02, "mm_tokens_per_image": 256, "model_type": "gemma3",
    "text_config": [
      "hidden_size": 2560, "intermediate_size": 10240, "model_type": "gemma3_text",
      "num_hidden_layers": 34, "rope_scaling": ["factor": 8.0, "rope_type": "linear"],
      "sliding_window": 1024,
    ], "torch_dtype": "bfloat16", "transformers_version": "4.50.0.dev0",
    "vision_config": ["hidden_size": 1152, "model_type": "siglip_vision_model"],
  ]

  @Test func theLanguagePartOfAModelThatSeesImagesIsRead() throws {
    let configuration = try ModelConfiguration(imageModel)
    #expect(configuration.family == .gemma3 && configuration.isLanguagePart)
    #expect(configuration.hiddenSize == 2560 && configuration.layerCount == 34)
    #expect(configuration.endTokens == [1, 106] && configuration.savedType == .bfloat16)
    #expect(configuration.tiesEmbeddings)
    #expect(try !ModelConfiguration(changed([:])).isLanguagePart)

    func changedImages(_ key: String, _ value: JSON?) -> JSON {
      var object = imageModel.object ?? JSONObject()
      object[key] = value
      return .object(object)
    }
    #expect(defect(changedImages("text_config", nil)) == .missing(key: "text_config"))
    #expect(defect(changedImages("audio_config", ["a": 1])) == .unknownKey(key: "audio_config"))
    let inner = changedImages("text_config", ["hidden_size": 2560, "surprise": 1])
    #expect(defect(inner) == .unknownKey(key: "text_config.surprise"))
    guard case .wrongType("text_config", _, _) = defect(changedImages("text_config", "x")) else {
      Issue.record("a text was accepted")
      return
    }
  }

  @Test(arguments: [
    "model_type", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads",
    "rms_norm_eps", "vocab_size", "max_position_embeddings", "rope_theta",
  ])
  func whatIsNeededIsNamed(key: String) {
    #expect(defect(changed([key: nil])) == .missing(key: key))
    #expect(defect(changed([key: .some(.null)])) == .missing(key: key))
    guard case .wrongType(key, _, "array") = defect(changed([key: []])) else {
      Issue.record("a list was accepted")
      return
    }
  }

  @Test(arguments: [
    ("hidden_size", "0"), ("hidden_size", "-8"), ("hidden_size", "16777217"),
    ("hidden_size", "8.5"), ("hidden_size", "1e400"), ("intermediate_size", "99999999999999999999"),
    ("num_hidden_layers", "1025"), ("num_attention_heads", "0"), ("num_key_value_heads", "0"),
    ("vocab_size", "9223372036854775807"), ("head_dim", "0"), ("head_dim", "3"),
    ("head_dim", "258"),
    ("rms_norm_eps", "-1e-6"), ("rope_theta", "0"), ("rope_theta", "1e999"), ("bos_token_id", "11"),
    ("eos_token_id", "[2, 11]"), ("eos_token_id", "-2"), ("pretraining_tp", "2"),
  ])
  func numbersOutOfRangeAreNamed(key: String, value: String) throws {
    let json = try JSON.parse(value)
    guard case .outOfRange(key, _, _) = defect(changed([key: json])) else {
      Issue.record("\(key) \(value): \(String(describing: defect(changed([key: json]))))")
      return
    }
  }

  @Test func headsMustDivide() {
    #expect(
      defect(changed(["num_attention_heads": 3]))
        == .contradiction("hidden_size (8) is not a multiple of num_attention_heads (3)"))
    #expect(
      defect(changed(["num_attention_heads": 4, "num_key_value_heads": 3]))
        == .contradiction(
          "num_attention_heads (4) is not a multiple of num_key_value_heads (3)"))
    #expect(
      defect(changed(["num_attention_heads": 8]))
        == .outOfRange(key: "head_dim", value: "1", range: "an even number 2…256"))
    #expect(throws: Never.self) {
      try ModelConfiguration(changed(["num_attention_heads": 3, "head_dim": 16]))
    }
  }

  @Test func otherModelsAreRefusedWithTheListOfThoseThatWork() throws {
    let error = #expect(throws: FormatsError.self) {
      try ModelConfiguration(changed(["model_type": "bloom"]), path: "m/config.json")
    }
    let families =
      "llama, mistral, qwen2, qwen3, smollm3, olmo2, granite, phi3, gemma, gemma2, gemma3_text, gpt2"
    #expect(
      error?.description == """
        m/config.json: 'model_type' is 'bloom', which is not supported
          supported: \(families)
        """)
    func description(_ changes: KeyValuePairs<String, JSON?>) -> String? {
      let json = changed(changes)
      return #expect(throws: FormatsError.self) { try ModelConfiguration(json) }?.description
    }
    #expect(
      description(["model_type": "mixtral"]) == """
        config.json: 'mixtral' is a mixture of experts, which is not supported
          supported: \(families)
        """)
    #expect(
      description(["model_type": "qwen2_5_vl"]) == """
        config.json: 'qwen2_5_vl' is a model of text and other media, which is not supported
          a folder with the text model alone can be used if its model_type is one of: \(families)
        """)
    #expect(
      description(["model_type": "mamba"]) == """
        config.json: 'mamba' is a recurrent model, which is not supported
          supported: \(families)
        """)
    #expect(
      description(["num_local_experts": 8])
        == "config.json: 'num_local_experts' makes this a mixture of experts, which is not supported"
    )
    #expect(
      description(["quantization_config": ["quant_method": "gptq"]]) == """
        config.json: the weights are quantised (gptq), which is not supported
          use the folder that has the model's weights in bfloat16 or float32
        """)
    #expect(
      defect(changed(["hidden_act": "relu"]))
        == .unsupportedValue(
          key: "hidden_act", value: "relu",
          supported: ["silu", "swish", "gelu_pytorch_tanh", "gelu_new", "gelu", "gelu_python"]))
    #expect(
      defect(changed(["dtype": "float8"]))
        == .unsupportedValue(
          key: "dtype", value: "float8",
          supported: ["float32", "bfloat16", "float16", "float64"]))
  }

  @Test func unknownKeysPassOnlyWhenEmpty() throws {
    for value in [.null, false, 0, 0.0, "", [], [:]] as [JSON] {
      #expect(throws: Never.self) { try ModelConfiguration(changed(["new_key": value])) }
    }
    for value in [true, 1, 0.5, "x", [0], ["a": nil]] as [JSON] {
      #expect(defect(changed(["new_key": value])) == .unknownKey(key: "new_key"))
    }
    // Dropout is for training alone, and trainers of preferences turn it off.
    #expect(throws: Never.self) { try ModelConfiguration(changed(["attention_dropout": 0.1])) }
    #expect(
      defect(changed(["quantization_config": ["bits": 4]]))
        == .quantized(method: "of an unnamed kind"))
  }

  @Test(arguments: ["[]", "1", "null", "\"x\""])
  func filesThatAreNoObject(text: String) throws {
    #expect(defect(try JSON.parse(text)) == .notObject)
  }

  @Test func readsAFolder() throws {
    let folder = try TemporaryFolder()
    try folder.write("config.json", llama.text())
    #expect(try ModelConfiguration(folder: folder.path) == ModelConfiguration(llama))
    try folder.write("config.json", "{\"model_type\": ")
    let error = #expect(throws: FormatsError.self) { try ModelConfiguration(folder: folder.path) }
    #expect(
      error?.message == "\(folder("config.json")):1:16 is not JSON: the text ends too early")
  }

  /// Any value for any key is accepted or refused, never a trap.
  @Test func survivesStrangeValues() throws {
    let strange: [JSON] = [
      .null, true, -1, 0, 1, 7, 1e300, "x", [], [[]], [nil], [:], ["rope_type": 1],
      .number(JSONNumber(Int.max)), .number(JSONNumber(Int.min)),
    ]
    for family in ModelConfiguration.Family.allCases {
      let json = try Fixtures.architecture(family)
      _ = try ModelConfiguration(json)
      for key in json.object?.keys ?? [] {
        for other in strange { _ = try? ModelConfiguration(changed([key: other], from: json)) }
        for inner in json[key]?.object?.keys ?? [] {
          for other in strange {
            let nested = changed([inner: other], from: json[key])
            _ = try? ModelConfiguration(changed([key: nested], from: json))
          }
        }
      }
    }
  }
}

@Suite("GenerationConfiguration")
struct GenerationConfigurationTests {
  @Test func isOptionalAndGivesTheEndTokens() throws {
    let folder = try TemporaryFolder()
    #expect(try GenerationConfiguration.read(folder: folder.path, vocabularySize: 10) == nil)
    try folder.write(
      "generation_config.json", #"{"eos_token_id": [4, 2], "pad_token_id": 3, "temperature": 0.6}"#)
    let configuration = try GenerationConfiguration.read(folder: folder.path, vocabularySize: 10)
    #expect(configuration?.endTokens == [4, 2])
    #expect(configuration?.padToken == 3)
    #expect(configuration?.beginToken == nil)
    #expect(throws: FormatsError.self) {
      try GenerationConfiguration.read(folder: folder.path, vocabularySize: 4)
    }
  }
}
