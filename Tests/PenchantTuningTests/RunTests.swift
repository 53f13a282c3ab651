import PenchantCore
import PenchantData
import PenchantEngine
import PenchantModel
import PenchantTuning
import Testing

@Suite struct AppendLogTests {
  @Test("cuts back to what it is told to keep") func keeping() throws {
    let folder = try TemporaryFolder()
    let path = FileSystem.join(folder.path, "log")
    let log = try AppendLog(path: path, keeping: 0)
    try log.append([JSONObject(["a": 1])])
    let length = log.byteCount
    try log.append([JSONObject(["b": 2])])
    let again = try AppendLog(path: path, keeping: length)
    try again.append([JSONObject(["c": 3])])
    #expect(
      String(decoding: try FileSystem.read(path), as: UTF8.self) == "{\"a\": 1}\n{\"c\": 3}\n")
    #expect(again.byteCount == 18)
  }

  @Test("a log that lost lines is an error") func short() throws {
    let folder = try TemporaryFolder()
    let path = FileSystem.join(folder.path, "log")
    #expect {
      try AppendLog(path: path, keeping: 5)
    } throws: { error in
      "\(error)"
        == "\(path) has 0 bytes, the checkpoint was written at 5\n"
        + "  begin the run anew with --overwrite"
    }
  }
}

@Suite struct RunDirectoryTests {
  @Test("overwriting removes what runs write and nothing else") func overwrite() throws {
    let folder = try TemporaryFolder()
    let run = folder.run
    try FileSystem.createDirectories(run.checkpoint(step: 3))
    try run.write(TuneConfiguration())
    for name in ["thesis.tex", "metrics.jsonl"] {
      try AtomicFile.write(path: FileSystem.join(run.path, name), text: "x")
    }
    _ = try run.prepare(.overwrite)
    #expect(try run.checkpointSteps() == [])
    #expect(try FileSystem.list(run.path) == ["checkpoints", "config.yaml", "thesis.tex"])
    // A kill here leaves a run that can be begun anew.
    #expect(try run.contents == .run(canResume: false))
  }

  private static let mark = "# penchant run: what it was begun with\n"

