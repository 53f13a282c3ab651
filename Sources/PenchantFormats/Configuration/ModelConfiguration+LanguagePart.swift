internal import PenchantCore

/// Configurations of models that see images and hold a language model's under `text_config`.
extension ModelConfiguration {
  /// Their types, with the family of the language part.
  private static let wrappers: [String: Family] = ["gemma3": .gemma3]

  /// What only the other parts are about.
  private static let otherParts: Set<String> = [
    "vision_config", "mm_tokens_per_image", "image_token_index", "image_token_id",
    "boi_token_index", "boi_token_id", "eoi_token_index", "eoi_token_id",
  ]

  /// What the language part takes from around it where it does not say so itself.
  private static let shared = [
    "bos_token_id", "eos_token_id", "pad_token_id", "tie_word_embeddings", "dtype", "torch_dtype",
  ]

  /// A reader of the language part; nil for a configuration that is one itself.
  /// - Throws: ``FormatsError`` for an unknown key around it, or none inside.
  static func languagePart(
    _ outer: ConfigurationReader
  ) throws(FormatsError) -> ConfigurationReader? {
    var outer = outer
    guard let type = try outer.text("model_type"), let family = wrappers[type] else { return nil }
    guard let part = outer.value("text_config") else {
      throw outer.failure(.missing(key: "text_config"))
    }
    guard var members = part.object else {
      throw outer.wrongType("text_config", expected: "object", part)
    }
    for key in shared {
      guard let value = outer.value(key) else { continue }
      if members[key]?.isNull != false { members[key] = value }
    }
    members["model_type"] = members["model_type"] ?? .string(family.rawValue)
    try outer.finish(harmless: harmlessKeys.union(otherParts))
    return try ConfigurationReader(.object(members), path: outer.path, prefix: "text_config.")
  }
}
