import PenchantCore
import PenchantTuning

/// A trainer whose configurations are understood.
enum TrainerDialect: Equatable {
  case trl, llamaFactory, axolotl

  var name: String {
    switch self {
    case .trl: "TRL"
    case .llamaFactory: "LLaMA-Factory"
    case .axolotl: "Axolotl"
    }
  }

  /// Tells a trainer by keys that only it has.
  static func detect(_ keys: [String]) -> TrainerDialect? {
    let keys = Set(keys)
    if !keys.isDisjoint(with: ["base_model", "micro_batch_size", "rl", "sequence_len"]) {
      return .axolotl
    }
    if !keys.isDisjoint(with: [
      "stage", "finetuning_type", "pref_beta", "pref_loss", "cutoff_len", "lora_target",
    ]) {
      return .llamaFactory
    }
    let common: Set = [
      "model_name_or_path", "per_device_train_batch_size", "learning_rate", "beta", "loss_type",
      "dataset_name", "lora_r", "use_peft", "output_dir",
    ]
    return keys.isDisjoint(with: common) ? nil : .trl
  }

  /// Pairs of one pass where the file does not say.
  var perDeviceBatch: Int {
    switch self {
    case .trl, .llamaFactory: 8
    case .axolotl: 1
    }
  }

  /// What the trainer does where the file says nothing and we would do something else.
  ///
  /// TRL's are those of 1.16's `DPOConfig` as it runs; LLaMA-Factory's were read in its argument classes (ff6d4d1,
  /// on Transformers' `TrainingArguments`), Axolotl's in its schemas and builders (067b021). docs/DEFAULTS.md lists
  /// them all, with what cannot be said here.
  func defaults(_ context: TranslationContext) -> [(String, JSON)] {
    let isFull = context.values["use_peft"]?.bool != true
    switch self {
    case .trl:
      return [
        ("learning-rate", 1e-6), ("schedule", "linear"), ("warmup-ratio", 0), ("epochs", 3),
        ("batch-size", .number(JSONNumber(context.batchSize))), ("max-length", 1024),
        ("truncation", "keep-start"), ("prompt-format", "raw"), ("holdout", 0), ("seed", 42),
      ] + (isFull ? [("full", true)] : [("lora-rank", 16), ("lora-alpha", 32)])
    case .llamaFactory:
      let rank = context.values["lora_rank"]?.int ?? 8
      let isLoRA = context.values["finetuning_type"]?.string ?? "lora" == "lora"
      return [
        ("learning-rate", 5e-5), ("schedule", "linear"), ("warmup-ratio", 0), ("epochs", 3),
        ("batch-size", .number(JSONNumber(context.batchSize))), ("max-length", 2048),
        ("holdout", 0), ("seed", 42),
      ]
        + simPO(context, "pref_loss")
        + (isLoRA
          ? [
            ("lora-rank", .number(JSONNumber(rank))), ("lora-alpha", .number(JSONNumber(2 * rank))),
          ]
          : [])
    case .axolotl:
      return [
        ("batch-size", .number(JSONNumber(context.batchSize))), ("schedule", "cosine"),
        ("warmup-ratio", 0.03), ("epochs", 1), ("max-length", 512), ("holdout", 0), ("seed", 42),
      ] + simPO(context, "rl") + (context.values["adapter"]?.string == nil ? [("full", true)] : [])
    }
  }

  /// TRL's numbers of SimPO, which the others take over; ours are the paper's.
  private func simPO(_ context: TranslationContext, _ key: String) -> [(String, JSON)] {
    context.values[key]?.string == "simpo" ? [("beta", 0.1), ("gamma", 0.5)] : []
  }

  /// What a key becomes.
  func translate(
    _ key: String, _ value: JSON, _ context: inout TranslationContext
  ) -> KeyTranslation {
    let key = key.lowercased().replacing("-", with: "_")
    if value.isNull { return .changed("empty, which says nothing") }
    if let translate = KeyTranslation.rules[key] { return translate(value, context) }
    if KeyTranslation.prefixesWithoutEffect.contains(where: { key.hasPrefix($0) })
      || KeyTranslation.withoutEffect.contains(key)
    {
      return .changed("left out: it changes no result here")
    }
    if case .bool(false) = value { return .changed("left out: it is off") }
    return .refused("not known here")
  }
}
