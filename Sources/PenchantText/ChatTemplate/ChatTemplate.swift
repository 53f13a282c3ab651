package import PenchantCore

/// A chat template in Jinja, as published beside a tokenizer: turns a conversation into the text that a
/// model was trained on.
///
/// It renders what Hugging Face's environment renders, to the byte: Jinja 3.1 with `trim_blocks`,
/// `lstrip_blocks` and loop controls, an immutable sandbox, `raise_exception`, `strftime_now`, `tojson`
/// and `{% generation %}`. What differs: integers have 64 bits, text cannot be marked as safe HTML (so
/// that `escape` escapes what `escape` or `safe` returned), `striptags` knows the entities that need no
/// semicolon only and is an error where another may be meant, and the result of a lazy filter (`map`,
/// `select`…) can be iterated more than once. Reading is linear in the length of the source; a rendering is
/// bounded by its ``ChatTemplateLimits``.
///
///     let template = try ChatTemplate(source: "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}")
///     let text = try template.render(messages: messages, addGenerationPrompt: false).text
package struct ChatTemplate: Sendable {
  /// The text of a conversation and where in it the assistant speaks.
  package struct Rendering: Sendable, Equatable {
    package let text: String
    /// The ranges of ``text``, in UTF-8 bytes and in order, that `{% generation %}` blocks produced.
    package let generationSpans: [Range<Int>]
    /// How many `{% generation %}` blocks stood inside a macro, a recursive loop or another captured block.
    ///
    /// Their place in the text is not known. Where this is not 0, the spans are incomplete: do not train
    /// on them.
    package let unplacedGenerations: Int
  }

  private let limits: ChatTemplateLimits
  private let body: [TemplateStatement]

  /// Whether the template marks what the assistant says with `{% generation %}`, outside of macros and
  /// other captured blocks.
  package let marksGeneration: Bool

  /// Reads a template.
  /// - Throws: ``ChatTemplateError`` with the line where the source is wrong, names an unknown filter or
  ///   test, or exceeds a limit.
  package init(
    source: String, limits: ChatTemplateLimits = ChatTemplateLimits()
  ) throws(ChatTemplateError) {
    guard source.utf8.count <= limits.sourceBytes else {
      throw ChatTemplateError(code: .sourceTooLong(limit: limits.sourceBytes), line: 1)
    }
    var lexer = TemplateLexer(source: source)
    var parser = TemplateParser(tokens: try lexer.tokenize(), depthLimit: limits.depth)
    body = try parser.parseTemplate()
    marksGeneration = parser.marksGeneration && !parser.capturesGeneration
    self.limits = limits
  }

  /// Renders a conversation.
  /// - Parameters:
  ///   - messages: objects with `role`, `content` and whatever else the template reads.
  ///   - addGenerationPrompt: whether the text ends where the assistant is to speak.
  ///   - tools: the list of tool descriptions; `none` in the template where it is nil.
  ///   - variables: further names for the template (`bos_token`, `eos_token`, keyword arguments); they
  ///     win over the names above.
  ///   - now: the moment that `strftime_now` prints.
  /// - Throws: ``ChatTemplateError`` with the line of the template that cannot be evaluated.
  package func render(
    messages: [JSON], addGenerationPrompt: Bool, tools: JSON? = nil,
    variables: JSONObject = JSONObject(),
    now: @escaping @Sendable () -> ChatTemplateDate = ChatTemplateDate.local
  ) throws(ChatTemplateError) -> Rendering {
    let globals = TemplateScope(parent: nil)
    for function in TemplateFunction.allCases {
      globals.names[function.rawValue] = .function(function)
    }
    let context = TemplateScope(parent: globals)
    context.names["messages"] = try .init(.array(messages.map(Self.asPassed)))
    context.names["tools"] = try .init(tools ?? .null)
    context.names["documents"] = TemplateValue.none
    context.names["add_generation_prompt"] = .bool(addGenerationPrompt)
    for (name, value) in variables.members { context.names[name] = try .init(value) }
    let renderer = TemplateRenderer(
      limits: limits, scope: TemplateScope(parent: context), now: now)
    return try renderer.render(body)
  }

  /// A message as Transformers passes it to templates: without the members that are null, and with reasoning
  /// that can be read as `reasoning_content` and as `thinking`, whichever of the names in use it came under.
  private static func asPassed(_ message: JSON) -> JSON {
    guard var object = message.object else { return message }
    if object.members.contains(where: { $0.1.isNull }) {
      var present = JSONObject()
      for (key, value) in object.members where !value.isNull { present[key] = value }
      object = present
    }
    let names = ["reasoning_content", "thinking", "reasoning"]
    guard let reasoning = names.lazy.compactMap({ object[$0] }).first else {
      return .object(object)
    }
    var renamed = JSONObject(["thinking": reasoning])
    for (key, value) in object.members { renamed[key] = value }
    renamed["reasoning_content"] = reasoning
    return .object(renamed)
  }
}
