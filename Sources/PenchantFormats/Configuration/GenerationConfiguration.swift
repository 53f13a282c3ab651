internal import PenchantCore

/// What `generation_config.json` adds to a model folder: the tokens that end an answer.
///
/// Its other keys are suggestions for sampling and are left to whoever samples.
package struct GenerationConfiguration: Sendable, Equatable {
  package let beginToken: Int?
  /// Tokens that end an answer, in the order given; may be empty.
  package let endTokens: [Int]
  package let padToken: Int?

  /// Reads the file in a model folder, nil if there is none.
  ///
  /// - Parameter vocabularySize: Ids must be below it.
  package static func read(
    folder: String, vocabularySize: Int
  ) throws(FormatsError) -> GenerationConfiguration? {
    let path = FileSystem.join(folder, "generation_config.json")
    guard FileSystem.exists(path) else { return nil }
    var reader = try ConfigurationReader(path: path)
    return GenerationConfiguration(
      beginToken: try reader.tokens("bos_token_id", vocabulary: vocabularySize).first,
      endTokens: try reader.tokens("eos_token_id", vocabulary: vocabularySize),
      padToken: try reader.tokens("pad_token_id", vocabulary: vocabularySize).first)
  }
}
