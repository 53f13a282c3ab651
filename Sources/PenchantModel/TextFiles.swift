import PenchantCore
import PenchantText

/// The files of a folder that concern text.
struct TextFiles {
  let tokenizer: Tokenizer
  let configuration: TokenizerConfiguration
  let template: ChatTemplate?

  init(folder: String, templateOverride: String?) throws {
    let configurationPath = FileSystem.join(folder, "tokenizer_config.json")
    let templatePath = FileSystem.join(folder, "chat_template.jinja")
    let templateFile =
      FileSystem.exists(templatePath)
      ? String(decoding: try FileSystem.read(templatePath), as: UTF8.self) : nil
    let configurationJSON =
      FileSystem.exists(configurationPath)
      ? try FileSystem.readJSON(configurationPath) : .object(JSONObject())
    do {
      configuration = try TokenizerConfiguration(
        json: configurationJSON, templateFile: templateFile)
    } catch { throw ModelError.unreadable(configurationPath, error) }
    tokenizer = try Self.tokenizer(folder: folder, configuration)

    let source = templateOverride ?? configuration.defaultChatTemplate
    do { template = try source.map { try ChatTemplate(source: $0) } } catch {
      let origin = templateFile == nil ? configurationPath : templatePath
      guard let failure = error as? ChatTemplateError else { throw error }
      throw ModelError.unreadable(templateOverride == nil ? origin : "--chat-template", failure)
    }
  }

  /// The folder's tokenizer: `tokenizer.json`, or else SentencePiece's `tokenizer.model`, or else the
  /// `vocab.json` and `merges.txt` of GPT-2's kind.
  private static func tokenizer(
    folder: String, _ configuration: TokenizerConfiguration
  ) throws -> Tokenizer {
    func opened(
      _ name: String, _ read: (String) throws -> Tokenizer
    ) throws -> Tokenizer {
      let path = FileSystem.join(folder, name)
      do { return try read(path) } catch let error as TextError {
        throw ModelError.unreadable(path, error)
      }
    }
    func has(_ name: String) -> Bool { FileSystem.exists(FileSystem.join(folder, name)) }
    if !has("tokenizer.json"), has("tokenizer.model") {
      return try opened("tokenizer.model") { path in
        try Tokenizer(
          sentencePiece: FileSystem.read(path, limit: sizeLimit), configuration: configuration)
      }
    }
    if !has("tokenizer.json"), has("vocab.json"), has("merges.txt") {
      let vocabulary = try FileSystem.readJSON(
        FileSystem.join(folder, "vocab.json"), limit: sizeLimit)
      return try opened("merges.txt") { path in
        try Tokenizer(
          vocabulary: vocabulary, merges: FileSystem.read(path, limit: sizeLimit),
          configuration: configuration)
      }
    }
    return try opened("tokenizer.json") { path in
      try Tokenizer(json: FileSystem.readJSON(path, limit: sizeLimit))
    }
  }

  /// In bytes; the largest published tokenizer has some tens of millions.
  private static let sizeLimit = 1 << 28
}
