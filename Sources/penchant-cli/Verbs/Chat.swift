import ArgumentParser
import PenchantModel

/// `penchant chat`: talk to a model, before and after tuning.
struct Chat: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Talk to a model; with --compare, to it before and after tuning.",
    discussion: """
      Type a message and press return; /help lists what else can be typed. Ctrl-C stops an answer, and at the \
      prompt ends the conversation. With --compare each side keeps its own conversation: side by side where the \
      window is wide enough, otherwise one below the other. Lines can also be piped in.

      Example:
        penchant chat --model Examples/tiny-model --max-new-tokens 40
      """)

  @OptionGroup(title: "Model") var modelOptions: ModelOptions

  @Option(help: ArgumentHelp("PEFT folder to apply.", valueName: "folder"))
  var adapter: String?

  @Flag(help: "Answer without and with the adapter.")
  var compare = false

  @Option(help: ArgumentHelp("A system message to begin with.", valueName: "text"))
  var system: String?

  @OptionGroup(title: "Sampling") var sampling: SamplingOptions
  @OptionGroup var configurationOption: ConfigurationOption

  func validate() throws {
    if compare, adapter == nil {
      throw CommandError(.requires(option: "compare", other: "adapter"))
    }
  }

  func run() throws {
    let model = try modelOptions.load()
    let encoder = try ConversationEncoder(model, format: .chat)
    func side(_ name: String?, adapter: String?) throws -> Conversation {
      Conversation(
        name: name, model: model, policy: try model.policy(adapter: adapter), encoder: encoder,
        sampling: sampling, system: system)
    }
    let sides =
      compare
      ? [try side("before", adapter: nil), try side("after", adapter: adapter)]
      : [try side(nil, adapter: adapter)]
    var session = ChatSession(sides: sides, terminal: .output)
    try session.run()
  }
}
