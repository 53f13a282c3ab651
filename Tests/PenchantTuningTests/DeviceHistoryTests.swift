import EmulatedGPU
import PenchantCore
import PenchantEngine
import PenchantTuning
import Testing

@Suite struct DeviceHistoryTests {
  private func history(_ families: [String], from first: Int = 1) -> DeviceHistory {
    var history = DeviceHistory()
    for (index, family) in families.enumerated() { history.add(step: first + index, on: family) }
    return history
  }

  @Test("says which steps were computed on what, where that is more than one thing")
  func sentence() {
    let end = ": bytes differ from those of an uninterrupted run"
    #expect(DeviceHistory().sentence == nil)
    #expect(history(["a", "a", "a"]).sentence == nil)
    #expect(history(["a", "a", "b", "b"]).sentence == "steps 1–2 on a, from 3 on b" + end)
    #expect(history(["a", "b"]).sentence == "step 1 on a, from 2 on b" + end)
    #expect(
      history(["a", "a", "b", "a", "a"]).sentence == "steps 1–2 on a, 3 on b, from 4 on a" + end)
    #expect(history(["a", "a", "b"], from: 8).sentence == "steps 8–9 on a, from 10 on b" + end)
  }

  @Test("only a family that is known to be another departs") func departs() {
    #expect(!DeviceHistory().departs(from: "a"))
    #expect(!history(["b", "a"]).departs(from: "a") && history(["b", "a"]).departs(from: "b"))
  }

  @Test("comes back from its file; what was not written by it is nothing") func file() throws {
    let stretches = history(["a", "a", "b"], from: 3)
    #expect(
      stretches.json.text()
        == #"[{"family": "a", "first_step": 3, "last_step": 4}, "#
        + #"{"family": "b", "first_step": 5, "last_step": 5}]"#)
    #expect(DeviceHistory(stretches.json) == stretches)
    for text in [
      "{}", "[1]", #"[{"family": "a", "first_step": 0, "last_step": 4}]"#,
      #"[{"family": "a", "first_step": 5, "last_step": 4}]"#,
      #"[{"family": "a", "first_step": 1, "last_step": 9223372036854775807}, {"family": "b", "first_step": 2, "last_step": 3}]"#,
      #"[{"family": "a", "first_step": 1, "last_step": 2}, {"family": "a", "first_step": 3, "last_step": 3}]"#,
    ] {
      #expect(DeviceHistory(try JSON.parse(text)) == nil, "\(text)")
    }
  }
}

/// Runs of six steps that are stopped after the third and resumed.
@Suite(.serialized) struct ResumedElsewhereTests {
  private static let plan = PenchantTuningTests.plan(
    pairs: 8, batch: 2, steps: 6, evalEvery: 2, saveEvery: 1)

  /// What a run came to, and whether it said that its device is another.
  private struct Outcome {
    let summary: TrainingSummary
    let said: [DeviceHistory]
  }

  @discardableResult
  private func run(
    _ directory: RunDirectory, _ name: String = "tiny-llama", on device: any Device,
    beginning: RunDirectory.Beginning = .new, stopAfter last: Int = .max,
    change: (inout TrainingSetup) -> Void = { _ in }
  ) throws -> Outcome {
    let model = try TinyModel(name, device: device)
    var setup = try model.setup(directory, plan: Self.plan, heldOut: 2, beginning: beginning)
    change(&setup)
    let stop = Flag()
    var said: [DeviceHistory] = []
    let summary = try Trainer(setup, isCancelled: { stop.isSet }) { event in
      if case .step(let record, _, _) = event, record.step == last { stop.isSet = true }
      if case .otherDevice(let history) = event { said.append(history) }
    }.run()
    #expect(summary.steps == min(last, 6))
    return Outcome(summary: summary, said: said)
  }

  private func plain() throws -> CPUDevice { try CPUDevice(threads: 1, isa: "plain") }

  private func fastest() throws -> CPUDevice {
    try CPUDevice(threads: 1, isa: CPUDevice.availableISAs.last)
  }

  /// The page of a run, and what stands beside it for programs.
  private func report(_ directory: RunDirectory, _ outcome: Outcome) throws -> (String, RunFacts) {
    var facts = RunFacts()
    facts.devices = outcome.summary.devices
    try facts.write(to: directory)
    try RunReport(directory).write()
    return (
      String(decoding: try FileSystem.read(directory.report), as: UTF8.self),
      try RunFacts(of: directory)
    )
  }

