package import PenchantCore

extension AdapterConfiguration {
  /// The configuration as PEFT reads it, with keys in a fixed order.
  package var json: JSON {
    [
      "base_model_name_or_path": baseModel.map { .string($0) } ?? .null,
      "bias": "none",
      "fan_in_fan_out": .bool(isStoredTransposed),
      "inference_mode": true,
      "lora_alpha": .number(JSONNumber(alpha)),
      "lora_dropout": .number(JSONNumber(dropout)),
      "modules_to_save": hasScoreHead ? [.string(Self.scoreModule)] : nil,
      "peft_type": "LORA",
      "r": .number(JSONNumber(rank)),
      "target_modules": .array(targetModules.map { .string($0) }),
      "task_type": hasScoreHead ? "SEQ_CLS" : "CAUSAL_LM",
      "use_dora": false,
      "use_rslora": .bool(isRankStabilized),
    ]
  }

  /// Writes `adapter_config.json` into an adapter folder; the same values give the same bytes.
  package func write(folder: String) throws(FormatsError) {
    do throws(CoreError) {
      try AtomicFile.write(
        path: FileSystem.join(folder, Self.fileName), text: json.text(.pretty) + "\n")
    } catch { throw FormatsError(.file(error)) }
  }
}
