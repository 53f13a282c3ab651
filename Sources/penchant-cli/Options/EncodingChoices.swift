import ArgumentParser
import PenchantModel

extension EncodingOptions.PromptFormat: ExpressibleByArgument {}
extension EncodingOptions.TrainOn: ExpressibleByArgument {}
extension EncodingOptions.Truncation: ExpressibleByArgument {}
extension EncodingOptions.Mismatch: ExpressibleByArgument {}

/// How a pair's text becomes tokens, but for its length.
struct EncodingChoices: ParsableArguments {
  @Option(
    help:
      "auto wraps plain strings as a user turn where the model has a chat template; raw takes them as they are."
  )
  var promptFormat = EncodingOptions.PromptFormat.auto

  @Option(
    help:
      "Which tokens of an answer count; assistant takes the chat template's {% generation %} blocks where it has them. (default: all after the prompt; refused where an answer holds a user turn)"
  )
  var trainOn: EncodingOptions.TrainOn?

  @Option(
    help:
      "When a prompt's tokens are no prefix of prompt + answer's; split ends the prompt where they part."
  )
  var onMismatch = EncodingOptions.Mismatch.error
}
