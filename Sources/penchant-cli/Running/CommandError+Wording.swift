import PenchantCore

extension CommandError {
  var category: FailureCategory {
    switch code {
    case .unknownVerb, .verbLeftOut, .unknownOption, .unparsable, .conflict, .outOfRange, .repeated,
      .requires, .replacesInput:
      .usage
    case .configurationUnreadable, .configurationMalformed, .configurationUnknownKey,
      .configurationNested, .configurationValue, .row, .unanswerable, .notInCache:
      .input
    case .kernelDiffers: .answer
    case .demoAsset: .runtime
    case .interrupted: .runtime
    }
  }

  var identifier: String {
    switch code {
    case .unknownVerb: "unknown-verb"
    case .verbLeftOut: "verb-left-out"
    case .unknownOption: "unknown-option"
    case .unparsable: "unparsable"
    case .conflict: "conflict"
    case .outOfRange: "out-of-range"
    case .repeated: "repeated"
    case .requires: "requires"
    case .replacesInput: "replaces-input"
    case .configurationUnreadable: "configuration-unreadable"
    case .configurationMalformed: "configuration-malformed"
    case .configurationUnknownKey: "configuration-unknown-key"
    case .configurationNested: "configuration-nested"
    case .configurationValue: "configuration-value"
    case .kernelDiffers: "kernel-differs"
    case .row: "row"
    case .unanswerable: "unanswerable"
    case .notInCache: "not-in-cache"
    case .demoAsset: "demo-asset"
    case .interrupted: "interrupted"
    }
  }

  var message: String {
    switch code {
    case .unknownVerb(let name, _): "there is no command '\(name)'"
    case .verbLeftOut(let name): "this program was built without 'penchant \(name)'"
    case .unknownOption(let name, let verb, _, _): "penchant \(verb) has no option --\(name)"
    case .unparsable(_, let text): text
    case .conflict(let first, let second, let reason):
      "\(first) and \(second) do not go together: \(reason)"
    case .outOfRange(let option, let value, let expected):
      "--\(option) is \(value); it must be \(expected)"
    case .repeated(let option, let value): "--\(option) \(value) stands there twice"
    case .requires(let option, let other): "--\(option) needs --\(other)"
    case .replacesInput(let target, let holds, _, let option):
      "\(target) \(holds ? "holds" : "is") what --\(option) reads, and would be replaced"
    case .configurationUnreadable(let error): error.message
    case .configurationMalformed(let path, let line, let problem):
      "\(path)\(line.map { ":\($0)" } ?? "") is not a configuration: \(problem)"
    case .configurationUnknownKey(let path, let line, let key, let verb, _, _):
      "\(path):\(line): penchant \(verb) has no option '\(key)'"
    case .configurationNested(let path, let line):
      "\(path):\(line): a configuration cannot name another one"
    case .configurationValue(let path, let line, let key, let expected):
      "\(path):\(line): the value of '\(key)' must be \(expected)"
    case .kernelDiffers(let name, let deviation):
      "\(name): the result differs from the plain kernel's by \(NumberText.significant(deviation)) of its size"
    case .notInCache(let text, let kind, let cache):
      "there is no file or folder \(text), and no \(kind) of this name in \(cache)"
    case .row(let path, let line, let problem): "\(path):\(line): \(problem)"
    case .unanswerable(let prompts, let total, let context):
      "\(prompts.count) of \(total) \(total == 1 ? "prompt" : "prompts") cannot be answered, where the model's context "
        + "holds \(context) tokens: " + Self.list(prompts)
    case .demoAsset(let name): "the demonstration's \(name) is not in this program"
    case .interrupted: "interrupted"
    }
  }

  var remedy: String? {
    switch code {
    case .unknownVerb(_, let nearest?):
      "did you mean '\(nearest)'? 'penchant --help' lists them all"
    case .unknownVerb(_, nil): "'penchant --help' lists the commands"
    case .verbLeftOut: "a build without --disable-default-traits has it"
    case .unknownOption(_, let verb, let nearest, let ours):
      Self.suggestion(nearest: nearest, ours: ours, spelling: { "--\($0)" }, verb: verb)
    case .configurationUnknownKey(_, _, _, let verb, let nearest, let ours):
      Self.suggestion(nearest: nearest, ours: ours, spelling: { "'\($0)'" }, verb: verb)
    case .unparsable(let verb, _):
      verb.map { "see 'penchant \($0) --help'" } ?? "see 'penchant --help'"
    case .replacesInput(_, _, let output, _): "nothing was touched; name another --\(output)"
    case .configurationUnreadable(let error): error.remedy
    case .configurationNested: "put its options here, or give that file as --config"
    case .configurationMalformed: "it is YAML with one option a line, as in 'beta: 0.1'"
    case .notInCache(let text, _, _):
      "fetch it with 'penchant pull \(text.prefix { $0 != "@" })'"
    case .unanswerable: "shorten them, or leave them out"
    case .kernelDiffers:
      "nothing was timed; set PENCHANT_ISA to another instruction set and report this"
    default: nil
    }
  }

  /// At most five; a list of hundreds helps nobody.
  private static func list(_ prompts: [UnanswerablePrompt]) -> String {
    let shown = prompts.prefix(5).map {
      "\($0.row) has \($0.tokens == 0 ? "none" : "\($0.tokens)")"
    }
    let rest = prompts.count > 5 ? " and \(prompts.count - 5) more" : ""
    return shown.joined(separator: ", ") + rest
  }

  private static func suggestion(
    nearest: String?, ours: ForeignName?, spelling: (String) -> String, verb: String
  ) -> String {
    if let ours {
      let note = ours.note.map { " (\($0))" } ?? ""
      guard let name = ours.option else { return "leave it out\(note)" }
      return "here it is called \(spelling(name))\(note)"
    }
    if let nearest { return "did you mean \(spelling(nearest))?" }
    return "'penchant \(verb) --help' lists the options"
  }
}
