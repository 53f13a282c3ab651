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