  @Test("on the same device nothing is said, and one stretch is kept") func same() throws {
    let folder = try TemporaryFolder()
    try run(folder.run, on: try plain(), stopAfter: 3)
    let outcome = try run(folder.run, on: try plain(), beginning: .resume)
    #expect(outcome.said.isEmpty)
    #expect(
      outcome.summary.devices.stretches == [.init(family: "cpu-plain", first: 1, last: 6)])
    let (page, facts) = try report(folder.run, outcome)
    #expect(!page.contains("bytes differ") && facts.devices == outcome.summary.devices)
  }

  @Test(
    "on another instruction set it is said before the next step, and stays on the page",
    .enabled(if: CPUDevice.availableISAs.count > 1, "this processor has one instruction set"))
  func otherInstructionSet() throws {
    let folder = try TemporaryFolder()
    try run(folder.run, on: try plain(), stopAfter: 3)
    let device = try fastest()
    let outcome = try run(folder.run, on: device, beginning: .resume, stopAfter: 5)
    let sentence =
      "steps 1–3 on cpu-plain, from 4 on \(device.family): bytes differ from those of an uninterrupted run"
    #expect(outcome.said.map(\.sentence) == [sentence])
    // Every checkpoint has the history up to its own step.
    #expect(
      try Checkpoint(path: folder.run.checkpoint(step: 4)).state.devices.stretches == [
        .init(family: "cpu-plain", first: 1, last: 3),
        .init(family: device.family, first: 4, last: 4),
      ])
    // Gone on with there once more, nothing is new; and at its end there is no step left to tell of.
    let again = try run(folder.run, on: device, beginning: .resume)
    #expect(again.said.isEmpty && again.summary.devices.sentence == sentence)
    #expect(try run(folder.run, on: try plain(), beginning: .resume).said.isEmpty)

    let (page, facts) = try report(folder.run, again)
    #expect(page.contains("Steps 1–3 on cpu-plain, from 4 on \(device.family): bytes differ"))
    #expect(facts.devices.stretches.map(\.last) == [3, 6])
    // It is true: neither of the two alone gives these bytes.
    for (name, other) in [("plain", try plain()), ("fastest", device)] {
      try run(folder.run(name), on: other)
      #expect(try Trace(folder.run(name)).result != Trace(folder.run).result, "\(name)")
    }
  }

  @Test("of steps whose device nobody wrote down nothing is said") func unknown() throws {
    let folder = try TemporaryFolder()
    try run(folder.run, on: try plain(), stopAfter: 3)
    try forgetDevices(folder.run.checkpoint(step: 3))
    let outcome = try run(folder.run, on: try fastest(), beginning: .resume)
    #expect(outcome.said.isEmpty)
    #expect(
      outcome.summary.devices.stretches == [
        .init(family: try fastest().family, first: 4, last: 6)
      ])
    let (page, _) = try report(folder.run, outcome)
    #expect(!page.contains("bytes differ"))
    // A run that ended before there was a record has a page all the same.
    var facts = RunFacts().json
    facts["computed_on"] = nil
    #expect(RunFacts(.object(facts)) == RunFacts())
  }

  @Test("from the processor to a GPU, which trains on from there") func gpu() throws {
    let folder = try TemporaryFolder()
    // The emulator has kernels for heads of this model's size.
    let name = "tiny-mistral"
    try run(folder.run, name, on: try plain(), stopAfter: 3) { $0.configuration.device = .cpu }
    let gpu = try CUDADevice.forTests()
    let outcome = try run(folder.run, name, on: gpu, beginning: .resume) {
      $0.configuration.device = .cuda(0)
    }
    #expect(
      outcome.said.map(\.sentence) == [
        "steps 1–3 on cpu-plain, from 4 on \(gpu.family): bytes differ from those of an uninterrupted run"
      ])
    try run(folder.run("whole"), name, on: try plain())
    let (mixed, whole) = (try Trace(folder.run).losses, try Trace(folder.run("whole")).losses)
    #expect(mixed.count == whole.count)
    #expect(zip(mixed, whole).allSatisfy { abs($0 - $1) < 1e-5 })
  }

  @Test("the packing may differ where the family does, and only there") func packing() throws {
    let folder = try TemporaryFolder()
    let device = try fastest()
    try run(folder.run, on: try plain(), stopAfter: 3) { $0.take(microTokens: 400) }
    #expect {
      try run(folder.run, on: try plain(), beginning: .resume) { $0.take(microTokens: 200) }
    } throws: { error in
      "\(error)"
        == "the run was begun with other options: micro-tokens was 400, is 200\n"
        + "  only --threads, --save-every and --device may differ on --resume; on another kind of device --micro-tokens too"
    }
    guard device.family != (try plain().family) else { return }
    try run(folder.run, on: device, beginning: .resume) { $0.take(microTokens: 200) }
  }

  /// Makes of a checkpoint what an earlier version wrote.
  private func forgetDevices(_ checkpoint: String) throws {
    let name = FileSystem.join(checkpoint, "state.json")
    var state = try required(FileSystem.readJSON(name).object)
    #expect(state["computed_on"] != nil)
    state["computed_on"] = nil
    try AtomicFile.write(path: name, text: JSON.object(state).text(.pretty))
    let manifest = FileSystem.join(checkpoint, "manifest.json")
    let files = try required(FileSystem.readJSON(manifest)["files"]?.array).map { file -> JSON in
      guard file["name"] == "state.json" else { return file }
      return [
        "name": "state.json", "bytes": .number(JSONNumber(try FileSystem.size(of: name))),
        "sha256": .string(try Digest.sha256(file: name).hex),
      ]
    }
    let listed: JSON = ["files": .array(files)]
    try AtomicFile.write(path: manifest, text: listed.text())
  }
}

private final class Flag: @unchecked Sendable {
  // Touched by the test's own thread alone.
  var isSet = false
}
