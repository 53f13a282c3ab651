import PenchantCore
import PenchantData

/// What can be wrong with a command, before the rooms below have a say.
struct CommandError: PenchantFailure, Equatable {
  enum Code: Sendable, Equatable {
    /// There is no such verb.
    case unknownVerb(name: String, nearest: String?)
    /// The verb exists, but this program was built without its package trait.
    case verbLeftOut(name: String)
    /// The verb has no such option; `ours` is what a name of another trainer is called here.
    case unknownOption(name: String, verb: String, nearest: String?, ours: ForeignName?)
    /// The command line's own grammar is violated; `text` is the parser's.
    case unparsable(verb: String?, text: String)
    /// Two options that cannot stand together.
    case conflict(String, String, reason: String)
    /// An option's value is outside its range.
    case outOfRange(option: String, value: String, expected: String)
    /// An option was given twice with what can be wanted once.
    case repeated(option: String, value: String)
    /// An option needs another one.
    case requires(option: String, other: String)
    /// What would be written or removed is, or holds, what an option reads.
    case replacesInput(target: String, holds: Bool, output: String, option: String)
    /// The configuration file cannot be read.
    case configurationUnreadable(CoreError)
    /// The configuration file is not YAML.
    case configurationMalformed(path: String, line: Int?, problem: String)
    /// A key that is no option of the verb.
    case configurationUnknownKey(
      path: String, line: Int, key: String, verb: String, nearest: String?, ours: ForeignName?)
    /// A configuration that names another one.
    case configurationNested(path: String, line: Int)
    /// A key whose value does not fit the option.
    case configurationValue(path: String, line: Int, key: String, expected: String)
    /// A row of a data file cannot be used.
    case row(path: String, line: Int, problem: String)
    /// Prompts of a file that have no token, or leave no room for an answer in the model's context.
    case unanswerable([UnanswerablePrompt], of: Int, context: Int)
    /// Neither a path nor a repository that was fetched.
    case notInCache(text: String, kind: String, cache: String)
    /// A kernel's result parts from its plain twin's; `deviation` is relative.
    case kernelDiffers(name: String, deviation: Double)
    /// A file of the demonstration is not in the program, or is not what it should be.
    case demoAsset(String)
    /// A signal asked to stop.
    case interrupted
  }

  let code: Code

  init(_ code: Code) { self.code = code }
}

/// A prompt that cannot be answered.
struct UnanswerablePrompt: Sendable, Equatable {
  let row: RowLocation
  let tokens: Int
}
