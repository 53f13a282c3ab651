extension ModelConfiguration {
  /// Keys that change no mathematics, whatever their value.
  static let harmlessKeys: Set<String> = [
    // who wrote the file, and how it is to be loaded elsewhere
    "_name_or_path", "_from_model_config", "architectures", "name_or_path", "tokenizer_class",
    "transformers_version", "transformers.js_config", "unsloth_version", "unsloth_fixed",
    "is_llama_config", "_attn_implementation", "attn_implementation",
    "_attn_implementation_autoset",
    "_commit_hash",
    // how results are returned
    "return_dict", "use_cache", "id2label", "label2id", "problem_type",
    // suggestions for sampling, which older versions kept here
    "diversity_penalty", "do_sample", "length_penalty", "max_length", "num_beam_groups",
    "num_beams",
    "num_return_sequences", "repetition_penalty", "temperature", "top_k", "top_p", "typical_p",
    // training from random weights
    "initializer_range",
  ]
}
