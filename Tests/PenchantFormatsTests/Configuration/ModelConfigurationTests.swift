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

  private func defect(_ json: JSON) -> ConfigurationDefect? {
    let error = #expect(throws: FormatsError.self) { try ModelConfiguration(json) }
    guard case .configuration("config.json", let defect) = error?.code else { return nil }
    return defect
  }

  @Test func readsTheSmallestFile() throws {
    let configuration = try ModelConfiguration(llama)
    #expect(configuration.keyValueHeadCount == 2)
    #expect(configuration.headSize == 4)
    #expect(configuration.ropeTheta == 10000)
    #expect(configuration.normEpsilon == 1e-5)
    #expect(!configuration.tiesEmbeddings)
    #expect(!configuration.hasQueryKeyValueBias && !configuration.hasAttentionOutputBias)
    #expect(configuration.endTokens.isEmpty && configuration.slidingWindow == nil)
    #expect(configuration.savedType == nil)
  }

  @Test func readsWhatTransformersWrites() throws {
    let llama = try ModelConfiguration(Fixtures.json("llama.config.json"))
    #expect(llama.family == .llama)
    #expect(llama.hiddenSize == 8 && llama.intermediateSize == 12 && llama.layerCount == 2)
    #expect(llama.headCount == 2 && llama.keyValueHeadCount == 1 && llama.headSize == 4)
    #expect(llama.queryWidth == 8 && llama.keyValueWidth == 4)
    #expect(llama.vocabularySize == 11 && llama.contextLength == 32)
    #expect(llama.ropeTheta == 10000 && llama.normEpsilon == 1e-6)
    #expect(llama.tiesEmbeddings)
    #expect(llama.beginToken == 1 && llama.endTokens == [2] && llama.padToken == nil)
    #expect(llama.savedType == .float32)

    let mistral = try ModelConfiguration(Fixtures.json("mistral.config.json"))
    #expect(mistral.family == .mistral && mistral.slidingWindow == 16)
    #expect(!mistral.hasQueryKeyValueBias)

    let qwen = try ModelConfiguration(Fixtures.json("qwen2.config.json"))
    #expect(qwen.family == .qwen2 && qwen.slidingWindow == nil)
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
    #expect(qwen.slidingWindow == nil)
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
    #expect(try ModelConfiguration(changed(["model_type": "mistral"])).slidingWindow == 4096)
    #expect(
      try ModelConfiguration(changed(["model_type": "mistral", "sliding_window": .some(.null)]))
        .slidingWindow == nil)
    #expect(defect(changed(["sliding_window": 4096])) == .unknownKey(key: "sliding_window"))
  }

  @Test func layersMustSeeAlike() throws {
    let full: JSON = ["full_attention", "full_attention"]
    let mixed: JSON = ["full_attention", "sliding_attention"]
    #expect(throws: Never.self) { try ModelConfiguration(changed(["layer_types": full])) }
    #expect(
      defect(changed(["layer_types": mixed]))
        == .unsupportedValue(
          key: "layer_types", value: "sliding_attention", supported: ["full_attention"]))
    #expect(
      defect(changed(["layer_types": ["full_attention"]]))
        == .contradiction("layer_types has 1 entries, num_hidden_layers is 2"))
    #expect(
      defect(changed(["model_type": "qwen2", "use_sliding_window": true]))
        == .unsupportedValue(key: "use_sliding_window", value: "true", supported: ["false"]))
  }

  @Test func ropeIsReadFromEitherPlaceAndMustBeSomewhere() throws {
    #expect(defect(changed(["rope_theta": nil])) == .missing(key: "rope_theta"))
    let nested = changed([
      "rope_theta": nil, "rope_parameters": ["rope_theta": 5e5, "rope_type": "default"],
    ])
    #expect(try ModelConfiguration(nested).ropeTheta == 500_000)
    #expect(
      defect(changed(["rope_theta": 1e4], from: nested))
        == .contradiction("rope_theta and rope_parameters.rope_theta differ"))
    #expect(throws: Never.self) {
      try ModelConfiguration(changed(["rope_theta": 500_000], from: nested))
    }
  }

  @Test func ropeScalingIsRefusedByName() throws {
    let scaled: JSON = ["rope_type": "llama3", "factor": 32.0]
    for key in ["rope_scaling", "rope_parameters"] {
      #expect(
        defect(changed([key: scaled]))
          == .unsupportedValue(key: "\(key).rope_type", value: "llama3", supported: ["default"]))
    }
    #expect(
      defect(changed(["rope_scaling": ["type": "linear", "factor": 2.0]]))
        == .unsupportedValue(
          key: "rope_scaling.rope_type", value: "linear", supported: ["default"]))
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
      try ModelConfiguration(changed(["model_type": "gemma2"]), path: "m/config.json")
    }
    #expect(
      error?.description == """
        m/config.json: 'model_type' is 'gemma2', which is not supported
          supported: llama, mistral, qwen2
        """)
    #expect(
      defect(changed(["hidden_act": "gelu"]))
        == .unsupportedValue(key: "hidden_act", value: "gelu", supported: ["silu", "swish"]))
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
    #expect(defect(changed(["attention_dropout": 0.1])) == .unknownKey(key: "attention_dropout"))
    #expect(
      defect(changed(["quantization_config": ["bits": 4]]))
        == .unknownKey(key: "quantization_config"))
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
    for base in ["llama", "mistral", "qwen2"] {
      let json = try Fixtures.json("\(base).config.json")
      for key in json.object?.keys ?? [] {
        for value in strange { _ = try? ModelConfiguration(changed([key: value], from: json)) }
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
