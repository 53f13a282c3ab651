/// What an option of another trainer is called here.
struct ForeignName: Sendable, Equatable {
  /// Our option; nil where there is nothing to set.
  let option: String?
  /// What differs in meaning.
  let note: String?

  init(_ option: String?, note: String? = nil) {
    self.option = option
    self.note = note
  }

  /// The translation of a name, whatever its spelling with `-` or `_`.
  static func translation(of name: String) -> ForeignName? {
    table[name.lowercased().replacing("-", with: "_")]
  }

  private static let wholeStep = "pairs of a whole optimizer step"

  /// Names as TRL, Transformers, PEFT, LLaMA-Factory, Axolotl and others spell them.
  private static let table: [String: ForeignName] = [
    // model and data
    "model_name_or_path": ForeignName("model"), "base_model": ForeignName("model"),
    "model_id": ForeignName("model"), "dataset": ForeignName("data"),
    "datasets": ForeignName("data"), "dataset_name": ForeignName("data"),
    "train_file": ForeignName("data"), "output_dir": ForeignName("output"),
    "overwrite_output_dir": ForeignName("overwrite"), "max_samples": ForeignName("limit"),
    "adapter_name_or_path": ForeignName("init-adapter"), "val_size": ForeignName("holdout"),
    "val_set_size": ForeignName("holdout"), "eval_dataset": ForeignName("eval-data"),
    "template": ForeignName("chat-template"), "dataset_type": ForeignName("format"),
    // objective
    "loss_type": ForeignName("objective"), "rl": ForeignName("objective"),
    "pref_loss": ForeignName("objective"), "pref_beta": ForeignName("beta"),
    "dpo_beta": ForeignName("beta"), "rl_beta": ForeignName("beta"),
    "loss_weights": ForeignName("objective", note: "as in sigmoid:1,sft:0.5"),
    "rpo_alpha": ForeignName("objective", note: "sigmoid:1,sft:α is RPO"),
    "simpo_gamma": ForeignName("gamma"), "tpo_l_gamma": ForeignName("gamma"),
    "cpo_alpha": ForeignName("sft-weight"), "tpo_alpha": ForeignName("sft-weight"),
    "discopop_tau": ForeignName("tau"), "use_weighting": ForeignName("wpo"),
    "f_divergence_type": ForeignName("f-divergence"),
    "f_alpha_divergence_coef": ForeignName("f-alpha"),
    "sync_ref_model": ForeignName("reference-sync", note: "steps between updates"),
    "ref_model_sync_steps": ForeignName("reference-sync"),
    "ref_model_mixup_alpha": ForeignName("reference-mix"),
    "ref_model": ForeignName("reference"), "dpo_label_smoothing": ForeignName("label-smoothing"),
    // batches and lengths
    "per_device_train_batch_size": ForeignName("batch-size", note: wholeStep),
    "train_batch_size": ForeignName("batch-size", note: wholeStep),
    "gradient_accumulation_steps": ForeignName(
      "batch-size", note: "\(wholeStep); --micro-tokens sets how it is cut"),
    "micro_batch_size": ForeignName("micro-tokens", note: "tokens, not rows"),
    "max_prompt_length": ForeignName("max-length", note: "prompt and answer together"),
    "max_completion_length": ForeignName("max-length", note: "prompt and answer together"),
    "max_seq_length": ForeignName("max-length"), "cutoff_len": ForeignName("max-length"),
    "sequence_len": ForeignName("max-length"), "truncation_mode": ForeignName("truncation"),
    // steps and rates
    "num_train_epochs": ForeignName("epochs"), "num_epochs": ForeignName("epochs"),
    "lr": ForeignName("learning-rate"), "lr_scheduler_type": ForeignName("schedule"),
    "lr_scheduler": ForeignName("schedule"),
    "warmup_steps": ForeignName("warmup-ratio", note: "a share of all steps"),
    "gradient_clipping": ForeignName("max-grad-norm"), "save_steps": ForeignName("save-every"),
    "eval_steps": ForeignName("eval-every"), "resume_from_checkpoint": ForeignName("resume"),
    "data_seed": ForeignName("seed"),
    // adapter and numbers
    "lora_r": ForeignName("lora-rank"), "lora_target_modules": ForeignName("lora-targets"),
    "target_modules": ForeignName("lora-targets"), "lora_target": ForeignName("lora-targets"),
    "lora_dropout": ForeignName(nil, note: "adapters are trained without dropout"),
    "finetuning_type": ForeignName("full", note: "LoRA is the default"),
    "bf16": ForeignName("dtype", note: "bfloat16 is the default"),
    "fp16": ForeignName("dtype", note: "bfloat16 or float32"),
    "torch_dtype": ForeignName("dtype"),
    "gradient_checkpointing": ForeignName(nil, note: "nothing is recomputed here"),
    "num_threads": ForeignName("threads"),
    // generation
    "max_tokens": ForeignName("max-new-tokens"),
    "do_sample": ForeignName("temperature", note: "0 is greedy"),
    "stop_strings": ForeignName("stop"),
  ]
}
