import PenchantCore

/// A row being read: members are taken out one by one, and what is left becomes the pair's `extra`.
struct RowFields {
  let format: String
  let location: RowLocation
  private(set) var members: JSONObject

  init(_ row: JSON, format: String, at location: RowLocation) throws(DataError) {
    guard let object = row.object else {
      throw DataError(.notAnObject(location, found: row.typeName))
    }
    self.format = format
    self.location = location
    members = object
  }

  /// Takes a member that must be there, whatever its type.
  mutating func require(_ key: String) throws(DataError) -> JSON {
    guard let value = members[key] else { throw missing(key) }
    members[key] = nil
    return value
  }

  /// Takes a member that may be missing.
  ///
  /// A null counts as missing and stays in `extra`.
  mutating func takeIfPresent(_ key: String) -> JSON? {
    guard let value = members[key], !value.isNull else { return nil }
    members[key] = nil
    return value
  }

  /// Takes a string that must be there.
  mutating func requireString(_ key: String) throws(DataError) -> String {
    try string(require(key), key)
  }

  /// Takes a string that may be missing.
  mutating func takeString(_ key: String) throws(DataError) -> String? {
    guard let value = takeIfPresent(key) else { return nil }
    return try string(value, key)
  }

  /// Takes a string or a list of `{role, content, …}`.
  mutating func requirePassage(_ key: String) throws(DataError) -> Passage {
    try passage(require(key), key)
  }

  /// Takes a list of `{role, content, …}`, or one of them alone.
  mutating func requireMessages(_ key: String) throws(DataError) -> [Message] {
    let value = try require(key)
    if value.object != nil { return [try message(value, key)] }
    guard let turns = value.array else { throw wrongType(key, "a list of messages", value) }
    return try messages(turns, key)
  }

  /// Makes the row of one pair; see ``makePair(prompt:chosen:rejected:)``.
  consuming func pair(
    prompt: Prompt, chosen: Completion, rejected: Completion?
  ) throws(DataError) -> RowContents {
    .pairs([try makePair(prompt: prompt, chosen: chosen, rejected: rejected)])
  }

  /// Makes the row of one answer that is called good or bad.
  consuming func unpaired(
    prompt: Prompt, completion: Completion, label: Bool
  ) throws(DataError) -> RowContents {
    var pair = try makePair(prompt: prompt, chosen: completion, rejected: nil)
    pair.isLiked = label
    return .pairs([pair])
  }

  /// Takes true or false, or 1 or 0, that must be there.
  mutating func requireFlag(_ key: String) throws(DataError) -> Bool {
    let value = try require(key)
    if let flag = value.flag { return flag }
    throw wrongType(key, "true or false (or 1 or 0)", value)
  }

  /// Takes an object that must be there.
  mutating func requireObject(_ key: String) throws(DataError) -> JSONObject {
    let value = try require(key)
    guard let object = value.object else { throw wrongType(key, "an object", value) }
    return object
  }

  /// Puts a member back, or adds one, so that it ends in `extra`.
  mutating func keep(_ key: String, _ value: JSON?) { members[key] = value }

  /// Makes the pair: takes what every format may carry, and leaves the remainder in `extra`.
  consuming func makePair(
    prompt: Prompt, chosen: Completion, rejected: Completion?
  ) throws(DataError) -> Pair {
    for key in ["images", "image", "videos", "audios"] {
      switch members[key] {
      case nil, .null, .array([]): continue
      default: throw DataError(.unsupportedMember(location, key: key))
      }
    }
    var pair = Pair(
      id: try takeIdentifier() ?? String(location.row), prompt: prompt, chosen: chosen,
      rejected: rejected, source: location)
    // Turns hold their own system prompt; beside them a `system` would have no place.
    if case .text = prompt { pair.systemPrompt = try takeString("system") }
    if rejected != nil { pair.gold = try takeGold() }
    pair.tools = try takeTools()
    pair.chatTemplateArguments = try takeObject("chat_template_kwargs")
    pair.weight = try takeNumber("weight", in: 0...Double.greatestFiniteMagnitude, "at least 0")
    let anything = -Double.greatestFiniteMagnitude...Double.greatestFiniteMagnitude
    pair.margin = try takeNumber("margin", in: anything, "a number that a double can hold")
    pair.confidence = try takeNumber("confidence", in: 0...1, "between 0 and 1")
    pair.isTie = try takeFlag("tie") ?? false
    pair.extra = members
    return pair
  }

  // MARK: - Members of every format

