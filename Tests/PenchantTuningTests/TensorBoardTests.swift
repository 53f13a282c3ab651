import PenchantCore
import PenchantTuning
import Testing

@Suite(.serialized) struct TensorBoardTests {
  // Written by scripts/make_tensorboard_fixture.py with the tensorboard package's own protocol buffers and writer.
  @Test("records have the bytes that TensorBoard's own writer gives") func golden() throws {
    let fixture = try FileSystem.readJSON(FileSystem.join(Fixture.root, "Tuning/tensorboard.json"))
    let time = try required(fixture["wall_time"]?.double)
    func hex(_ bytes: [UInt8]) -> String {
      bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
    #expect(hex(TensorBoardEvent.version(wallTime: time)) == fixture["version"]?.string)
    for record in try required(fixture["records"]?.array) {
      let values = try required(record["values"]?.array).map { value in
        (tag: try required(value["tag"]?.string), value: try required(value["value"]?.double))
      }
      let bytes = TensorBoardEvent.scalars(
        values, step: try required(record["step"]?.int), wallTime: time)
      #expect(hex(bytes) == record["bytes"]?.string)
    }
  }

  @Test("figures have the names that Transformers gives them") func tags() {
    func tags(_ line: JSONObject) -> [String] { TensorBoardEvent.values(of: line).map(\.tag) }
    #expect(tags(JSONObject(["step": 3, "loss": 0.5, "rewards/margins": nil])) == ["train/loss"])
    #expect(tags(JSONObject(["step": 3, "eval_loss": 0.5])) == ["eval/loss"])
    let sample = JSONObject(["step": 3, "kl": 0.5, "kl_k3": 0.5, "samples/tokens": 4])
    #expect(tags(sample) == ["samples/kl", "samples/kl_k3", "samples/tokens"])
  }

  /// Lengths of the records of a file, each with its two checks verified.
  private func records(_ path: String) throws -> [[UInt8]] {
    let bytes = try FileSystem.read(path)
    func word(_ at: Int) -> UInt32 { (0..<4).reduce(0) { $0 | UInt32(bytes[at + $1]) << (8 * $1) } }
    var records: [[UInt8]] = []
    var at = 0
    while at < bytes.count {
      let count = Int(word(at))
      try #require(word(at + 8) == CRC32C.masked(bytes[at..<at + 8]))
      let data = Array(bytes[at + 12..<at + 12 + count])
      try #require(word(at + 12 + count) == CRC32C.masked(data))
      records.append(data)
      at += 16 + count
    }
    return records
  }

  private func run(
    _ directory: RunDirectory, beginning: RunDirectory.Beginning = .new, polls: Int = .max,
    tensorboard: Bool = true
  ) throws {
    let model = try TinyModel("tiny-llama")
    let plan = plan(pairs: 8, batch: 4, steps: 5, evalEvery: 2, saveEvery: 2)
    var setup = try model.setup(directory, plan: plan, heldOut: 2, beginning: beginning)
    setup.configuration.tensorboard = tensorboard
    let countdown = Countdown(polls)
    _ = try Trainer(setup, isCancelled: { countdown.isOver() }).run()
  }

  @Test("a run that was stopped or killed has each record once") func resume() throws {
    let folder = try TemporaryFolder()
    try run(folder.run("whole"))
    let whole = try records(folder.run("whole").events)
    // The version, five steps, and measurements after steps 2, 4 and 5.
    #expect(whole.count == 9)
    for polls in [3, 13, 25] {
      let cut = folder.run("cut\(polls)")
      try run(cut, polls: polls)
      // A kill leaves records that no checkpoint knows of.
      let steps = try cut.checkpointSteps()
      if steps.count > 1 { try FileSystem.removeTree(cut.checkpoint(step: steps[0])) }
      try run(cut, beginning: .resume)
      let found = try records(cut.events)
      #expect(found.count == whole.count, "\(polls)")
      // Alike but for the wall time, the first nine bytes, and the timings at the end of a step.
      for (left, right) in zip(whole, found) { #expect(left[9..<13] == right[9..<13]) }
    }
  }

  @Test("without the option there is no such file") func option() throws {
    let folder = try TemporaryFolder()
    try run(folder.run, tensorboard: false)
    #expect(!FileSystem.exists(folder.run.tensorboard))
  }
}
