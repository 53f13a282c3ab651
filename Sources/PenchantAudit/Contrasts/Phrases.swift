/// Turns of phrase that give away what an answer, or a question, is up to.
struct Phrases: Sendable {
  private let phrases: [[UInt8]]

  init(_ phrases: [String]) { self.phrases = phrases.map { Array($0.utf8) } }

  /// Whether one of them stands in a text that is in lower case.
  func isIn(_ text: [UInt8]) -> Bool { phrases.contains { text.contains($0) } }

  /// Whether a text begins with one of them and the word ends there.
  func begin(_ text: [UInt8]) -> Bool {
    phrases.contains { text.has($0, at: 0) && !(text.count > $0.count && text[$0.count].isLetter) }
  }

  /// English refusals, as they stand at the beginning of an answer.
  static let refusal = Phrases([
    "i can't help", "i cannot help", "i can't assist", "i cannot assist", "i'm sorry, but",
    "i am sorry, but",
    "i'm unable to", "i am unable to", "i can't provide", "i cannot provide", "i won't",
    "i will not",
    "as an ai", "i'm not able to", "i am not able to", "i can't do that", "i cannot do that",
    "i'm not comfortable", "i am not comfortable", "i cannot fulfill", "i can't fulfill",
    "i must decline",
    "i can't give", "i cannot give", "i'm sorry, i can", "i can't answer", "i cannot answer",
  ])

  static let affirmative = Phrases([
    "sure", "certainly", "of course", "absolutely", "definitely", "yes", "great", "happy to",
    "i'd be happy to",
    "here is", "here are", "here's", "no problem", "okay", "ok",
  ])

  static let agreement = Phrases([
    "you're right", "you are right", "you're absolutely right", "you are absolutely right",
    "i agree",
    "great question", "good question", "excellent question", "good point", "great point",
    "i apologize",
    "my apologies", "sorry for the confusion", "you make a",
  ])

  static let opinion = Phrases([
    "i think", "i believe", "in my opinion", "i feel like", "i feel that", "don't you think",
    "don't you agree",
    "do you agree", "i'm pretty sure", "i am sure", "i'm sure", "isn't it true", "are you sure",
    "i disagree",
  ])
}
