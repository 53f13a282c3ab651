import ArgumentParser
import PenchantCore
import PenchantData
import PenchantEngine
import PenchantModel

/// `penchant generate`: answers to a file of prompts.
struct Generate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Answers every prompt of a file.",
    discussion: """
      A line of the prompts file is an object with "prompt" (a string or messages) or "messages"; an "id" is \
      carried over, other members are left alone. A file of pairs will do: its prompts are answered. The \
      answers depend on the seed and on a prompt's place in the file, not on its neighbours.

      Example:
        penchant generate --model Examples/tiny-model --limit 3 \\
          --data Examples/pairs.jsonl --output answers.jsonl
      """)

  @OptionGroup(title: "Model") var modelOptions: ModelOptions

  @Option(help: ArgumentHelp("PEFT folder to apply.", valueName: "folder"))
  var adapter: String?

  @Option(help: ArgumentHelp("JSONL file of prompts.", valueName: "file"))
  var data: String

  @Option(help: ArgumentHelp("Answer the first n prompts only.", valueName: "n"))
  var limit: Int?

  @Option(
    help:
      "auto wraps a string as a user turn where the model has a chat template; raw continues it as it is."
  )
  var promptFormat = EncodingOptions.PromptFormat.auto

  @OptionGroup(title: "Sampling") var sampling: SamplingOptions

  @Option(
    help: ArgumentHelp(
      "Prompts answered together; the answers do not depend on it. (default: 16; on a GPU 16384 tokens)",
      valueName: "n"))
  var batchSize: Int?

  @Option(help: ArgumentHelp("Where the answers go, as JSONL.", valueName: "file"))
  var output: String

  @Flag(help: "Replace an existing output.")
  var overwrite = false

  @OptionGroup var configurationOption: ConfigurationOption

  func validate() throws {
    for (option, value) in [("limit", limit ?? 1), ("batch-size", batchSize ?? 1)] where value < 1 {
      throw CommandError(.outOfRange(option: option, value: "\(value)", expected: "at least 1"))
    }
  }

  func run() throws {
    var inputs = CommandInputs()
    try inputs.add("data", files: [data])
    try inputs.add(model: modelOptions.model)
    try inputs.add("adapter", adapter: adapter)
    try inputs.add(template: modelOptions.engine.chatTemplate)
    try inputs.add("config", files: [configurationOption.config])
    try inputs.protect(from: [output])
    let file = try AtomicFile(path: output, overwrite: overwrite)
    let rows = try PromptFile.read(data, limit: limit)
    let model = try modelOptions.load()
    let encoder = try ConversationEncoder(model, format: promptFormat)
    let prompts = try PromptFile.tokens(
      of: rows, encoder, context: model.architecture.maxPositions)
    let generator = TextGenerator(
      model, policy: try model.policy(adapter: adapter), sampler: sampling.sampler,
      limits: sampling.limits(together: batchSize))

    let progress = ProgressLine()
    defer { progress.clear() }
    let context = model.architecture.maxPositions
    if let shortage = sampling.shortage(prompts, context: context) { progress.note(shortage) }
    var tokens = 0
    for wave in generator.waves(of: prompts) {
      let answers = try generator.generate(
        Array(prompts[wave]), firstNumber: UInt64(wave.lowerBound))
      for (row, answer) in zip(rows[wave], answers) {
        tokens += answer.tokens.count
        try file.append(Self.line(row, answer).text() + "\n")
      }
      progress.update(
        stage: "answering", completed: wave.upperBound, total: rows.count, unit: "prompts")
    }
    try file.commit()
    progress.clear()
    Terminal.output.line(
      "\(rows.count) \(rows.count == 1 ? "prompt" : "prompts") answered with \(tokens) tokens -> \(output)"
    )
  }

  private static func line(_ row: PromptFile.Row, _ answer: GeneratedText) -> JSON {
    var object = JSONObject()
    object["id"] = .string(row.id)
    object["prompt"] = row.prompt.json
    object["completion"] = .string(answer.text)
    object["tokens"] = .number(JSONNumber(answer.tokens.count))
    object["finish_reason"] = .string(answer.finish.rawValue)
    return .object(object)
  }
}
