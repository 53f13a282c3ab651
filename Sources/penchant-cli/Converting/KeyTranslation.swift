import PenchantCore
import PenchantTuning

/// What one key of another trainer becomes.
struct KeyTranslation {
  /// Our options with their values; none where nothing is to be set.
  var settings: [(String, JSON)] = []
  var fate: ConfigurationTranslation.Fate

  typealias Rule = @Sendable (JSON, TranslationContext) -> KeyTranslation

  static func mapped(_ option: String, _ value: JSON) -> KeyTranslation {
    KeyTranslation(settings: [(option, value)], fate: .mapped)
  }

  static func changed(
    _ note: String, _ option: String? = nil, _ value: JSON = .null
  ) -> KeyTranslation {
    KeyTranslation(settings: option.map { [($0, value)] } ?? [], fate: .changed(note: note))
  }

  static func refused(_ note: String) -> KeyTranslation {
    KeyTranslation(fate: .refused(note: note))
  }

  // MARK: - Kinds of keys

  private static func number(_ option: String) -> Rule {
    { value, _ in
      guard let number = numeric(value) else { return refused("it must be a number") }
      return mapped(option, .number(number))
    }
  }

  private static func text(_ option: String) -> Rule {
    { value, _ in
      guard let text = value.string else { return refused("it must be a text") }
      return mapped(option, .string(text))
    }
  }

  /// A key that only one value of is what happens here.
  private static func only(_ accepted: [JSON], _ note: String) -> Rule {
    { value, _ in
      let isAccepted =
        accepted.contains(value)
        || accepted.contains { other in
          numeric(other)?.double == numeric(value)?.double
            && numeric(value) != nil
        }
      return isAccepted ? changed("that is what happens here") : refused(note)
    }
  }

  private static func flagOff(_ note: String) -> Rule {
    { value, _ in value.bool == false ? changed("left out: it is off") : refused(note) }
  }

  /// YAML 1.1 reads `5e-6` as a text; every trainer means the number.
  static func numeric(_ value: JSON) -> JSONNumber? {
    if case .number(let number) = value { return number }
    return value.string.flatMap { Double($0) }.flatMap { $0.isFinite ? JSONNumber($0) : nil }
  }

  private static func whole(_ value: JSON) -> Int? { numeric(value)?.int }

  // MARK: - Keys that need a rule of their own

  private static let epochs: Rule = { value, _ in
    guard let number = numeric(value)?.double, number > 0 else {
      return refused("it must be a number above 0")
    }
    guard number == number.rounded() else {
      return refused("only whole passes are made; set --max-steps instead")
    }
    return mapped("epochs", .number(JSONNumber(Int(number))))
  }

  private static let batch: Rule = { _, context in
    changed(
      "pairs a device × accumulation; multiply by the number of processes", "batch-size",
      .number(JSONNumber(context.batchSize)))
  }

  private static let schedule: Rule = { value, context in
    switch value.string {
    case "cosine": return mapped("schedule", "cosine")
    case "linear": return mapped("schedule", "linear")
    case "constant": return mapped("schedule", "constant")
    case "constant_with_warmup":
      return changed("constant after the warm-up", "schedule", "constant")
    default: return refused("cosine, linear and constant are the schedules here")
    }
  }

  private static let warmupSteps: Rule = { value, context in
    guard let steps = numeric(value)?.double else { return refused("it must be a number") }
    if steps == 0 { return changed("no warm-up", "warmup-ratio", 0) }
    // Transformers 5 takes a share below 1 under this name.
    if steps < 1 {
      return changed("a share of the steps", "warmup-ratio", .number(JSONNumber(steps)))
    }
    guard let total = context.values["max_steps"].flatMap(whole), total > 0 else {
      return refused("set --warmup-ratio to these steps divided by all of them")
    }
    return changed(
      "as a share of max_steps", "warmup-ratio", .number(JSONNumber(steps / Double(total))))
  }

  private static let objective: Rule = { value, context in
    let names = value.array?.compactMap(\.string) ?? [value.string].compactMap { $0 }
    guard names.count == 1 else { return refused("one loss at a time") }
    let aliases = ["kto_pair": "apo_zero"]
    guard aliases[names[0]] == nil else { return refused("there is no objective \(names[0])") }
    let known = ObjectiveCatalog.entries.contains {
      $0.name == names[0] || $0.aliases.contains(names[0])
    }
    guard known else { return refused("there is no objective \(names[0])") }
    return mapped("objective", .string(names[0]))
  }

  private static let stage: Rule = { value, _ in
    switch value.string {
    case "dpo": changed("what 'penchant tune' does")
    case "sft": changed("use 'penchant sft --config …'", "objective", "sft")
    case let other: refused("stage \(other ?? "") is not done here")
    }
  }

