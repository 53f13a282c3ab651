extension TuneConfiguration {
  /// Every option in the order in which a configuration is written.
  package static let options: [TuneOption] = [
    .init("model", \.model, "folder of the model"),
    .init("data", \.data, "files of pairs"),
    .init("output", \.output, "the run directory"),
    .init("format", \.format, "the data's format; recognised by default"),
    .init("patch", \.patch, "patch of the audit to apply first"),
    .init("skip-bad", \.skipBad, "leave out rows that cannot be read; default false"),
    .init("limit", \.limit, "rows to read at most, 1 or more; default all"),

    .init("objective", \.objective, "what to minimise; default sigmoid"),
    .init("beta", \.beta, "pull towards the reference, above 0; default 0.1"),
    .init("label-smoothing", \.labelSmoothing, "share of labels thought wrong, 0 to 0.5"),
    .init("reference", \.reference, "initial, base or adapter:FOLDER; default initial"),
    .init("reference-cache", \.referenceCache, "folder or off; default the user's cache folder"),
    .init("semantics", \.semantics, "penchant, trl-1 or trl-0.24; default penchant"),
    .init("micro-pairs", \.microPairs, "pairs of a micro-batch under trl semantics"),

    .init("prompt-format", \.promptFormat, "how strings become prompts; default auto"),
    .init("chat-template", \.chatTemplate, "chatml or a file; default the model's own"),
    .init("train-on", \.trainOn, "which tokens count; default all after the prompt"),
    .init(
      "max-length", \.maxLength, "tokens of prompt + answer, 2 or more; default min(context, 2048)"),
    .init("truncation", \.truncation, "what to do with longer rows; default drop"),
    .init("on-mismatch", \.onMismatch, "prompt tokens that are no prefix; default error"),

    .init("lora-rank", \.loraRank, "rank of the adapter, 1 or more; default 16"),
    .init("lora-alpha", \.loraAlpha, "the update is scaled by alpha / rank, above 0; default 32"),
    .init("lora-targets", \.loraTargets, "all-linear or modules with commas; default all-linear"),
    .init("full", \.full, "train the weights themselves; default false"),
    .init("init-adapter", \.initAdapter, "adapter to go on from"),

    .init(
      "epochs", \.epochs,
      "passes over the data, 1 or more; default the fewest of 1-3 that give 100 steps"),
    .init("max-steps", \.maxSteps, "optimizer steps at most, 1 or more"),
    .init("batch-size", \.batchSize, "pairs of an optimizer step, 1 or more; default 8"),
    .init("micro-tokens", \.microTokens, "tokens of one pass, 1 or more; default 2048"),
    .init("learning-rate", \.learningRate, "highest rate, 0 or more; default by planned steps"),
    .init("schedule", \.schedule, "shape after the warm-up; default cosine"),
    .init("warmup-ratio", \.warmupRatio, "share of steps, 0 to 1; default 0.1"),
    .init("weight-decay", \.weightDecay, "decoupled decay, 0 or more; default 0"),
    .init("max-grad-norm", \.maxGradNorm, "clip the gradient's norm, 0 is never; default 1"),
    .init("seed", \.seed, "of every random number, 0 or more; default 0"),
    .init("no-shuffle", \.noShuffle, "take the pairs in file order; default false"),

    .init("holdout", \.holdout, "share of prompts to measure on, 0 to below 1; default 0.1"),
    .init("eval-data", \.evalData, "files of pairs to measure on"),
    .init("eval-every", \.evalEvery, "steps between measurements, 0 is at the end"),
    .init(
      "sample-every", \.sampleEvery,
      "steps between samplings of the fixed prompts, 0 is at beginning and end; default 0"),
    .init("sample-prompts", \.samplePrompts, "JSONL of prompts, or none; default 8 held-out ones"),
    .init("stop-when", \.stopWhen, "rules that end the run early, as in kl>5"),
    .init("save-every", \.saveEvery, "steps between checkpoints, 0 is at the end; default 200"),
    .init("resume", \.resume, "go on with the run in output; default false"),
    .init("overwrite", \.overwrite, "replace what is in output; default false"),
    .init("tensorboard", \.tensorboard, "also write TensorBoard files; default false"),

    .init("dtype", \.dtype, "what matrix products read; default bfloat16"),
    .init("base-weights", \.baseWeights, "bf16 or int8; default bf16"),
    .init("device", \.device, "where to compute; default cpu"),
    .init("threads", \.threads, "1 or more; default all there are"),
  ]

  /// What other trainers call our options.
  package static let foreignNames: [String: String] = [
    "lora_r": "lora-rank", "r": "lora-rank", "lora_dim": "lora-rank", "lora-r": "lora-rank",
    "target_modules": "lora-targets", "lora_target_modules": "lora-targets",
    "per_device_train_batch_size": "batch-size", "train_batch_size": "batch-size",
    "micro_batch_size": "micro-tokens", "gradient_accumulation_steps": "micro-tokens",
    "num_train_epochs": "epochs", "num_epochs": "epochs", "lr": "learning-rate",
    "lr_scheduler_type": "schedule", "lr_scheduler": "schedule", "warmup_steps": "warmup-ratio",
    "loss_type": "objective", "rl": "objective", "pref_loss": "objective", "pref_beta": "beta",
    "dpo_beta": "beta", "model_name_or_path": "model", "base_model": "model",
    "dataset_name": "data", "datasets": "data", "output_dir": "output",
    "max_seq_length": "max-length", "sequence_len": "max-length", "cutoff_len": "max-length",
    "truncation_mode": "truncation", "gradient_clipping": "max-grad-norm",
    "eval_steps": "eval-every", "save_steps": "save-every", "val_size": "holdout",
    "val_set_size": "holdout", "bf16": "dtype", "adapter_name_or_path": "init-adapter",
    "resume_from_checkpoint": "resume", "overwrite_output_dir": "overwrite",
    "random_seed": "seed", "precompute_ref_log_probs": "reference-cache",
  ]
}
