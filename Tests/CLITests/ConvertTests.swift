import Foundation
import Testing

@Suite struct ConvertTests {
  @Test func pairsChangeTheirFormatAndComeBack() throws {
    let folder = try Folder()
    let there = try Program.run(
      ["convert", "--data", Example.pairs, "--to", "sharegpt", "--output", folder.path("a.json")])
    #expect(there.status == 0, "\(there.error)")
    #expect(there.output.contains("as sharegpt -> \(folder.path("a.json"))\n"))
    let back = try Program.run(
      [
        "convert", "--data", folder.path("a.json"), "--to", "openai", "--output",
        folder.path("b.jsonl"),
      ])
    #expect(back.status == 0, "\(back.error)")
    let rows = try Program.root.appendingPathComponent(Example.pairs).lineCount()
    #expect(try folder.lines("b.jsonl").count == rows)
  }

  @Test func whatHasNoPlaceIsCountedAndKept() throws {
    let folder = try Folder()
    let data = try folder.write(
      "d.jsonl",
      #"{"id": "t", "prompt": "Q", "chosen": "C", "rejected": "R", "tie": true}"# + "\n"
        + #"{"prompt": "Q", "chosen": "C", "rejected": "R", "weight": 2}"# + "\n")
    let output = folder.path("o.jsonl")
    let outcome = try Program.run(
      ["convert", "--data", data, "--to", "openai", "--output", output])
    #expect(outcome.status == 0, "\(outcome.error)")
    #expect(
      outcome.output == """
        \(data): read 2 pairs as trl-standard, 1 tie among them
        wrote 1 row as openai -> \(output)
          1 row changed between plain texts and turns
          no place in openai, kept in \(output).sidecar.jsonl:
            1 ties
            1 × 'id'
            1 × 'weight'

        """)
    #expect(try folder.lines("o.jsonl.sidecar.jsonl").count == 2)

    let joined = folder.path("j.jsonl")
    let back = try Program.run(
      [
        "convert", "--data", output, "--join-sidecar", "--to", "arena", "--output", joined,
      ])
    #expect(back.status == 0, "\(back.error)")
    #expect(
      back.output.contains("joined 1 notes and 1 whole rows from \(output).sidecar.jsonl\n"))
    let lines = try folder.lines("j.jsonl")
    #expect(lines.count == 2)
    #expect(
      lines[0].contains(#""weight": 2"#) && lines[1].contains(#""winner": "tie""#), "\(lines)")
  }

  @Test func anExistingOutputStays() throws {
    let folder = try Folder()
    let output = try folder.write("o.jsonl", "old")
    let outcome = try Program.run(
      ["convert", "--data", Example.pairs, "--to", "hh", "--output", output])
    #expect(outcome.status == 2)
    #expect(try folder.text("o.jsonl") == "old")
  }

  @Test(arguments: [
    (["--output", "x"], "--data or --config is needed"),
    (["--data", "x", "--output", "x"], "--data needs --to"),
    (["--data", "x", "--config", "y", "--output", "x"], "--data and --config do not go together"),
    (
      ["--data", Example.pairs, "--to", "share-gpt", "--output", "/nowhere/x"],
      "there is no format 'share-gpt'\n  did you mean 'sharegpt'?"
    ),
  ])
  func wrongCommandsAreAnswered(words: [String], problem: String) throws {
    let outcome = try Program.run(["convert"] + words)
    #expect(outcome.status == 2)
    #expect(outcome.error.contains(problem), "\(outcome.error)")
  }
}

@Suite struct ConfigurationConversionTests {
  private func convert(_ yaml: String) throws -> (Program.Outcome, written: [String]) {
    let folder = try Folder()
    let file = try folder.write("theirs.yaml", yaml)
    let outcome = try Program.run(
      ["convert", "--config", file, "--output", folder.path("ours.yaml")])
    return (outcome, outcome.status == 2 ? [] : try folder.lines("ours.yaml"))
  }

