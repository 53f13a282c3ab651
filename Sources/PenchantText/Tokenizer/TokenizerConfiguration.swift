package import PenchantCore

/// What Penchant reads from a `tokenizer_config.json`.
package struct TokenizerConfiguration: Sendable, Equatable {
  /// A chat template: Jinja source, with its name where a model has several.
  package struct ChatTemplate: Sendable, Equatable {
    package let name: String
    package let source: String
  }

  /// The beginning-of-text token; nil when the model has none.
  package let bosToken: String?
  /// The end-of-text token, often that of a turn.
  package let eosToken: String?
  package let padToken: String?
  package let unkToken: String?
  /// Whether the file asks for the beginning-of-text token before every text; nil when it does not
  /// say.
  package let addsBOS: Bool?
  /// Whether the file asks for the end-of-text token after every text; nil when it does not say.
  package let addsEOS: Bool?
  /// The class that Transformers would use: `GPT2Tokenizer`; nil when the file does not say.
  package let tokenizerClass: String?
  /// Whether a byte-level tokenizer puts a space before a text.
  let addsPrefixSpace: Bool
  /// Whether every part of a text between special tokens is treated as if it were the beginning.
  let isLegacy: Bool
  /// Tokens added to the vocabulary, as `tokenizer.json` would list them, by ascending id.
  let addedTokens: [JSON]
  /// The longest text in tokens; nil when absent or beyond any machine, which stands for "not
  /// known".
  package let modelMaxLength: Int?
  /// The templates in the order of the file; a single one is named `default`.
  package let chatTemplates: [ChatTemplate]

  /// The template that is used unless another is asked for; nil when there is none named `default`.
  package var defaultChatTemplate: String? { chatTemplate(named: "default") }

  /// The source of a template by its name.
  package func chatTemplate(named name: String) -> String? {
    chatTemplates.first { $0.name == name }?.source
  }

  /// Reads the content of a `tokenizer_config.json`.
  /// - Parameter templateFile: the content of `chat_template.jinja` beside it, which takes the
  ///   place of the file's default template.
  /// - Throws: ``TextError`` for a member of the wrong type.
  package init(json: JSON, templateFile: String? = nil) throws(TextError) {
    let file = TokenizerField(json)
    _ = try file.object()
    bosToken = try Self.token("bos_token", in: file)
    eosToken = try Self.token("eos_token", in: file)
    padToken = try Self.token("pad_token", in: file)
    unkToken = try Self.token("unk_token", in: file)
    addsBOS = try file["add_bos_token"]?.bool()
    addsEOS = try file["add_eos_token"]?.bool()
    tokenizerClass = try file["tokenizer_class"]?.string()
    addsPrefixSpace = try file.flag("add_prefix_space", default: false)
    isLegacy = try file.flag("legacy", default: false)
    addedTokens = try Self.addedTokens(file["added_tokens_decoder"])
    modelMaxLength = try Self.length("model_max_length", in: file)
    var templates = try Self.templates(file["chat_template"])
    if let templateFile {
      templates.removeAll { $0.name == "default" }
      templates.insert(ChatTemplate(name: "default", source: templateFile), at: 0)
    }
    chatTemplates = templates
  }

  /// A token is written as a string, or as an object with its `content`.
  private static func token(_ key: String, in file: TokenizerField) throws(TextError) -> String? {
    guard let field = file[key] else { return nil }
    if field.value.object != nil { return try field.required("content").string() }
    return try field.string()
  }

  /// `added_tokens_decoder` maps ids, written as strings, to tokens with their flags.
  private static func addedTokens(_ field: TokenizerField?) throws(TextError) -> [JSON] {
    guard let field else { return [] }
    var tokens: [(id: Int, token: JSON)] = []
    for (key, value) in try field.object().members {
      let element = TokenizerField(value, path: field.path(of: key))
      guard var token = value.object else { throw element.wrongType("an object") }
      guard let id = Int(key), id >= 0 else {
        throw element.wrongType("a token with its id as key")
      }
      token["id"] = .number(JSONNumber(id))
      tokens.append((id, .object(token)))
    }
    return tokens.sorted { $0.id < $1.id }.map { $0.token }
  }

  private static func length(_ key: String, in file: TokenizerField) throws(TextError) -> Int? {
    guard let field = file[key] else { return nil }
    guard let value = field.value.double else { throw field.wrongType("a number") }
    guard let length = field.value.int, length > 0, value < 1e9 else { return nil }
    return length
  }

  private static func templates(_ field: TokenizerField?) throws(TextError) -> [ChatTemplate] {
    guard let field else { return [] }
    guard field.value.array != nil else {
      guard let source = field.value.string else { throw field.wrongType("a string or an array") }
      return [ChatTemplate(name: "default", source: source)]
    }
    var templates: [ChatTemplate] = []
    for element in try field.array() {
      let name = try element.required("name").string()
      templates.append(ChatTemplate(name: name, source: try element.required("template").string()))
    }
    return templates
  }
}
