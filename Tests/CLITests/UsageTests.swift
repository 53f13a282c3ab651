import Testing

@Suite struct UsageTests {
  @Test func anUnknownVerbNamesTheNearest() throws {
    let outcome = try Program.run(["scor"])
    #expect(outcome.status == 2)
    #expect(
      outcome.error == """
        error: there is no command 'scor'
          did you mean 'score'? 'penchant --help' lists them all

        """)
  }

  @Test func anUnknownOptionNamesTheNearest() throws {
    let outcome = try Program.run(["score", "--modle", "x"])
    #expect(outcome.status == 2)
    #expect(
      outcome.error == """
        error: penchant score has no option --modle
          did you mean --model?

        """)
    #expect(outcome.output == "")
  }

  @Test(arguments: [
    ("lora_r", "here it is called --lora-rank"),
    (
      "per_device_train_batch_size",
      "here it is called --batch-size (pairs of a whole optimizer step)"
    ),
    ("num_train_epochs", "here it is called --epochs"),
    ("max_prompt_length", "here it is called --max-length (prompt and answer together)"),
    ("loss_type", "here it is called --objective"),
    ("lr-scheduler-type", "here it is called --schedule"),
    ("gradient_checkpointing", "leave it out (nothing is recomputed here)"),
    ("learning_rate", "did you mean --learning-rate?"),
  ])
  func namesOfOtherTrainersAreTranslated(name: String, answer: String) throws {
    let outcome = try Program.run(["tune", "--\(name)", "1"])
    #expect(outcome.status == 2)
    #expect(outcome.error == "error: penchant tune has no option --\(name)\n  \(answer)\n")
  }

  @Test func aMissingOptionIsNamed() throws {
    let outcome = try Program.run(["score", "--model", Example.model, "--data", Example.pairs])
    #expect(outcome.status == 2)
    #expect(
      outcome.error == """
        error: missing expected argument '--output <file>'
          see 'penchant score --help'

        """)
  }

  @Test func aValueOutsideItsListIsRefused() throws {
    let outcome = try Program.run(["score", "--dtype", "fp8"])
    #expect(outcome.status == 2)
    #expect(outcome.error.contains("'bfloat16' and 'float32'"))
  }

  @Test func aValueOutsideItsRangeIsRefused() throws {
    let outcome = try Program.run(
      ["score", "--model", "m", "--data", "d", "--output", "o", "--limit", "0"])
    #expect(outcome.status == 2)
    #expect(outcome.error.hasPrefix("error: --limit is 0; it must be at least 1\n"))
  }

  /// A word after an option that needs a value is its value, though it begins with a dash.
  @Test(arguments: [
    ("tune", "--batch-size", "-3", "--batch-size -3 is out of range: 1 to "),
    ("tune", "--learning-rate", "-1e-3", "--learning-rate -0.001 is out of range: 0 or more"),
    ("generate", "--seed", "-1", "the value '-1' is invalid for '--seed <n>'"),
    ("generate", "--max-new-tokens", "-5", "--max-new-tokens is -5; it must be at least 1"),
  ])
  func aNegativeNumberIsAValue(
    verb: String, option: String, value: String, answer: String
  ) throws {
    let words = [verb, "--model", "m", "--data", "d", "--output", "o"]
    let separate = try Program.run(words + [option, value])
    let attached = try Program.run(words + ["\(option)=\(value)"])
    #expect(separate.status == 2)
    #expect(separate.error.contains(answer), "\(separate.error)")
    #expect(separate.error == attached.error)
  }

  /// A remedy that a check brings along is not said twice.
  @Test(arguments: [
    (["inspect"], "--model or --devices is needed", "inspect"),
    (["convert", "--output", "o"], "--data or --config is needed", "convert"),
  ])
  func theHelpIsNamedOnce(words: [String], problem: String, verb: String) throws {
    let outcome = try Program.run(words)
    #expect(outcome.status == 2)
    #expect(outcome.error == "error: \(problem)\n  see 'penchant \(verb) --help'\n")
  }

  @Test func aRangeIsTheOneThatHolds() throws {
    let tune = ["tune", "--model", "m", "--data", "d", "--output", "o"]
    let threads = try Program.run(tune + ["--threads", "1025"])
    #expect(threads.status == 2)
    #expect(threads.error.contains("--threads 1025 is out of range: 1 to 1024"), "\(threads.error)")
    let stop = try Program.run([
      "generate", "--model", "m", "--data", "d", "--output", "o", "--stop", "",
    ])
    #expect(stop.status == 2)
    #expect(
      stop.error.hasPrefix(
        "error: --stop is empty; it must be a text: every answer begins with none\n"),
      "\(stop.error)")
  }
}
