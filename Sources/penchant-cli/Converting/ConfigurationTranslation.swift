import PenchantCore
import PenchantTuning
import Yams

/// Another trainer's YAML, key by key, as a configuration for `penchant tune`.
struct ConfigurationTranslation {
  /// What became of a key.
  enum Fate: Equatable {
    /// The same under our name.
    case mapped
    /// Something else is set, or nothing needs to be; `note` says what and why.
    case changed(note: String)
    /// It asks for something that is not done here.
    case refused(note: String)
  }

  /// One key of the file, or a default of the other trainer that differs from ours.
  struct Line {
    let key: String
    let value: String
    let option: String?
    let fate: Fate
  }

  let dialect: TrainerDialect
  private(set) var lines: [Line] = []
  /// Our options with the values the file asks for, in the order of the file.
  private(set) var options = JSONObject()
  private let path: String

  var refusedCount: Int { lines.count { if case .refused = $0.fate { true } else { false } } }

  /// - Throws: ``CommandError`` if the file is not YAML, or none of the known trainers'.
  init(path: String) throws(CommandError) {
    self.path = path
    let entries = try ConfigurationFile(path: path).values
    guard let dialect = TrainerDialect.detect(entries.keys) else {
      throw CommandError(
        .configurationMalformed(
          path: path, line: nil,
          problem: "its keys are not those of TRL, LLaMA-Factory or Axolotl"))
    }
    self.dialect = dialect
    var context = TranslationContext(values: entries, dialect: dialect)
    for (key, value) in entries.members {
      let result = dialect.translate(key, value, &context)
      for (option, setting) in result.settings { options[option] = setting }
      lines.append(
        Line(
          key: key, value: Self.short(value), option: result.settings.first?.0, fate: result.fate))
    }
    for (option, value) in dialect.defaults(context) where options[option] == nil {
      options[option] = value
      lines.append(
        Line(
          key: "(default)", value: Self.short(value), option: option,
          fate: .changed(note: "\(dialect.name)'s own default, which the file relies on")))
    }
    leaveOutAdapter()
  }

  /// Where the weights themselves are trained, what is said of adapters has no effect; Transformers says nothing then.
  private mutating func leaveOutAdapter() {
    guard options["full"] == true else { return }
    for index in lines.indices where lines[index].option?.hasPrefix("lora-") == true {
      options[lines[index].option ?? ""] = nil
      lines[index] = Line(
        key: lines[index].key, value: lines[index].value, option: nil,
        fate: .changed(note: "left out: no adapter is trained"))
    }
  }

  private static func short(_ value: JSON) -> String {
    let text = value.string ?? value.text()
    return text.count <= 32 ? text : text.prefix(31) + "…"
  }

  /// The configuration as YAML that `--config` reads.
  var yaml: String {
    var text = "# From \(FileSystem.name(of: path)), a configuration of \(dialect.name).\n"
    for (option, value) in options.members {
      // JSON's spelling of a scalar or a list is YAML's too.
      text += "\(option): \(value.text())\n"
    }
    for line in lines {
      if case .refused(let note) = line.fate { text += "# refused: \(line.key): \(note)\n" }
    }
    return text
  }

  /// What became of every key, for people.
  var table: String {
    var table = TextTable([.left, .left, .left, .left])
    table.add("key", "value", "", "here")
    for line in lines {
      let (word, note): (String, String) =
        switch line.fate {
        case .mapped: ("mapped", "")
        case .changed(let note): ("changed", note)
        case .refused(let note): ("refused", note)
        }
      let here = line.option.map { option in
        "--\(option) \(options[option].map { $0.string ?? $0.text() } ?? "")"
      }
      table.add(
        line.key, Terminal.harmless(line.value), word,
        [here, note.isEmpty ? nil : note].compactMap { $0 }.joined(separator: "  "))
    }
    return table.text
  }
}

/// What the translation of one key may depend on: the other keys.
struct TranslationContext {
  let values: JSONObject
  let dialect: TrainerDialect

  /// Pairs of one optimizer step of one process.
  var batchSize: Int {
    let perDevice =
      values["per_device_train_batch_size"]?.int ?? values["micro_batch_size"]?.int
      ?? dialect.perDeviceBatch
    return max(1, perDevice) * max(1, values["gradient_accumulation_steps"]?.int ?? 1)
  }
}
