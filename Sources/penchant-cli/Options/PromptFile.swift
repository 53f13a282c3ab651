import PenchantCore
import PenchantData
import PenchantModel

/// A JSONL file of prompts: `{"prompt": …}` or `{"messages": […]}` a line.
enum PromptFile {
  /// One line.
  struct Row {
    /// The row's `id`, or its number in the file from 1.
    let id: String
    let prompt: Prompt
    let tools: JSON?
    let templateArguments: JSONObject?
    let location: RowLocation

    /// As a pair without answers, which is what encoders take.
    var asPair: Pair {
      Pair(
        id: id, prompt: prompt, chosen: .text(""), rejected: .text(""), tools: tools,
        chatTemplateArguments: templateArguments, source: location)
    }
  }

  /// Reads the first `limit` rows.
  /// - Throws: ``CommandError`` naming file and line.
  static func read(_ path: String, limit: Int?) throws -> [Row] {
    let reader = try LineReader(path: path)
    var rows: [Row] = []
    while rows.count < limit ?? .max, let line = try reader.next() {
      if line.bytes.allSatisfy({ $0 == 0x20 || $0 == 0x09 }) { continue }
      rows.append(try row(line, number: rows.count + 1, path: path))
    }
    if rows.isEmpty { throw DataError(.noRows(path: path)) }
    return rows
  }

  /// The tokens of every prompt, so that one which cannot be answered is known before the first answer.
  /// - Parameter context: tokens of the model's context.
  /// - Throws: ``CommandError`` that counts and names the prompts without a token and those that leave no room for an
  ///   answer; what encoding throws, naming the row.
  static func tokens(
    of rows: [Row], _ encoder: ConversationEncoder, context: Int
  ) throws -> [[Int32]] {
    var prompts: [[Int32]] = []
    var unanswerable: [UnanswerablePrompt] = []
    for row in rows {
      let tokens = try encoder.prompt(of: row.asPair)
      if tokens.isEmpty || tokens.count >= context {
        unanswerable.append(.init(row: row.location, tokens: tokens.count))
      }
      prompts.append(tokens)
    }
    guard unanswerable.isEmpty else {
      throw CommandError(.unanswerable(unanswerable, of: rows.count, context: context))
    }
    return prompts
  }

  private static func row(_ line: LineReader.Line, number: Int, path: String) throws -> Row {
    func wrong(_ problem: String) -> CommandError {
      CommandError(.row(path: path, line: line.number, problem: problem))
    }
    let json: JSON
    do { json = try JSON.parse(line.bytes) } catch {
      throw wrong("column \(error.offset + 1) is not JSON: \(error.phrase)")
    }
    guard json.object != nil else { throw wrong("the line holds \(json.typeName), not an object") }
    guard let value = json["prompt"] ?? json["messages"] else {
      throw wrong("there is no \"prompt\" and no \"messages\"")
    }
    let prompt: Prompt
    if let text = value.string {
      prompt = .text(text)
    } else if let messages = value.array.flatMap(messages) {
      prompt = .messages(messages)
    } else {
      throw wrong("the prompt must be a string or a list of {role, content}")
    }
    let id = json["id"]?.string ?? json["id"]?.int.map(String.init) ?? String(number)
    return Row(
      id: id, prompt: prompt, tools: json["tools"],
      templateArguments: json["chat_template_kwargs"]?.object,
      location: RowLocation(file: path, row: number, line: line.number))
  }

  private static func messages(_ list: [JSON]) -> [Message]? {
    let messages = list.compactMap { item -> Message? in
      guard let object = item.object, let role = object["role"]?.string else { return nil }
      var extra = object
      extra["role"] = nil
      extra["content"] = nil
      return Message(role: role, content: object["content"], extra: extra)
    }
    return messages.count == list.count && !messages.isEmpty ? messages : nil
  }
}
