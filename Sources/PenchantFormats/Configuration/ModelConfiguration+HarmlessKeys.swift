extension ModelConfiguration {
  /// Keys that change no mathematics, whatever their value.
  static let harmlessKeys: Set<String> = [
    // who wrote the file, and how it is to be loaded elsewhere
    "_name_or_path", "_from_model_config", "architectures", "name_or_path", "tokenizer_class",
    "transformers_version", "transformers.js_config", "unsloth_version", "unsloth_fixed",
    "is_llama_config", "_attn_implementation", "attn_implementation",
    "_attn_implementation_autoset",
    "_commit_hash",
    "auto_map", "model_max_length", "max_sequence_length",
    // how results are returned, and kept while they are made
    "return_dict", "return_dict_in_generate", "use_cache", "id2label", "label2id", "num_labels",
    "_num_labels",
    "problem_type", "output_attentions", "output_hidden_states", "output_scores",
    "cache_implementation", "reorder_and_upcast_attn",
    // suggestions for particular tasks, and heads that are not for language modelling
    "task_specific_params", "summary_activation", "summary_first_dropout",
    "summary_proj_to_labels", "summary_type", "summary_use_proj",
    // dropout: trainers of preferences turn it off, and so does this one
    "attention_dropout", "attn_pdrop", "embd_pdrop", "resid_pdrop", "hidden_dropout",
    "classifier_dropout", "hidden_dropout_prob", "attention_probs_dropout_prob",
    // suggestions for sampling, which older versions kept here
    "diversity_penalty", "do_sample", "length_penalty", "max_length", "num_beam_groups",
    "num_beams",
    "num_return_sequences", "repetition_penalty", "temperature", "top_k", "top_p", "typical_p",
    // training from random weights
    "initializer_range",
  ]
}
