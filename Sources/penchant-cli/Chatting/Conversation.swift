import PenchantData
import PenchantEngine
import PenchantModel

/// One side of a chat: a model with what was said to it and what it answered.
final class Conversation {
  /// What the side is called where there are two.
  let name: String?

  private let model: LanguageModel
  private let policy: Policy
  private let encoder: ConversationEncoder
  private(set) var sampling: SamplingOptions
  private var messages: [Message] = []
  private var system: String?
  /// Answers so far; each has random numbers of its own.
  private var answers: UInt64 = 0

  init(
    name: String?, model: LanguageModel, policy: Policy, encoder: ConversationEncoder,
    sampling: SamplingOptions, system: String?
  ) {
    self.name = name
    self.model = model
    self.policy = policy
    self.encoder = encoder
    self.sampling = sampling
    self.system = system
  }

  /// Answers a message; a failure leaves the conversation as it was.
  func answer(_ text: String, onText: (String) -> Void) throws -> String {
    let asked = messages + [Message(role: "user", content: text)]
    let opening = system.map { [Message(role: "system", content: $0)] } ?? []
    let prompt = try encoder.prompt(
      of: Pair(
        id: "chat", prompt: .messages(opening + asked), chosen: .text(""), rejected: .text(""),
        source: RowLocation(file: "conversation", row: 1, line: asked.count)))
    let generator = TextGenerator(
      model, policy: policy, sampler: sampling.sampler, limits: sampling.limits(together: 1))
    let results = try generator.generate([prompt], firstNumber: answers) { onText($1) }
    let reply = results.first?.text ?? ""
    answers += 1
    messages = asked + [Message(role: "assistant", content: reply)]
    return reply
  }

  /// Takes back the last message and its answer, and returns the message.
  func takeBack() -> String? {
    guard messages.count >= 2 else { return nil }
    let text = messages[messages.count - 2].text
    messages.removeLast(2)
    return text
  }

  /// Forgets what was said.
  func reset() { messages = [] }

  /// Begins anew with another system message; nil has none.
  func begin(system: String?) {
    self.system = system
    reset()
  }

  func set(temperature: Double) { sampling.temperature = temperature }
}
