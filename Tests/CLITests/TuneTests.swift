import Foundation
import Testing

@Suite struct TuneTests {
  private static let fast = [
    "--model", Example.model, "--data", Example.pairs, "--limit", "16", "--batch-size", "4",
    "--learning-rate", "1e-3",
  ]

  private func tune(_ folder: Folder, _ more: [String]) throws -> Program.Outcome {
    try Program.run(["tune", "--output", folder.path("run")] + Self.fast + more)
  }

  private func objects(_ folder: Folder, _ name: String) throws -> [[String: Any]] {
    try folder.lines(name).map { line in
      try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
    }
  }

  @Test func aRunEndsWithFiguresAnswersAVerdictAndTheNextCommand() throws {
    let folder = try Folder()
    let outcome = try tune(folder, ["--epochs", "2", "--holdout", "0.25", "--eval-every", "3"])
    #expect(outcome.status == 0, "\(outcome.error)")
    for part in [
      "census    16 pairs: 0 with identical answers",
      "always choosing the longer answer is right in",
      "objective sigmoid: ", "memory    about ", "prompts, before and after", "held out  loss ",
      "verdict   ",
      "next      penchant chat --model \(Example.model) --adapter \(folder.path("run"))/adapter --compare",
    ] {
      #expect(outcome.output.contains(part), "\(part) is not in \(outcome.output)")
    }
    let metrics = try objects(folder, "run/metrics.jsonl").filter { $0["loss"] != nil }
    // Compared as text: Foundation reads 0.6931471805599453 one bit too low.
    let lines = try folder.lines("run/metrics.jsonl")
    #expect(lines[0].hasPrefix(#"{"step": 0, "kl": 0, "kl_k3": 0, "#))
    #expect(lines[1].contains(#""loss": 0.6931471805599453, "#))
    #expect(metrics.first?["rewards/margins"] as? Double == 0)
    let last = try #require(metrics.last?["loss"] as? Double)
    #expect(last < log(2))
    // Random weights come to no end: their answers are cut, and say so.
    #expect(try folder.text("run/report.json").contains("\"before_finished\": false"))
    #expect(try folder.text("run/report.html").contains(" …</"))
    for name in ["run/config.yaml", "run/adapter/adapter_model.safetensors", "run/pairs.jsonl"] {
      #expect(folder.exists(name))
    }
  }

  @Test func whatWasTunedCanBeScoredAndUsed() throws {
    let folder = try Folder()
    #expect(try tune(folder, ["--epochs", "3"]).status == 0)
    let scored = try Program.run([
      "score", "--model", Example.model, "--adapter", folder.path("run/adapter"), "--data",
      Example.pairs, "--limit", "16", "--output", folder.path("scores.jsonl"),
    ])
    #expect(scored.status == 0, "\(scored.error)")
    #expect(scored.output.contains("chosen answer rewarded more in "))
    let rewards = try objects(folder, "scores.jsonl").map {
      ($0["reward_chosen"] as? Double ?? 0) - ($0["reward_rejected"] as? Double ?? 0)
    }
    #expect(rewards.reduce(0, +) > 0)
    let answered = try Program.run([
      "generate", "--model", Example.model, "--adapter", folder.path("run/adapter"), "--data",
      Example.pairs, "--limit", "1", "--max-new-tokens", "4", "--output",
      folder.path("answers.jsonl"),
    ])
    #expect(answered.status == 0, "\(answered.error)")
    let talk = try Program.run(
      [
        "chat", "--model", Example.model, "--adapter", folder.path("run/adapter"), "--compare",
        "--max-new-tokens", "4",
      ], input: "Hello\n/nonsense\n/quit\n")
    #expect(talk.status == 0, "\(talk.error)")
    #expect(talk.output.contains("before> ") && talk.output.contains("after> "))
    #expect(talk.output.contains("there is no command /nonsense; /help lists them\n"))
  }