  @Test(
    "a folder that no run wrote is neither removed nor written into, whatever its files are called",
    arguments: [
      ["model/config.json"], ["pairs.jsonl"], ["adapter/x"], ["checkpoints/step-000003/x"],
      ["notes.txt"], [".git/HEAD"], ["config.yaml", "checkpoints/step-000003/x", "model/x"],
      // A configuration that was copied there, to be given to --config.
      ["config.yaml=\(mark)", "model/x", "pairs.jsonl"],
    ])
  func foreign(files: [String]) throws {
    let folder = try TemporaryFolder()
    let run = folder.run
    for file in files {
      let parts = file.split(separator: "=", maxSplits: 1).map(String.init)
      let path = FileSystem.join(run.path, parts[0])
      try FileSystem.createDirectories(FileSystem.parent(of: path))
      try AtomicFile.write(path: path, text: parts.count > 1 ? parts[1] : "mine")
    }
    let before = try Self.tree(run.path)
    for beginning in [RunDirectory.Beginning.new, .overwrite] {
      for attempt in [{ try run.check($0) }, { _ = try run.prepare($0) }]
        as [(RunDirectory.Beginning) throws -> Void]
      {
        #expect(throws: CoreError(.foreignFolder(path: run.path, kind: .run))) {
          try attempt(beginning)
        }
      }
    }
    #expect(try Self.tree(run.path) == before)
  }

  private static func tree(_ path: String) throws -> [String] {
    try FileSystem.list(path).flatMap { name in
      let child = FileSystem.join(path, name)
      return [child] + (FileSystem.isDirectory(child) ? try tree(child) : [])
    }
  }

  @Test("a file, and a place where nothing can be made, are refused before anything is read")
  func noFolder() throws {
    let folder = try TemporaryFolder()
    let run = folder.run
    try AtomicFile.write(path: run.path, text: "mine")
    for place in [run, RunDirectory(FileSystem.join(run.path, "below/it"))] {
      for beginning in [RunDirectory.Beginning.new, .overwrite] {
        #expect(throws: CoreError(.notDirectory(path: run.path))) { try place.check(beginning) }
      }
    }
    #expect(String(decoding: try FileSystem.read(run.path), as: UTF8.self) == "mine")
  }

  @Test("what is said of a folder always works") func remedies() throws {
    let folder = try TemporaryFolder()
    let run = folder.run
    func said(_ beginning: RunDirectory.Beginning) -> String {
      do { try run.check(beginning) } catch { return "\(error)" }
      return "begins"
    }
    #expect(said(.overwrite) == "begins")
    #expect(
      said(.resume)
        == "\(run.path) holds no checkpoint to resume from\n  leave out --resume to begin the run")
    // Killed before its first checkpoint.
    try FileSystem.createDirectories(run.checkpoints)
    #expect(said(.new) == "begins")
    try run.write(TuneConfiguration())
    #expect(
      said(.new)
        == "\(run.path) is there already\n"
        + "  it has no checkpoint to go on from: begin anew with --overwrite")
    #expect(
      said(.resume)
        == "\(run.path) holds no checkpoint to resume from\n"
        + "  leave out --resume, and begin anew with --overwrite")
    #expect(said(.overwrite) == "begins")
    try FileSystem.createDirectories(run.checkpoint(step: 3))
    #expect(
      said(.new)
        == "\(run.path) is there already\n  --resume goes on with it, --overwrite begins anew")
    #expect(said(.resume) == "begins" && said(.overwrite) == "begins")
  }

  @Test("a new run that comes to nothing leaves nothing, and takes nothing with it") func ending()
    throws
  {
    let folder = try TemporaryFolder()
    let run = folder.run
    do {
      let lock = try run.prepare(.new)
      try run.write(TuneConfiguration())
      try AtomicFile.write(path: run.metrics, text: "x")
      withExtendedLifetime(lock) {}
    }
    #expect(!FileSystem.exists(run.path))
    // The folder was there, and somebody put a file into it meanwhile.
    try FileSystem.createDirectories(run.path)
    do {
      let lock = try run.prepare(.new)
      try run.write(TuneConfiguration())
      try AtomicFile.write(path: FileSystem.join(run.path, "thesis.tex"), text: "x")
      withExtendedLifetime(lock) {}
    }
    #expect(try FileSystem.list(run.path) == ["thesis.tex"])
    let other = folder.run("other")
    do {
      let lock = try other.prepare(.new)
      try FileSystem.createDirectories(other.checkpoint(step: 0))
      withExtendedLifetime(lock) {}
    }
    #expect(try other.checkpointSteps() == [0])
    // A run that failed after a step has figures that may say why.
    let failed = folder.run("failed")
    do {
      let lock = try failed.prepare(.new)
      try failed.write(TuneConfiguration())
      try AtomicFile.write(path: failed.pairs, text: "{}\n")
      withExtendedLifetime(lock) {}
    }
    #expect(FileSystem.exists(failed.configuration) && FileSystem.exists(failed.pairs))
  }

  @Test("resuming removes what a killed process was making, and only that") func leftovers() throws
  {
    let folder = try TemporaryFolder()
    let run = folder.run
    try FileSystem.createDirectories(run.checkpoint(step: 3))
    try FileSystem.createDirectories(FileSystem.join(run.checkpoints, ".penchant-1-2.partial"))
    try AtomicFile.write(path: FileSystem.join(run.path, ".penchant-1-3.partial"), text: "x")
    _ = try run.prepare(.resume)
    #expect(try FileSystem.list(run.checkpoints) == ["step-000003"])
    #expect(try FileSystem.list(run.path) == ["checkpoints"])
  }

  @Test("knows its checkpoints from other names") func names() throws {
    let folder = try TemporaryFolder()
    for name in ["step-000007", "step-1234567", "step-7", "step-abc", ".step-000009.x", "other"] {
      try FileSystem.createDirectories(FileSystem.join(folder.run.checkpoints, name))
    }
    #expect(try folder.run.checkpointSteps() == [1_234_567, 7])
  }
}