  private static let targets: Rule = { value, _ in
    let names =
      value.array?.compactMap(\.string)
      ?? value.string?.split(separator: ",").map { $0.filter { $0 != " " } }
    guard let names, !names.isEmpty else { return refused("it must name modules") }
    if names == ["all"] || names == ["all-linear"] { return mapped("lora-targets", "all-linear") }
    return mapped("lora-targets", .string(names.joined(separator: ",")))
  }

  private static let adapter: Rule = { value, _ in
    switch value.string {
    case "lora": changed("an adapter is the default")
    case "qlora": changed("an adapter; the weights stay in bfloat16")
    case let other: refused("adapters of kind \(other ?? "") are not trained here")
    }
  }

  private static let finetuning: Rule = { value, _ in
    switch value.string {
    case "lora": changed("an adapter is the default")
    case "full": changed("the weights themselves", "full", true)
    case let other: refused("\(other ?? "") is not trained here")
    }
  }

  private static let peft: Rule = { value, _ in
    value.bool == true
      ? changed("an adapter is the default") : changed("the weights themselves", "full", true)
  }

  private static let data: Rule = { value, _ in
    let paths =
      value.array?.compactMap { $0.string ?? $0["path"]?.string ?? $0["data_files"]?.string }
      ?? value.string?.split(separator: ",").map { String($0.filter { $0 != " " }) } ?? []
    guard !paths.isEmpty else { return refused("it names no data") }
    return changed(
      "a file, or OWNER/NAME fetched by 'penchant pull'", "data", .array(paths.map { .string($0) }))
  }

  private static let truncation: Rule = { value, _ in
    switch value.string {
    case "keep_start": mapped("truncation", "keep-start")
    case "keep_end":
      changed("the beginning of the prompt is cut, never an answer", "truncation", "cut-prompt")
    default: refused("keep_start or keep_end")
    }
  }

  private static func every(_ option: String) -> Rule {
    { value, _ in
      guard let steps = numeric(value)?.double else { return refused("it must be a number") }
      guard steps >= 1 else { return refused("a share of the steps; give their number") }
      return mapped(option, .number(JSONNumber(Int(min(steps, 1e9)))))
    }
  }

  private static let maxSteps: Rule = { value, _ in
    guard let steps = whole(value) else { return refused("it must be a whole number") }
    return steps > 0
      ? mapped("max-steps", .number(JSONNumber(steps))) : changed("no limit, the default")
  }

  private static let holdout: Rule = { value, _ in
    guard let share = numeric(value)?.double else { return refused("it must be a number") }
    guard share < 1 else { return refused("a number of rows; give a share below 1") }
    return mapped("holdout", .number(JSONNumber(share)))
  }

  private static let dtype: Rule = { value, _ in
    switch value.string {
    case "bfloat16", "bf16", "auto": changed("bfloat16 is the default", "dtype", "bfloat16")
    case "float32", "fp32": mapped("dtype", "float32")
    default: refused("bfloat16 or float32")
    }
  }

  private static let bf16: Rule = { value, _ in
    value.bool == true || value.string == "auto" || value.string == "full"
      ? changed("bfloat16 is the default", "dtype", "bfloat16")
      : changed("left out: it is off")
  }

  private static let optimizer: Rule = { value, _ in
    let name = value.string ?? ""
    guard name.hasPrefix("adamw"), !name.contains("8bit"), !name.contains("4bit") else {
      return refused("AdamW with float32 moments is the optimizer here")
    }
    return changed("AdamW is the optimizer here")
  }

  private static let quantised: Rule = { value, _ in
    if value.bool == false { return changed("left out: it is off") }
    return value.int == 8
      ? eightBits : changed("the weights stay in bfloat16; --base-weights int8 halves them")
  }

  private static let quantisedToEight: Rule = { value, _ in
    value.bool == false ? changed("left out: it is off") : eightBits
  }

  private static let eightBits = changed(
    "a byte and a scale for 64 weights of a row, not bitsandbytes' rounding", "base-weights", "int8"
  )

