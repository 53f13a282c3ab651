import ArgumentParser
import PenchantEngine
import PenchantModel

/// How the next token is chosen, and when an answer ends.
struct SamplingOptions: ParsableArguments {
  @Option(help: ArgumentHelp("0 takes the likeliest token; larger is more varied.", valueName: "t"))
  var temperature = 0.0

  @Option(
    help: ArgumentHelp(
      "Keep the fewest likeliest tokens that reach this probability.", valueName: "p"))
  var topP = 1.0

  @Option(help: ArgumentHelp("Keep the k likeliest tokens; 0 keeps all.", valueName: "k"))
  var topK = 0

  @Option(
    help: ArgumentHelp(
      "Keep tokens at least this fraction as likely as the likeliest.", valueName: "p"))
  var minP = 0.0

  @Option(help: ArgumentHelp("What the random choices are derived from.", valueName: "n"))
  var seed: UInt64 = 0

  @Option(help: ArgumentHelp("Tokens of one answer at most.", valueName: "n"))
  var maxNewTokens = 256

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "End an answer before this text; can be given more than once.", valueName: "text"))
  var stop: [String] = []

  func validate() throws {
    try require(
      temperature >= 0 && temperature.isFinite, "temperature", "\(temperature)", "0 or more")
    try require(topP > 0 && topP <= 1, "top-p", "\(topP)", "above 0 and at most 1")
    try require(topK >= 0, "top-k", "\(topK)", "0 or more")
    try require(minP >= 0 && minP <= 1, "min-p", "\(minP)", "between 0 and 1")
    try require(maxNewTokens > 0, "max-new-tokens", "\(maxNewTokens)", "at least 1")
    try require(!stop.contains(""), "stop", "empty", "a text: every answer begins with none")
  }

  private func require(
    _ condition: Bool, _ option: String, _ value: String, _ expected: String
  ) throws(CommandError) {
    guard condition else {
      throw CommandError(.outOfRange(option: option, value: value, expected: expected))
    }
  }

  /// The first option that is not as it would be if none were given, for messages.
  var given: String? {
    if temperature != 0 { return "--temperature" }
    if topP != 1 { return "--top-p" }
    if topK != 0 { return "--top-k" }
    if minP != 0 { return "--min-p" }
    if seed != 0 { return "--seed" }
    if maxNewTokens != 256 { return "--max-new-tokens" }
    return stop.isEmpty ? nil : "--stop"
  }

  var sampler: Sampler {
    Sampler(temperature: temperature, topK: topK, topP: topP, minP: minP, seed: seed)
  }

  /// What the context takes from the answers, for people; nil where every answer can have its tokens.
  /// - Parameter context: tokens of the model's context.
  func shortage(_ prompts: [[Int32]], context: Int) -> String? {
    let short = prompts.map { context - $0.count }.filter { $0 < maxNewTokens }
    guard let least = short.min(), let most = short.max() else { return nil }
    return "--max-new-tokens \(maxNewTokens): the model's context of \(context) leaves "
      + "\(least == most ? "\(least)" : "\(least) to \(most)") for \(short.count) of "
      + "\(prompts.count) \(prompts.count == 1 ? "prompt" : "prompts")"
  }

  func limits(together: Int?) -> TextGenerator.Limits {
    TextGenerator.Limits(newTokens: maxNewTokens, stops: stop, together: together)
  }
}