  @Test func aRunThatWasStoppedGoesOnToTheSameBytes() throws {
    let folder = try Folder()
    let options = ["--epochs", "40", "--seed", "3"]
    #expect(try tune(folder, options).status == 0)
    let stopped = try Program.run(
      ["tune", "--output", folder.path("second")] + Self.fast + options
    ) { process in
      let metrics = folder.path("second/metrics.jsonl")
      // As soon as a few steps are done.
      for _ in 0..<600 {
        let size = try? FileManager.default.attributesOfItem(atPath: metrics)[.size] as? Int
        if size ?? 0 > 2000 || !process.isRunning { break }
        usleep(20_000)
      }
      process.interrupt()
    }
    // On a fast machine the run may have ended before the signal came.
    #expect(stopped.status == 130 || stopped.status == 0, "\(stopped.error)")
    if stopped.status == 130 {
      #expect(stopped.output.contains("penchant tune --output \(folder.path("second")) --resume"))
      #expect(!folder.exists("second/adapter"))
      let resumed = try Program.run(["tune", "--output", folder.path("second"), "--resume"])
      #expect(resumed.status == 0, "\(resumed.error)")
    }
    for name in ["pairs.jsonl", "adapter/adapter_model.safetensors"] {
      let first = try Data(contentsOf: URL(fileURLWithPath: folder.path("run/\(name)")))
      let second = try Data(contentsOf: URL(fileURLWithPath: folder.path("second/\(name)")))
      #expect(first == second, "\(name) differs")
    }
  }

  /// A terminal that goes away: the shell sends a second signal, which must not cut the checkpoint short.
  @Test(.disabled(if: HangUp.isIgnored, "the tests were started with SIGHUP ignored"))
  func aRunWhoseTerminalIsGoneKeepsACheckpoint() throws {
    let folder = try Folder()
    let outcome = try Program.run(
      ["tune", "--output", folder.path("run")] + Self.fast + ["--epochs", "2000"]
    ) { process in
      while !folder.exists("run/metrics.jsonl"), process.isRunning { usleep(20_000) }
      for _ in 0..<2 {
        kill(process.processIdentifier, SIGHUP)
        usleep(1000)
      }
    }
    #expect(outcome.status == 129)
    #expect(outcome.error.hasSuffix("hung up\n"), "\(outcome.error)")
    let checkpoints = try FileManager.default.contentsOfDirectory(
      atPath: folder.path("run/checkpoints"))
    #expect(checkpoints.contains { folder.exists("run/checkpoints/\($0)/manifest.json") })
  }