  /// By key, in lower case with underscores; the same name means the same in all three trainers.
  static let rules: [String: Rule] = [
    // Model, data, output.
    "model_name_or_path": text("model"), "base_model": text("model"),
    "adapter_name_or_path": text("init-adapter"), "output_dir": text("output"),
    "dataset": data, "dataset_name": data, "datasets": data, "train_file": data,
    "max_samples": number("limit"), "val_size": holdout, "val_set_size": holdout,
    "overwrite_output_dir": { value, _ in mapped("overwrite", .bool(value.bool ?? false)) },
    "template": { _, _ in changed("the model's own template is used; --chat-template sets another")
    },
    "chat_template": { _, _ in
      changed("the model's own template is used; --chat-template sets another")
    },
    // Objective.
    "loss_type": objective, "pref_loss": objective, "rl": objective, "stage": stage,
    "beta": number("beta"), "pref_beta": number("beta"), "rl_beta": number("beta"),
    "dpo_beta": number("beta"), "simpo_gamma": number("gamma"),
    "label_smoothing": number("label-smoothing"),
    "dpo_label_smoothing": number("label-smoothing"),
    "label_smoothing_factor": only([0], "use label_smoothing of the objective"),
    "pref_ftx": only([0], "no supervised loss is mixed in"),
    "rpo_alpha": only([], "no supervised loss is mixed in"),
    "f_divergence_type": only(["reverse_kl"], "the divergence is the reverse KL"),
    "reference_free": flagOff("choose an objective without a reference"),
    "sync_ref_model": flagOff("the reference does not follow the policy"),
    "ref_model": { _, _ in refused("set --reference adapter:FOLDER") },
    // Batches and lengths.
    "per_device_train_batch_size": batch, "gradient_accumulation_steps": batch,
    "micro_batch_size": batch, "max_length": number("max-length"),
    "cutoff_len": number("max-length"), "sequence_len": number("max-length"),
    "max_prompt_length": { _, _ in
      changed("one limit for prompt and answer; --truncation says what is cut")
    },
    "truncation_mode": truncation,
    // Steps and rates.
    "num_train_epochs": epochs, "num_epochs": epochs, "max_steps": maxSteps,
    "learning_rate": number("learning-rate"), "lr_scheduler_type": schedule,
    "lr_scheduler": schedule, "warmup_ratio": number("warmup-ratio"), "warmup_steps": warmupSteps,
    "weight_decay": number("weight-decay"), "max_grad_norm": number("max-grad-norm"),
    "gradient_clipping": number("max-grad-norm"), "optim": optimizer, "optimizer": optimizer,
    "adam_beta1": only([0.9], "beta1 is 0.9"), "adam_beta2": only([0.999], "beta2 is 0.999"),
    "adam_epsilon": only([1e-8], "epsilon is 1e-8"), "seed": number("seed"),
    "save_steps": every("save-every"), "eval_steps": every("eval-every"),
    // Adapter and numbers.
    "use_peft": peft, "adapter": adapter, "finetuning_type": finetuning,
    "lora_r": number("lora-rank"), "lora_rank": number("lora-rank"),
    "lora_alpha": number("lora-alpha"), "lora_target_modules": targets, "lora_target": targets,
    "lora_target_linear": { value, _ in
      value.bool == true
        ? mapped("lora-targets", "all-linear") : changed("left out: it is off")
    },
    "lora_dropout": only([0], "adapters are trained without dropout"),
    "use_dora": flagOff("DoRA is not trained here"),
    "use_rslora": flagOff("set --lora-alpha to alpha × sqrt(rank)"),
    "bf16": bf16, "fp16": flagOff("float16 is not computed with; bfloat16 is the default"),
    "dtype": dtype, "torch_dtype": dtype, "load_in_4bit": quantised,
    "load_in_8bit": quantisedToEight,
    "quantization_bit": quantised,
  ]

  /// Keys about logging, speed, memory or publishing, none of which changes what is learnt here.
  static let withoutEffect: Set<String> = [
    "do_train", "do_eval", "logging_steps", "logging_strategy", "logging_dir", "report_to",
    "plot_loss", "save_strategy", "eval_strategy", "evaluation_strategy", "save_total_limit",
    "save_only_model", "save_safetensors", "per_device_eval_batch_size", "eval_batch_size",
    "gradient_checkpointing", "gradient_checkpointing_kwargs", "preprocessing_num_workers",
    "dataset_num_proc", "overwrite_cache", "trust_remote_code", "attn_implementation",
    "flash_attention", "flash_attn", "sdp_attention", "xformers_attention", "tf32",
    "remove_unused_columns", "push_to_hub", "deepspeed", "fsdp", "fsdp_config", "local_rank",
    "run_name", "disable_dropout", "precompute_ref_log_probs", "padding_free", "group_by_length",
    "pad_to_sequence_len", "model_type", "tokenizer_type", "dataset_dir", "dataset_prepared_path",
    "dataset_train_split", "dataset_test_split", "is_llama_derived_model",
    "early_stopping_patience",
    "saves_per_epoch", "evals_per_epoch", "debug", "low_cpu_mem_usage", "disable_tqdm", "strict",
    "resume_from_checkpoint", "include_tokens_per_second", "use_liger_kernel",
  ]

  static let prefixesWithoutEffect = [
    "ddp_", "dataloader_", "wandb_", "hub_", "logging_", "mlflow_",
  ]
}
