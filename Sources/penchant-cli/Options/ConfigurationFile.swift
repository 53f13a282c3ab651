import PenchantCore
import PenchantTuning
import Yams

/// A YAML file that sets options by their long names.
struct ConfigurationFile {
  /// Larger is no configuration.
  private static let byteLimit = 1 << 20

  let path: String
  private let entries: [(key: String, value: Node, line: Int)]

  init(path: String) throws(CommandError) {
    self.path = path
    let bytes: [UInt8]
    do { bytes = try FileSystem.read(path, limit: Self.byteLimit) } catch {
      throw CommandError(.configurationUnreadable(error))
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw CommandError(.configurationMalformed(path: path, line: nil, problem: "it is not UTF-8"))
    }
    entries = try Self.entries(text, path: path)
  }

  private static func entries(
    _ text: String, path: String
  ) throws(CommandError) -> [(key: String, value: Node, line: Int)] {
    let root: Node?
    do { root = try Yams.compose(yaml: text) } catch {
      let (line, problem) = describe(error)
      throw CommandError(.configurationMalformed(path: path, line: line, problem: problem))
    }
    guard let root else { return [] }
    guard let mapping = root.mapping else {
      throw CommandError(
        .configurationMalformed(
          path: path, line: root.mark?.line, problem: "its top level is not 'option: value'"))
    }
    var entries: [(key: String, value: Node, line: Int)] = []
    for (key, value) in mapping {
      let line = key.mark?.line ?? 1
      guard let name = key.scalar?.string else {
        throw CommandError(
          .configurationMalformed(path: path, line: line, problem: "a key is not a name"))
      }
      entries.append((name, value, line))
    }
    return entries
  }

  /// Where the YAML reader stopped, and why.
  private static func describe(_ error: any Error) -> (line: Int?, problem: String) {
    guard let error = error as? YamlError else { return (nil, "it is not YAML") }
    switch error {
    case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
      .composer(_, let problem, let mark, _):
      return (mark.line, problem)
    case .duplicatedKeysInMapping(let duplicates, _):
      return (nil, "the key '\(duplicates.first ?? "")' stands there twice")
    default: return (nil, "it is not YAML")
    }
  }

  /// The file as values, for one that is not ours.
  var values: JSONObject {
    var object = JSONObject()
    for (key, value, _) in entries { object[key] = Self.value(value) }
    return object
  }

  private static func value(_ node: Node) -> JSON {
    switch node {
    case .scalar(let scalar):
      if node.null != nil { return .null }
      // A text in quotes is a text, whatever it says.
      if scalar.style == .plain {
        if let flag = node.bool { return .bool(flag) }
        if let number = node.int { return .number(JSONNumber(number)) }
        if let number = node.float, number.isFinite { return .number(JSONNumber(number)) }
      }
      return .string(scalar.string)
    case .sequence(let sequence): return .array(sequence.map(value))
    case .mapping(let mapping):
      var object = JSONObject()
      for (key, item) in mapping { object[key.scalar?.string ?? ""] = value(item) }
      return .object(object)
    case .alias: return .null
    }
  }

  /// The words that say what the file says, but for the options in `given`.
  func words(
    verb: String, catalog: OptionCatalog, except given: Set<String>
  ) throws(CommandError) -> [String] {
    var words: [String] = []
    for (key, value, line) in entries {
      if Self.saysNothing(key, value) { continue }
      guard key != "config" else {
        throw CommandError(.configurationNested(path: path, line: line))
      }
      guard let option = catalog.option(key, of: verb) else {
        let (nearest, ours) = catalog.suggestion(for: key, of: verb)
        throw CommandError(
          .configurationUnknownKey(
            path: path, line: line, key: key, verb: verb, nearest: nearest, ours: ours))
      }
      let own = try self.words(option, value, line)
      if !given.contains(key) { words += own }
    }
    return words
  }

  /// The line of the first option that a sentence names as `--option`, but for those in `given`.
  func line(of sentence: String, except given: Set<String>) -> Int? {
    func place(of key: String) -> String.Index? {
      sentence.ranges(of: "--\(key)").first { range in
        let next = sentence[range.upperBound...].first
        return next.map { !$0.isLetter && !$0.isNumber && $0 != "-" } ?? true
      }?.lowerBound
    }
    return entries.filter { !given.contains($0.key) }
      .compactMap { entry in place(of: entry.key).map { (line: entry.line, place: $0) } }
      .min { $0.place < $1.place }?.line
  }

  /// A saved configuration also holds what can have one value only; that value passes.
  private static func saysNothing(_ key: String, _ value: Node) -> Bool {
    guard key != "config", let only = settled[key] else { return false }
    return value.scalar?.string == only
  }

  /// Options of the library that no verb offers yet, with the value they have.
  private static let settled: [String: String] = {
    let offered = Set(OptionCatalog().options["tune"]?.map(\.name) ?? [])
    var settled: [String: String] = [:]
    for (name, value) in TuneConfiguration().json.members where !offered.contains(name) {
      settled[name] = value.string ?? value.text()
    }
    return settled
  }()

  private func words(
    _ option: OptionCatalog.Option, _ value: Node, _ line: Int
  ) throws(CommandError) -> [String] {
    func wrong(_ expected: String) -> CommandError {
      CommandError(
        .configurationValue(path: path, line: line, key: option.name, expected: expected))
    }
    if option.isFlag {
      guard let isSet = value.bool else { throw wrong("true or false") }
      return isSet ? ["--\(option.name)"] : []
    }
    if let sequence = value.sequence {
      let items = sequence.compactMap { $0.scalar?.string }
      guard items.count == sequence.count else { throw wrong("a list of values") }
      guard !option.isRepeating else { return items.map { "--\(option.name)=\($0)" } }
      guard !items.isEmpty else { throw wrong("a value") }
      return ["--\(option.name)=\(items.joined(separator: ","))"]
    }
    guard let text = value.scalar?.string, value.null == nil else {
      throw wrong(option.isRepeating ? "a value or a list of values" : "a value")
    }
    return ["--\(option.name)=\(text)"]
  }
}
