import PenchantCore
import PenchantText

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What the chat template suites share: the fixtures, and the moment they were made at.
enum ChatTemplateFixtures {
  static let moment = ChatTemplateDate(year: 2024, month: 7, day: 5, hour: 9, minute: 8, second: 7)

  static func packageRoot(_ file: String = #filePath) -> String {
    var parts = file.split(separator: "/", omittingEmptySubsequences: false)
    parts.removeLast(3)
    return parts.joined(separator: "/")
  }

  static func json(_ path: String) -> JSON? {
    guard let file = fopen(path, "rb") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = fread(&chunk, 1, chunk.count, file)
      if count == 0 { break }
      bytes += chunk[..<count]
    }
    return try? JSON.parse(bytes)
  }

  static func fixture(_ name: String) -> JSON {
    json(packageRoot() + "/Tests/Fixtures/Text/" + name) ?? .null
  }

  static func render(_ source: String, _ input: JSON) throws -> ChatTemplate.Rendering {
    try ChatTemplate(source: source).render(
      messages: input["messages"]?.array ?? [],
      addGenerationPrompt: input["add_generation_prompt"]?.bool ?? false,
      tools: input["tools"], variables: input["variables"]?.object ?? JSONObject(),
      now: { moment })
  }

  /// Renders a template over nothing.
  static func text(
    _ source: String, limits: ChatTemplateLimits = ChatTemplateLimits(),
    variables: JSONObject = JSONObject()
  ) throws -> String {
    try ChatTemplate(source: source, limits: limits)
      .render(messages: [], addGenerationPrompt: false, variables: variables).text
  }

  /// The error of a template that cannot be read or rendered.
  static func error(
    _ source: String, limits: ChatTemplateLimits = ChatTemplateLimits()
  ) -> ChatTemplateError? {
    do {
      _ = try text(source, limits: limits)
      return nil
    } catch {
      return error as? ChatTemplateError
    }
  }
}