  private mutating func takeIdentifier() throws(DataError) -> String? {
    switch takeIfPresent("id") {
    case nil: nil
    case .string(let text): text
    case .number(let number): number.text
    case let other?: throw wrongType("id", "a string or a number", other)
    }
  }

  /// TRL's `reference` of a pair is a third answer; one of another shape is something else and stays in `extra`.
  private mutating func takeGold() throws(DataError) -> Completion? {
    let value = members["reference"]
    let isAnswer =
      value?.string != nil
      || value?.array.map { turns in
        !turns.isEmpty && turns.allSatisfy { $0["role"] != nil && $0["content"] != nil }
      } ?? false
    return isAnswer ? try requirePassage("reference") : nil
  }

  /// `tools` is a list, or a string that holds one as JSON.
  private mutating func takeTools() throws(DataError) -> JSON? {
    guard let value = takeIfPresent("tools") else { return nil }
    var tools = value
    if let text = value.string {
      if text.utf8.isEmpty { return nil }
      guard let parsed = try? JSON.parse(text) else {
        throw DataError(.valueOutOfRange(location, key: "tools", expected: "a list as JSON text"))
      }
      tools = parsed
    }
    guard tools.array != nil else { throw wrongType("tools", "a list", tools) }
    return tools
  }

  private mutating func takeObject(_ key: String) throws(DataError) -> JSONObject? {
    guard let value = takeIfPresent(key) else { return nil }
    guard let object = value.object else { throw wrongType(key, "an object", value) }
    return object
  }

  mutating func takeFlag(_ key: String) throws(DataError) -> Bool? {
    guard let value = takeIfPresent(key) else { return nil }
    guard let flag = value.bool else { throw wrongType(key, "true or false", value) }
    return flag
  }

  private mutating func takeNumber(
    _ key: String, in range: ClosedRange<Double>, _ expected: String
  ) throws(DataError) -> Double? {
    guard let value = takeIfPresent(key) else { return nil }
    guard case .number(let number) = value else { throw wrongType(key, "a number", value) }
    guard let double = number.double, range.contains(double) else {
      throw DataError(.valueOutOfRange(location, key: key, expected: expected))
    }
    return double
  }

  // MARK: - Values

  /// Reads a string or a list of `{role, content, …}`.
  func passage(_ value: JSON, _ key: String) throws(DataError) -> Passage {
    switch value {
    case .string(let text): .text(text)
    case .array(let turns): .messages(try messages(turns, key))
    case let other: throw wrongType(key, "a string or a list of messages", other)
    }
  }

  func messages(_ turns: [JSON], _ key: String) throws(DataError) -> [Message] {
    var messages: [Message] = []
    messages.reserveCapacity(turns.count)
    for (position, turn) in turns.enumerated() {
      messages.append(try message(turn, "\(key)[\(position)]"))
    }
    return messages
  }

  /// Reads `{role, content, …}`; content may be a string, null, a list of text parts, or absent.
  func message(_ turn: JSON, _ key: String) throws(DataError) -> Message {
    guard var members = turn.object else { throw wrongType(key, "an object", turn) }
    guard let role = members["role"] else { throw missing("\(key).role") }
    let content = members["content"]
    switch content {
    case nil, .null, .string: break
    case .array(let parts):
      for (position, part) in parts.enumerated() where part["text"]?.string == nil {
        throw DataError(.unsupportedMember(location, key: "\(key).content[\(position)]"))
      }
    case let other?: throw wrongType("\(key).content", "a string or a list of parts", other)
    }
    if content == nil, members["tool_calls"] == nil { throw missing("\(key).content") }
    members["role"] = nil
    members["content"] = nil
    return Message(role: try string(role, "\(key).role"), content: content, extra: members)
  }

  func string(_ value: JSON, _ key: String) throws(DataError) -> String {
    guard let text = value.string else { throw wrongType(key, "a string", value) }
    return text
  }

  func missing(_ key: String) -> DataError {
    DataError(.missingKey(location, key: key, format: format))
  }

  func wrongType(_ key: String, _ expected: String, _ found: JSON) -> DataError {
    DataError(.wrongType(location, key: key, expected: expected, found: found.typeName))
  }
}

extension JSON {
  /// Whether this may be turns of a conversation: a list, or one message alone.
  var isTurns: Bool { array != nil || object?["role"] != nil }

  /// A boolean, or the numbers 1 and 0 in its place.
  var flag: Bool? { bool ?? (int == 1 ? true : int == 0 ? false : nil) }
}
