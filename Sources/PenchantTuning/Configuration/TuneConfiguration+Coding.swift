package import PenchantCore

extension TuneConfiguration: Codable {
  /// Reads a configuration; what it does not mention keeps its default.
  /// - Throws: ``TuningError`` for a key that is no option (naming the nearest, or ours for another
  ///   trainer's) and for a value of the wrong type.
  package init(from decoder: any Decoder) throws {
    self.init()
    let container = try decoder.container(keyedBy: OptionKey.self)
    for key in container.allKeys.sorted(by: { $0.stringValue < $1.stringValue }) {
      let option = try Self.option(named: key.stringValue)
      if try container.decodeNil(forKey: key) { continue }
      do {
        try option.decode(&self, container)
      } catch is DecodingError {
        throw TuningError(.wrongType(option: option.name, expected: option.type))
      }
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: OptionKey.self)
    for option in Self.options where option.json(self) != .null {
      try option.encode(self, &container)
    }
  }

  /// The option of a name.
  /// - Throws: ``TuningError`` naming the nearest, or our name for another trainer's.
  package static func option(named name: String) throws(TuningError) -> TuneOption {
    if let option = options.first(where: { $0.name == name }) { return option }
    let underscored = name.split(separator: "-", omittingEmptySubsequences: false).joined(
      separator: "_")
    if let ours = foreignNames[name] ?? foreignNames[underscored] {
      throw TuningError(.foreignOption(name: name, ours: ours))
    }
    throw TuningError(
      .unknownOption(name: name, nearest: nearestName(to: name, in: options.map(\.name))))
  }

  /// Every option and its value in order, nil as null.
  package var json: JSONObject {
    var object = JSONObject()
    for option in Self.options { object[option.name] = option.json(self) }
    return object
  }

  /// The configuration as YAML: one option a line, nil left out.
  ///
  /// JSON's scalars and lists are YAML's.
  package var yaml: String {
    var text = ""
    for (name, value) in json.members where !value.isNull { text += "\(name): \(value.text())\n" }
    return text
  }

  /// Options whose values differ, apart from those that may (``freeOnResume``).
  package func differences(from earlier: JSON) -> [OptionDifference] {
    json.members.compactMap { name, value in
      let was = earlier[name] ?? .null
      guard was != value, !Self.freeOnResume.contains(name) else { return nil }
      return OptionDifference(option: name, was: was.text(), now: value.text())
    }
  }
}