  /// `nohup` ignores the signal for the program; it must stay ignored.
  @Test func aRunThatIgnoresHangingUpGoesOn() throws {
    let folder = try Folder()
    let words = [Program.executable.path, "tune", "--output", folder.path("run")] + Self.fast
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", "trap '' HUP; exec \"$@\"", "sh"] + words + ["--epochs", "20"]
    process.currentDirectoryURL = Program.root
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    while !folder.exists("run/metrics.jsonl"), process.isRunning { usleep(10_000) }
    kill(process.processIdentifier, SIGHUP)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit && process.terminationStatus == 0)
    #expect(folder.exists("run/adapter/adapter_model.safetensors"))
  }

  @Test func aSavedConfigurationRunsAgainToTheSameBytes() throws {
    let folder = try Folder()
    #expect(try tune(folder, ["--epochs", "1"]).status == 0)
    let again = try Program.run([
      "tune", "--config", folder.path("run/config.yaml"), "--output", folder.path("again"),
    ])
    #expect(again.status == 0, "\(again.error)")
    #expect(try folder.text("run/pairs.jsonl") == (try folder.text("again/pairs.jsonl")))
  }

  @Test func anExistingRunStaysAsItIs() throws {
    let folder = try Folder()
    try FileManager.default.createDirectory(
      atPath: folder.path("run"), withIntermediateDirectories: true)
    _ = try folder.write("run/notes.txt", "mine\n")
    let outcome = try tune(folder, ["--epochs", "1"])
    #expect(outcome.status == 2)
    #expect(
      outcome.error.hasPrefix(
        "error: \(folder.path("run")) is there already and is no run's folder\n"))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path("run")) == ["notes.txt"])
  }

  @Test func jsonIsAllThatTheOutputHolds() throws {
    let outcome = try tune(try Folder(), ["--epochs", "1", "--json"])
    #expect(outcome.status == 0)
    let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
    #expect(object?["steps"] as? Int == 4)
    #expect(object?["verdict"] is String)
    #expect((object?["samples"] as? [Any])?.count == 3)
  }

  @Test func labelSmoothingIsRefusedWhereItWouldBeIgnored() throws {
    let outcome = try tune(try Folder(), ["--label-smoothing", "0.1"])
    #expect(outcome.status == 2)
    #expect(outcome.error.contains("cdpo"))
  }

  @Test(arguments: [
    ["--full", "--lora-rank", "4"], ["--init-adapter", "x", "--lora-alpha", "4"],
    ["--resume", "--overwrite"], ["--beta", "0"], ["--holdout", "1"], ["--objective", "dpoo"],
    ["--reference", "none"], ["--lora-targets", "lm_head"], ["--batch-size", "0"],
    ["--truncation", "middle"], ["--schedule", "step"],
  ])
  func choicesThatMakeNoSenseAreRefused(options: [String]) throws {
    let folder = try Folder()
    let outcome = try tune(folder, options)
    #expect(outcome.status == 2, "\(outcome.error)")
    #expect(outcome.error.hasPrefix("error: ") || outcome.error.contains("\nerror: "))
    #expect(!folder.exists("run"))
  }

  @Test func rowsThatAreTooLongStopTheRunUnlessAChoiceIsMade() throws {
    let folder = try Folder()
    let refused = try tune(folder, ["--max-length", "150"])
    #expect(refused.status == 2)
    #expect(refused.error.contains("--truncation"))
    #expect(!folder.exists("run"))
    let chosen = try tune(folder, ["--max-length", "150", "--truncation", "drop", "--epochs", "1"])
    #expect(chosen.status == 0, "\(chosen.error)")
    let dropped = try objects(folder, "run/dropped.jsonl")
    #expect(!dropped.isEmpty)
    #expect(
      dropped.allSatisfy {
        ($0["tokens"] as? Int ?? 0) > 150 && $0["reason"] as? String == "too-long"
      })
    #expect(chosen.output.contains("\(dropped.count) left out"))
  }

  @Test func rowsThatAreTrainedOnAreNothingToMeasureOn() throws {
    let folder = try Folder()
    let outcome = try tune(folder, ["--eval-data", Example.pairs])
    #expect(outcome.status == 2)
    #expect(
      outcome.error.contains(
        "16 of 16 rows to measure on are trained on as they stand: Examples/pairs.jsonl:1 is Examples/pairs.jsonl:1, "
      ), "\(outcome.error)")
    #expect(!folder.exists("run"))
  }

  @Test func promptsThatAreTrainedOnAreCountedWhereverTheFigureStands() throws {
    let folder = try Folder()
    // The answers of the first four pairs exchanged, and four pairs nobody trains on.
    let lines = try String(contentsOf: Program.root.appending(path: Example.pairs), encoding: .utf8)
      .split(separator: "\n").map(String.init)
    let evaluation = lines[..<4].map {
      $0.replacingOccurrences(of: "\"chosen\"", with: "\"?\"")
        .replacingOccurrences(of: "\"rejected\"", with: "\"chosen\"")
        .replacingOccurrences(of: "\"?\"", with: "\"rejected\"")
    }
    let file = try folder.write(
      "e.jsonl", (evaluation + lines[100..<104]).joined(separator: "\n") + "\n")
    let outcome = try tune(folder, ["--epochs", "1", "--eval-data", file])
    #expect(outcome.status == 0, "\(outcome.error)")
    let sentence = "4 of the 8 rows of --eval-data ask what is trained on, with other answers"
    // Where the data is read and where the figure stands.
    #expect(outcome.output.components(separatedBy: sentence).count == 3, "\(outcome.output)")
    #expect(outcome.output.contains("3 evaluation prompts, before and after"))
    let page = try folder.text("run/report.html")
    #expect(page.contains("none of which this run trained on as it stands; but \(sentence)"))
    #expect(!page.contains("held out by their prompts"))
    #expect(try folder.text("run/report.json").contains("\"shared_prompts\": 4"))
  }

  @Test func answersThatTeachNothingAreLeftOutAndListed() throws {
    let folder = try Folder()
    let rows = [("a", "b"), ("c", ""), (" \\n", "d"), ("e", "e"), ("f", "g")].map {
      #"{"prompt": "Why?", "chosen": "\#($0.0)", "rejected": "\#($0.1)"}"#
    }
    let data = try folder.write("p.jsonl", rows.joined(separator: "\n") + "\n")
    let outcome = try Program.run([
      "tune", "--model", Example.model, "--data", data, "--output", folder.path("run"),
      "--max-steps", "1",
    ])
    #expect(outcome.status == 0, "\(outcome.error)")
    #expect(outcome.output.contains("2 pairs to train on, 0 held out"), "\(outcome.output)")
    #expect(
      outcome.output.contains("3 left out (2 empty-answer, 1 identical-answers), listed in"))
    #expect(
      try objects(folder, "run/dropped.jsonl").map { $0["row"] as? String }
        == [2, 3, 4].map { "\(data):\($0)" })
  }

  @Test func aRankBeyondALayersWidthIsSaid() throws {
    let outcome = try tune(try Folder(), ["--max-steps", "1", "--lora-rank", "1000"])
    #expect(outcome.status == 0, "\(outcome.error)")
    #expect(
      outcome.output.contains("adapter   --lora-rank 1000 is more than the width of q_proj ("),
      "\(outcome.output)")
    let plain = try tune(try Folder(), ["--max-steps", "1", "--lora-rank", "4"])
    #expect(!plain.output.contains("is more than the width"))
  }

  @Test(arguments: [
    ("kto", "rows have one answer each, so no margin within a pair"),
    ("simpo", "without a reference a margin is a level"),
    ("orpo", "without a reference a margin is a level"),
  ])
  func whereThereIsNoVerdictTheLineSaysWhy(objective: String, reason: String) throws {
    let folder = try Folder()
    let outcome = try tune(folder, ["--max-steps", "2", "--objective", objective])
    #expect(outcome.status == 0, "\(outcome.error)")
    #expect(outcome.output.contains("verdict   none: \(reason)"), "\(outcome.output)")
    #expect(try folder.text("run/report.html").contains("There is no verdict: \(reason)"))
  }

  @Test func aModelThatFallsSilentHasMovedTooFarWhateverItsMargins() throws {
    let folder = try Folder()
    // Greedily, the bundled model then repeats a token without a text.
    let outcome = try Program.run([
      "tune", "--model", Example.model, "--data", Example.pairs, "--holdout", "0", "--output",
      folder.path("run"), "--learning-rate", "1e9",
    ])
    #expect(outcome.status == 0, "\(outcome.error)")
    #expect(
      outcome.output.contains(
        "verdict   moved too far: 100.0 % of the model's answers are empty, 0.0 % before\n"),
      "\(outcome.output)")
    #expect(try folder.text("run/report.html").contains("Moved too far: 100.0 % of the model"))
  }

  @Test func aLengthBeyondTheContextIsRefusedBeforeARunBegins() throws {
    let folder = try Folder()
    let outcome = try tune(folder, ["--max-length", "8000"])
    #expect(outcome.status == 2)
    #expect(
      outcome.error.contains(
        "--max-length 8000 is out of range: at most 1024, the tokens of the model's context"),
      "\(outcome.error)")
    #expect(!folder.exists("run"))
  }

  @Test func fullTuningEndsWithAModelThatCanBeUsed() throws {
    let folder = try Folder()
    let outcome = try tune(folder, ["--full", "--epochs", "1", "--learning-rate", "1e-4"])
    #expect(outcome.status == 0, "\(outcome.error)")
    #expect(
      outcome.output.contains("next      penchant chat --model \(folder.path("run"))/model\n"))
    let scored = try Program.run([
      "score", "--model", folder.path("run/model"), "--data", Example.pairs, "--limit", "2",
      "--output", folder.path("scores.jsonl"),
    ])
    #expect(scored.status == 0, "\(scored.error)")
  }
}
