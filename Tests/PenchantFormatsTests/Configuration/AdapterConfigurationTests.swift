import PenchantCore
import PenchantFormats
import Testing

@Suite("AdapterConfiguration")
struct AdapterConfigurationTests {
  private func changed(_ changes: KeyValuePairs<String, JSON?>) throws -> JSON {
    var object = try #require(Fixtures.json("peft.adapter_config.json").object)
    for (key, value) in changes { object[key] = value }
    return .object(object)
  }

  private func defect(_ changes: KeyValuePairs<String, JSON?>) throws -> ConfigurationDefect? {
    let json = try changed(changes)
    let error = #expect(throws: FormatsError.self) { try AdapterConfiguration(json) }
    guard case .configuration(_, let defect) = error?.code else { return nil }
    return defect
  }

  @Test func readsWhatPEFTWrites() throws {
    let configuration = try AdapterConfiguration(Fixtures.json("peft.adapter_config.json"))
    #expect(
      configuration
        == AdapterConfiguration(
          rank: 2, alpha: 4, targetModules: ["q_proj", "v_proj"], baseModel: "example/base"))
    #expect(configuration.scale == 2)
  }

  @Test func readsTheSmallestFileWithTheDefaultsOfPEFT() throws {
    let configuration = try AdapterConfiguration([
      "peft_type": "LORA", "target_modules": ["q_proj"],
    ])
    #expect(configuration.rank == 8 && configuration.alpha == 8 && configuration.scale == 1)
  }

  @Test func rankStabilizedScaleDividesByTheRoot() throws {
    let configuration = try AdapterConfiguration(
      changed(["use_rslora": true, "r": 16, "lora_alpha": 32]))
    #expect(configuration.scale == 8)
  }

  /// PEFT corrects the flag by the module it meets, so both values are read.
  @Test func aTransposedBaseIsNoted() throws {
    #expect(try AdapterConfiguration(changed(["fan_in_fan_out": true])).isStoredTransposed)
    #expect(try !AdapterConfiguration(changed(["fan_in_fan_out": false])).isStoredTransposed)
  }

  @Test func targetsMatchWholeNamesAtTheEnd() {
    let configuration = AdapterConfiguration(
      rank: 1, alpha: 1, targetModules: ["q_proj", "mlp.up_proj"])
    #expect(configuration.targets("model.layers.0.self_attn.q_proj"))
    #expect(configuration.targets("q_proj"))
    #expect(configuration.targets("model.layers.0.mlp.up_proj"))
    #expect(!configuration.targets("model.layers.0.self_attn.eq_proj"))
    #expect(!configuration.targets("up_proj"))
  }

  @Test(
    arguments: [
      ("use_dora", true), ("lora_bias", true), ("use_qalora", true),
      ("rank_pattern", ["q_proj": 4]), ("alpha_pattern", ["q_proj": 4]),
      ("exclude_modules", ["x"]),
      ("layers_to_transform", [0, 1]),
      ("layer_replication", [[0, 1]]), ("trainable_token_indices", [5]), ("new_key", 1),
      ("target_parameters", ["x"]), ("ensure_weight_tying", true), ("loftq_config", ["bits": 4]),
    ] as [(String, JSON)])
  func whatIsNotPlainLoRAIsRefusedByItsKey(key: String, value: JSON) throws {
    #expect(try defect([key: value]) == .unknownKey(key: key))
  }

  @Test func otherValuesAreRefusedWithWhatWorks() throws {
    #expect(
      try defect(["peft_type": "IA3"])
        == .unsupportedValue(key: "peft_type", value: "IA3", supported: ["LORA"]))
    #expect(
      try defect(["bias": "all"])
        == .unsupportedValue(key: "bias", value: "all", supported: ["none"]))
    #expect(
      try defect(["task_type": "TOKEN_CLS"])
        == .unsupportedValue(
          key: "task_type", value: "TOKEN_CLS", supported: ["CAUSAL_LM", "SEQ_CLS"]))
    #expect(
      try defect(["modules_to_save": ["lm_head"]])
        == .unsupportedValue(
          key: "modules_to_save", value: "[\"lm_head\"]", supported: ["null", "[\"score\"]"]))
    #expect(
      try defect(["target_modules": "all-linear"])
        == .unsupportedValue(
          key: "target_modules", value: "all-linear", supported: ["a list of module names"]))
    guard
      case .unsupportedValue("init_lora_weights", "pissa", _) = try defect([
        "init_lora_weights": "pissa"
      ])
    else {
      Issue.record("PiSSA was accepted")
      return
    }
    #expect(try defect(["peft_type": nil]) == .missing(key: "peft_type"))
    #expect(try defect(["target_modules": []]) == .missing(key: "target_modules"))
  }

  @Test(arguments: [0, -1, 65537])
  func ranksOutOfRange(rank: Int) throws {
    guard case .outOfRange("r", _, _) = try defect(["r": .number(JSONNumber(rank))]) else {
      Issue.record("accepted")
      return
    }
  }

  @Test func whatIsWrittenIsReadAndAlwaysTheSame() throws {
    let folder = try TemporaryFolder()
    let configuration = AdapterConfiguration(
      rank: 16, alpha: 32, targetModules: ["q_proj", "down_proj"], isRankStabilized: true,
      dropout: 0.05, baseModel: "a \"model\"")
    try configuration.write(folder: folder.path)
    #expect(try AdapterConfiguration(folder: folder.path) == configuration)
    #expect(
      String(decoding: try FileSystem.read(folder("adapter_config.json")), as: UTF8.self) == """
        {
          "base_model_name_or_path": "a \\"model\\"",
          "bias": "none",
          "fan_in_fan_out": false,
          "inference_mode": true,
          "lora_alpha": 32,
          "lora_dropout": 0.05,
          "modules_to_save": null,
          "peft_type": "LORA",
          "r": 16,
          "target_modules": [
            "q_proj",
            "down_proj"
          ],
          "task_type": "CAUSAL_LM",
          "use_dora": false,
          "use_rslora": true
        }

        """)
  }
}

@Suite("AdapterTensorName")
struct AdapterTensorNameTests {
  @Test func takesApartEveryNamePEFTWrites() throws {
    let path = Fixtures.path("peft.adapter_model.safetensors")
    let file = try SafetensorsFile(path: path)
    #expect(file.entries.count == 8)
    for entry in file.entries {
      let name = try AdapterTensorName(entry.name, path: path)
      #expect(name.text == entry.name)
      #expect(name.module.hasPrefix("model.layers."))
      #expect(entry.shape[name.factor == .a ? 0 : 1] == 2)  // the rank
    }
  }

  @Test func isWhatPEFTExpects() {
    #expect(
      AdapterTensorName(module: "model.layers.0.mlp.up_proj", factor: .b).text
        == "base_model.model.model.layers.0.mlp.up_proj.lora_B.weight")
  }

  @Test(arguments: [
    "", "model.layers.0.q_proj.lora_A.weight", "base_model.model.lora_A.weight",
    "base_model.model..lora_A.weight", "base_model.model.q_proj.lora_A.bias",
    "base_model.model.q_proj.lora_magnitude_vector",
    "base_model.model.q_proj.lora_A.default.weight",
    "base_model.model.lm_head.weight",
  ])
  func otherNamesAreRefused(name: String) {
    #expect(throws: FormatsError(.adapterTensorName(name: name, path: "x"))) {
      try AdapterTensorName(name, path: "x")
    }
  }
}