@Suite struct MetricsRecordTests {
  @Test("has TRL's names first and timings last") func keys() {
    var record = MetricsRecord()
    record.gradNorm = 1
    record.learningRate = 2
    record.seconds = 3
    record.tokensPerSecond = 4
    record.utilization = 5
    let keys = record.json().keys
    #expect(
      keys.prefix(6) == [
        "step", "loss", "rewards/chosen", "rewards/rejected", "rewards/margins",
        "rewards/accuracies",
      ])
    #expect(Array(keys.suffix(3)) == MetricsRecord.timingKeys)
    #expect(record.json(prefix: "eval_").keys.contains("eval_rewards/margins"))
  }
}

@Suite struct VerdictTests {
  private func verdict(
    margin: Double, loss: Double = 0.6, drift: Double = -0.01, isHeldOut: Bool = true,
    objective: String = "sigmoid", answers: OwnAnswers? = nil, chosenTokens: Double = 20
  ) -> Verdict {
    var record = MetricsRecord()
    record.lengthsChosen = chosenTokens
    record.rewardsMargins = margin
    record.loss = loss
    record.driftChosen = drift
    record.accuracy = 0.75
    return Verdict(record, of: objective, isHeldOut: isHeldOut, answers: answers)
  }

  private func answers(
    empty: (Double, Double) = (0, 0), unfinished: (Double, Double) = (0, 0), kl: Double = 0.1,
    shown: (Double, Double)? = nil
  ) -> OwnAnswers {
    OwnAnswers(
      before: .init(empty: empty.0, unfinished: unfinished.0),
      after: .init(empty: empty.1, unfinished: unfinished.1), klPerToken: kl,
      shown: shown.map { (before: $0.0, after: $0.1) })
  }

  @Test("the model's own answers tell where margins look good") func ownAnswers() {
    func verdict(_ answers: OwnAnswers, chosenTokens: Double = 20) -> Verdict {
      self.verdict(margin: 5, answers: answers, chosenTokens: chosenTokens)
    }
    let moved = Verdict.moved(margin: 5, accuracy: 0.75)
    #expect(verdict(answers()) == moved)
    #expect(verdict(answers(empty: (0, 0.125))) == moved)
    #expect(
      verdict(answers(empty: (0, 0.25))) == .movedTooFar(.emptyAnswers(0.25, before: 0)))
    #expect(verdict(answers(shown: (0, 1.0 / 3))) == moved)
    #expect(
      verdict(answers(shown: (0, 2.0 / 3))) == .movedTooFar(.emptyAnswers(2.0 / 3, before: 0)))
    // What was empty before says nothing of the run.
    #expect(verdict(answers(empty: (0.875, 1))) == moved)
    #expect(
      verdict(answers(unfinished: (0.25, 0.75)))
        == .movedTooFar(.endlessAnswers(0.75, before: 0.25)))
    #expect(verdict(answers(unfinished: (0.25, 0.75)), chosenTokens: 64) == moved)
    #expect(verdict(answers(unfinished: (0.25, 0.625))) == moved)
    #expect(verdict(answers(kl: 0.5)) == moved)
    #expect(verdict(answers(kl: 0.6)) == .movedTooFar(.ownDivergence(0.6)))
    #expect(
      verdict(answers(empty: (0, 1))).wording
        == "moved too far: 100.0 % of the model's answers are empty, 0.0 % before")
    #expect(
      verdict(answers(unfinished: (0, 1))).wording
        == "moved too far: 100.0 % of the model's own answers do not end within 64 tokens, 0.0 % before"
    )
    #expect(
      verdict(answers(kl: 4.6)).wording
        == "moved too far: the model's own answers are 4.6 nats a token from the reference")
  }

  @Test("where there is none, it says what is missing") func none() {
    func conclusion(
      _ change: (inout MetricsRecord) -> Void, hasReference: Bool = true,
      answers: OwnAnswers? = nil
    ) -> Conclusion {
      var record = MetricsRecord()
      record.rewardsMargins = 1
      change(&record)
      return Conclusion(
        record, of: "x", isHeldOut: true, hasReference: hasReference, answers: answers)
    }
    #expect(conclusion { _ in }.verdict == .moved(margin: 1, accuracy: 0))
    #expect(conclusion({ _ in }, hasReference: false) == .none(.noReference))
    #expect(conclusion { $0.isScalar = true } == .none(.rewardModel))
    let judged = { (record: inout MetricsRecord) in
      (record.comparesAnswers, record.judgesAnswers) = (false, true)
    }
    #expect(conclusion(judged) == .none(.judgedAnswers))
    #expect(conclusion { $0.comparesAnswers = false } == .none(.oneAnswer))
    // Silence is a verdict whatever was minimised; distance is none, where it is what was asked for.
    #expect(
      conclusion(judged, answers: answers(empty: (0, 1)))
        == .verdict(.movedTooFar(.emptyAnswers(1, before: 0))))
    #expect(conclusion(judged, answers: answers(kl: 9)) == .none(.judgedAnswers))
    #expect(
      Conclusion.none(.noReference).wording
        == "none: without a reference a margin is a level, not a change: it does not say how far the model has moved"
    )
  }

  @Test("tells the three apart") func kinds() {
    #expect(verdict(margin: 0.05) == .barelyMoved(margin: 0.05))
    #expect(verdict(margin: 0.5) == .moved(margin: 0.5, accuracy: 0.75))
    #expect(verdict(margin: -0.5, loss: 0.8) == .wrongWay(margin: -0.5))
    #expect(verdict(margin: 5, loss: 0.8) == .movedTooFar(.heldOutLoss(0.8)))
    #expect(verdict(margin: 5, loss: 0.8, isHeldOut: false) == .moved(margin: 5, accuracy: 0.75))
    #expect(verdict(margin: 5, drift: -0.6) == .movedTooFar(.chosenDrift(-0.6)))
    // ipo begins at (1 / 2β)²: another loss has another zero.
    #expect(
      verdict(margin: 0.5, loss: 24.9, objective: "ipo") == .moved(margin: 0.5, accuracy: 0.75))
  }

  @Test("says it with the option to change") func wording() {
    #expect(verdict(margin: 0.05).wording == "barely moved: the mean margin is 0.05")
    #expect(verdict(margin: 5, drift: -0.6).advice == "lower --learning-rate, or raise --beta")
    #expect(verdict(margin: 0.5).advice == nil)
  }
}

