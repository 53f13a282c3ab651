package import PenchantCore

/// OpenAI's preference format, which Azure, Together and Fireworks share: `{input: {messages, tools,
/// parallel_tool_calls}, preferred_output: [messages], non_preferred_output: [messages]}`.
///
/// What `input` holds beside messages and tools stays in `extra` under `input`.
package struct OpenAIFormat: PairFormat {
  package var name: String { "openai" }
  package var shape: String {
    "{input: {messages, tools}, preferred_output, non_preferred_output} of message lists"
  }

  package init() {}

  package func matches(_ row: JSON) -> Bool {
    row["input"]?.object != nil && row["preferred_output"] != nil
      && row["non_preferred_output"] != nil
  }

  package func read(_ row: JSON, at location: RowLocation) throws(DataError) -> RowContents {
    var fields = try RowFields(row, format: name, at: location)
    var input = try fields.requireObject("input")
    guard let turns = input["messages"] else { throw fields.missing("input.messages") }
    guard let list = turns.array else {
      throw fields.wrongType("input.messages", "a list of messages", turns)
    }
    let prompt = try fields.messages(list, "input.messages")
    let chosen = try fields.requireMessages("preferred_output")
    let rejected = try fields.requireMessages("non_preferred_output")
    if let tools = input["tools"], fields.members["tools"] == nil {
      fields.keep("tools", tools)
      input["tools"] = nil
    }
    input["messages"] = nil
    if !input.isEmpty { fields.keep("input", .object(input)) }
    return try fields.pair(
      prompt: .messages(prompt), chosen: .messages(chosen), rejected: .messages(rejected))
  }

  package var writing: RowWriting { .strictPairs }

  package func row(taking pair: inout Pair) throws(Unwritable) -> JSONObject {
    let (prompt, chosen, rejected) = pair.takeTurns()
    var input = JSONObject(["messages": prompt.json])
    input["tools"] = pair.tools
    pair.tools = nil
    if let more = pair.extra["input"]?.object {
      for (key, value) in more.members where input[key] == nil { input[key] = value }
      pair.extra["input"] = nil
    }
    return JSONObject([
      "input": .object(input), "preferred_output": chosen.json,
      "non_preferred_output": try pair.required(rejected).json,
    ])
  }
}