  @Test(arguments: [
    ("load_in_8bit: true", true), ("load_in_8bit: false", false), ("load_in_4bit: true", false),
    ("quantization_bit: 8", true), ("quantization_bit: 4", false),
  ])
  func eightBitWeightsBecomeOurs(line: String, isKept: Bool) throws {
    let (_, lines) = try convert("model_name_or_path: m\n\(line)\n")
    #expect(lines.contains(#"base-weights: "int8""#) == isKept)
  }

  @Test func aTRLConfigurationIsTranslatedWithItsValues() throws {
    let (outcome, lines) = try convert(
      """
      model_name_or_path: m
      learning_rate: 5e-6
      per_device_train_batch_size: 2
      gradient_accumulation_steps: 4
      beta: 0.2
      loss_type: sigmoid
      lr_scheduler_type: cosine
      use_peft: true
      lora_r: 32
      logging_steps: 5
      """)
    #expect(outcome.status == 0, "\(outcome.error)")
    #expect(outcome.output.contains("read as TRL"))
    for line in [
      "model: \"m\"", "batch-size: 8", "beta: 0.2", "objective: \"sigmoid\"",
      "schedule: \"cosine\"", "lora-rank: 32", "lora-alpha: 32", "epochs: 3", "warmup-ratio: 0",
      "max-length: 1024", "holdout: 0", "truncation: \"keep-start\"", "prompt-format: \"raw\"",
    ] {
      #expect(lines.contains(line), "\(line) in \(lines)")
    }
    #expect(lines.contains { $0.hasPrefix("learning-rate: 5e-0") })
  }

  @Test func whatAFileLeavesOutMeansWhatItsTrainerDoes() throws {
    let (axolotl, lines) = try convert(
      "base_model: m\nrl: simpo\nmicro_batch_size: 2\nadapter: lora\nlora_r: 8\nlora_alpha: 16\nlearning_rate: 1e-5\n"
    )
    #expect(axolotl.output.contains("read as Axolotl"), "\(axolotl.error)")
    for line in ["max-length: 512", "warmup-ratio: 0.03", "epochs: 1", "beta: 0.1", "gamma: 0.5"] {
      #expect(lines.contains(line), "\(line) in \(lines)")
    }
    let (_, given) = try convert(
      "model_name_or_path: m\nstage: dpo\nfinetuning_type: lora\npref_loss: simpo\nsimpo_gamma: 0.8\n"
    )
    for line in ["gamma: 0.8", "beta: 0.1", "lora-rank: 8", "lora-alpha: 16", "max-length: 2048"] {
      #expect(given.contains(line), "\(line) in \(given)")
    }
  }

  @Test func whatCannotBeDoneIsRefusedByName() throws {
    let (outcome, lines) = try convert(
      "base_model: m\nrl: dpo_special\nmicro_batch_size: 2\nlora_dropout: 0.1\nno_such_thing: 3\n")
    #expect(outcome.status == 1)
    #expect(outcome.output.contains("read as Axolotl"))
    #expect(lines.contains("# refused: lora_dropout: adapters are trained without dropout"))
    #expect(lines.contains("# refused: rl: there is no objective dpo_special"))
    #expect(lines.contains("# refused: no_such_thing: not known here"))
  }

  @Test func aLLaMAFactoryConfigurationRunsHere() throws {
    let folder = try Folder()
    let file = try folder.write(
      "theirs.yaml",
      """
      model_name_or_path: \(Example.model)
      stage: dpo
      finetuning_type: lora
      lora_rank: 4
      lora_target: all
      pref_beta: 0.1
      dataset: \(Example.pairs)
      cutoff_len: 512
      output_dir: \(folder.path("run"))
      per_device_train_batch_size: 1
      gradient_accumulation_steps: 4
      learning_rate: 1.0e-5
      num_train_epochs: 1.0
      max_steps: 1
      bf16: true
      """)
    let ours = folder.path("ours.yaml")
    let converted = try Program.run(["convert", "--config", file, "--output", ours])
    #expect(converted.status == 0, "\(converted.error)\(converted.output)")
    let run = try Program.run(["tune", "--config", ours])
    #expect(run.status == 0, "\(run.error)")
    #expect(folder.exists("run/adapter/adapter_config.json"))
  }