@Suite struct ForecastTests {
  @Test("is the engine's own plans, and refuses what cannot fit") func refuses() throws {
    let model = try TinyModel("tiny-llama")
    let shape = WorkspaceShape(
      tokens: 100, targetRows: 50, rank: 4, purpose: .training(full: false))
    let forecast = Forecast(
      model.decoder.architecture, dtype: .float32, trained: .adapter(parameters: 1000),
      workspace: shape, weightBytes: 5000, device: model.decoder.device)
    let (stash, scratch) = Workspace.byteCount(
      shape, model.decoder.architecture, dtype: .float32)
    #expect(
      forecast.parts.map(\.name).prefix(4) == [
        "weights", "training state", "activations", "scratch",
      ])
    #expect(forecast.parts.map(\.bytes).prefix(4) == [5000, 16000, stash, scratch])
    try forecast.check(available: forecast.bytes)
    #expect {
      try forecast.check(available: forecast.bytes - 1)
    } throws: { error in
      (error as? TuningError)?.identifier == "not-enough-memory"
    }
    try forecast.check(available: nil)
  }

  @Test("names the options that the largest part depends on") func advice() {
    func advice(_ largest: String) -> String? {
      TuningError(
        .notEnoughMemory(
          needed: 2, available: 1,
          parts: [ForecastPart(name: "scratch", bytes: 1), ForecastPart(name: largest, bytes: 2)])
      ).remedy
    }
    #expect(
      advice(ForecastPart.trainingState)
        == "largest parts: training state 2 B, scratch 1 B; lower --lora-rank, or leave out --full")
    #expect(
      advice(ForecastPart.weights)
        == "largest parts: weights 2 B, scratch 1 B; choose a smaller model, or --base-weights int8"
    )
    #expect(
      advice("activations")
        == "largest parts: activations 2 B, scratch 1 B; lower --micro-tokens or --max-length")
  }

  @Test("writes bytes for people") func text() {
    #expect(ForecastPart.text(bytes: 512) == "512 B")
    #expect(ForecastPart.text(bytes: 1536) == "1.5 KiB")
    #expect(ForecastPart.text(bytes: 3 << 30) == "3.0 GiB")
  }

  @Test("the machine has memory") func machine() {
    #expect((SystemMemory.byteCount ?? 1) > 0)
  }
}

