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
}