  @Test(arguments: [
    ("a: 1\n", "its keys are not those of TRL, LLaMA-Factory or Axolotl"),
    ("- a\n", "its top level is not 'option: value'"), ("stage: [", "is not a configuration"),
  ])
  func whatIsNoneIsAnError(yaml: String, problem: String) throws {
    let (outcome, _) = try convert(yaml)
    #expect(outcome.status == 2)
    #expect(outcome.error.contains(problem), "\(outcome.error)")
  }
}

@Suite struct HubReferenceTests {
  private static let commit = String(repeating: "0a", count: 20)

  /// A cache with the example model and pairs, laid out as the hub's own library does.
  private func cache() throws -> Folder {
    let folder = try Folder()
    for (name, source, files) in [
      (
        "models--o--tiny", Example.model,
        try FileManager.default.contentsOfDirectory(
          atPath: Program.root.appendingPathComponent(Example.model).path)
      ),
      ("datasets--o--pairs", "Examples", ["pairs.jsonl"]),
    ] {
      let repository = folder.url.appendingPathComponent("hub/\(name)")
      let snapshot = repository.appendingPathComponent("snapshots/\(Self.commit)")
      let manager = FileManager.default
      for path in ["refs", "blobs", "snapshots/\(Self.commit)"] {
        try manager.createDirectory(
          at: repository.appendingPathComponent(path), withIntermediateDirectories: true)
      }
      try Data(Self.commit.utf8).write(to: repository.appendingPathComponent("refs/main"))
      for file in files {
        try manager.copyItem(
          at: Program.root.appendingPathComponent(source).appendingPathComponent(file),
          to: repository.appendingPathComponent("blobs/\(file)"))
        try manager.createSymbolicLink(
          atPath: snapshot.appendingPathComponent(file).path,
          withDestinationPath: "../../blobs/\(file)")
      }
    }
    return folder
  }

  @Test func namesOfAHubAreFoundInItsCache() throws {
    let folder = try cache()
    let outcome = try Program.run(
      [
        "score", "--model", "o/tiny", "--data", "o/pairs@\(Self.commit)", "--limit", "2",
        "--output",
        folder.path("s.jsonl"),
      ], environment: ["HF_HOME": folder.url.path])
    #expect(outcome.status == 0, "\(outcome.error)")
    #expect(try folder.lines("s.jsonl").count == 2)
  }

  @Test func whatIsNotThereIsNamedWithTheCommandThatFetchesIt() throws {
    let folder = try Folder()
    let outcome = try Program.run(
      ["score", "--model", "o/none", "--data", Example.pairs, "--output", folder.path("s")],
      environment: ["HF_HUB_CACHE": folder.url.path])
    #expect(outcome.status == 2)
    #expect(
      outcome.error.hasSuffix(
        """
        error: there is no file or folder o/none, and no model of this name in \(folder.url.path)
          fetch it with 'penchant pull o/none'

        """))
  }

  @Test(arguments: [
    (["pull", "../x"], "'../x' is not the name of a repository, OWNER/NAME"),
    (["pull", "o/n", "--revision", "a/../b"], "'a/../b' is not a branch, tag or commit"),
    (["pull", "o/n"], "HF_HUB_OFFLINE is set, so nothing is fetched"),
  ])
  func wrongNamesAreRefusedBeforeAnythingIsAsked(words: [String], problem: String) throws {
    let outcome = try Program.run(words, environment: ["HF_HUB_OFFLINE": "1"])
    #expect(outcome.status == 2)
    #expect(outcome.error.contains(problem), "\(outcome.error)")
  }
}

extension URL {
  /// The number of lines of a file.
  fileprivate func lineCount() throws -> Int {
    try Data(contentsOf: self).split(separator: UInt8(ascii: "\n")).count
  }
}