@Suite struct OperationBillTests {
  @Test("counts two operations for each weight and token") func count() throws {
    let architecture = try TinyModel("tiny-llama").decoder.architecture
    let n = Double(architecture.linearParameterCount)
    let head = Double(architecture.vocabularySize * architecture.hiddenSize)
    var adapter = OperationBill(architecture, isFull: false)
    adapter.addForward(tokens: 10, rows: 3, keepsStash: true)
    adapter.addBackward(tokens: 10, rows: 3)
    #expect(adapter.operations == 40 * n + 12 * head)
    var full = OperationBill(architecture, isFull: true)
    full.addForward(tokens: 10, rows: 3, keepsStash: false)
    full.addBackward(tokens: 10, rows: 3)
    #expect(full.operations == 60 * n + 30 * head)
  }
}

@Suite struct InputDigestTests {
  @Test("changes with anything that changes training") func changes() throws {
    let examples = try Fixture.examples("tiny-llama")
    let digest = InputDigest.data(examples, heldOut: [])
    #expect(InputDigest.data(examples, heldOut: []) == digest)
    #expect(InputDigest.data(Array(examples.dropLast()), heldOut: [examples[9]]) != digest)
    #expect(InputDigest.data(examples.reversed(), heldOut: []) != digest)
    let changes: [(inout TokenizedExample) -> Void] = [
      { $0.weight = 1 }, { $0.margin = 0 }, { $0.id = "x" }, { $0.prompt[0] += 1 },
      { $0.branches[1].scored.removeLast() }, { $0.branches[0].tokens[0] += 1 },
    ]
    for change in changes {
      var changed = examples
      change(&changed[4])
      #expect(InputDigest.data(changed, heldOut: []) != digest)
    }
  }
}

@Suite struct DroppedRowsTests {
  private func pairs(_ count: Int, _ reason: DropReason) -> [DroppedPair] {
    (0..<count).map {
      DroppedPair(id: "\($0)", row: RowLocation(file: "d.jsonl", row: 1, line: 2), reason: reason)
    }
  }

  @Test("more than a twentieth too long stops a run that did not ask for it") func limit() throws {
    let long = pairs(6, .tooLong(tokens: 900, limit: 512))
    #expect {
      try DroppedRows.check(long, of: 100, maxLength: 512, context: 2048, wasChosen: false)
    } throws: { error in
      "\(error)"
        == "6 of 100 pairs are longer than 512 tokens and would be left out\n"
        + "  raise --max-length (the model's context holds 2048), or choose --truncation cut-prompt or keep-start, "
        + "or drop to leave them out"
    }
    #expect {
      try DroppedRows.check(long, of: 100, maxLength: 512, context: 512, wasChosen: false)
    } throws: { error in
      "\(error)".hasSuffix(
        "\n  the model's context holds no more: choose --truncation cut-prompt or keep-start, or drop to leave them out"
      )
    }
    try DroppedRows.check(long, of: 100, maxLength: 512, context: 512, wasChosen: true)
    try DroppedRows.check(long, of: 120, maxLength: 512, context: 512, wasChosen: false)
    try DroppedRows.check(
      pairs(50, .identical), of: 100, maxLength: 512, context: 512, wasChosen: false)
  }

  @Test("a line says which row and why") func line() {
    #expect(
      DroppedRows.json(pairs(1, .tooLong(tokens: 900, limit: 512))[0]).text()
        == #"{"id": "0", "row": "d.jsonl:2", "reason": "too-long", "tokens": 900, "limit": 512}"#)
  }
}
