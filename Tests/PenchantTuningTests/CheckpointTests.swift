import PenchantCore
import PenchantEngine
import PenchantTuning
import Testing

@Suite(.serialized) struct CheckpointTests {
  private func state(_ step: Int) -> CheckpointState {
    var devices = DeviceHistory()
    devices.add(step: step, on: "cpu-plain")
    return CheckpointState(
      step: step, evaluatedStep: 0, numTokens: 12, devices: devices,
      objective: ObjectiveState(values: ["mean": [0.1, -1e-300], "empty": []]),
      logs: .init(metrics: 3, pairs: 4), inputs: .init(data: "d", model: "m"),
      configuration: TuneConfiguration().json)
  }

  @discardableResult
  private func write(
    _ step: Int, _ model: TinyModel, _ run: RunDirectory, fault: WriteFault? = nil
  ) throws -> String {
    try FileSystem.createDirectories(run.checkpoints)
    return try Checkpoint.write(
      state(step), .adapter(try model.newAdapter(seed: UInt64(step)), on: model.base), to: run,
      baseModel: "tiny", on: model.decoder.device, fault: fault)
  }

  @Test("gives back the state it was given") func roundTrip() throws {
    let folder = try TemporaryFolder()
    let path = try write(200, try TinyModel("tiny-llama"), folder.run)
    #expect(FileSystem.name(of: path) == "step-000200")
    #expect(try Checkpoint(path: path).state == state(200))
  }

  @Test("keeps the last two") func kept() throws {
    let folder = try TemporaryFolder()
    let model = try TinyModel("tiny-llama")
    for step in 1...4 { try write(step, model, folder.run) }
    #expect(try folder.run.checkpointSteps() == [4, 3])
  }

  @Test("a failure at any moment of writing leaves the earlier checkpoint, and no half one")
  func killPoints() throws {
    let model = try TinyModel("tiny-llama")
    for moment in 0..<64 {
      let folder = try TemporaryFolder()
      let good = try write(1, model, folder.run)
      let countdown = Countdown(moment)
      do {
        try write(2, model, folder.run) { _, path throws(CoreError) in
          if countdown.isOver() { throw CoreError(.diskFull(path: path)) }
        }
        #expect(moment > 10)
        return
      } catch {
        let newest = try Checkpoint.newest(in: folder.run)
        #expect(newest.skipped.isEmpty)
        // The last moment is the sync of the folder above: the new one stands by then.
        #expect(newest.checkpoint.path == good || newest.checkpoint.state.step == 2)
        _ = try Checkpoint(path: good)
        let names = try FileSystem.list(folder.run.checkpoints)
        #expect(names.allSatisfy { $0.hasPrefix("step-") })
      }
    }
    Issue.record("writing never came to its end")
  }

  @Test("any changed bit, any missing end, any missing file is found") func damage() throws {
    let folder = try TemporaryFolder()
    let path = try write(1, try TinyModel("tiny-llama"), folder.run)
    for name in try FileSystem.list(path) {
      let file = FileSystem.join(path, name)
      let bytes = try FileSystem.read(file)
      for place in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 5)) {
        var changed = bytes
        changed[place] ^= 0x10
        try AtomicFile.write(path: file, contents: changed)
        #expect(throws: TuningError.self, "\(name) at \(place)") { try Checkpoint(path: path) }
      }
      try AtomicFile.write(path: file, contents: Array(bytes.dropLast()))
      // A manifest without its last line feed says the same.
      if name != "manifest.json" {
        #expect(throws: TuningError.self, "\(name)") { try Checkpoint(path: path) }
      }
      try FileSystem.removeTree(file)
      #expect(throws: TuningError.self, "\(name)") { try Checkpoint(path: path) }
      try AtomicFile.write(path: file, contents: bytes)
    }
    _ = try Checkpoint(path: path)
  }

  @Test("a manifest cannot point outside its folder") func escape() throws {
    let folder = try TemporaryFolder()
    let path = try write(1, try TinyModel("tiny-llama"), folder.run)
    try AtomicFile.write(
      path: FileSystem.join(path, "manifest.json"),
      text: #"{"files": [{"name": "../x", "bytes": 1, "sha256": ""}]}"#)
    #expect {
      try Checkpoint(path: path)
    } throws: { error in
      "\(error)"
        == "checkpoint \(path): manifest.json cannot be read: an entry is incomplete"
    }
  }

  @Test("when none is whole, each is named with its defect") func none() throws {
    let folder = try TemporaryFolder()
    let path = try write(1, try TinyModel("tiny-llama"), folder.run)
    try FileSystem.removeTree(FileSystem.join(path, "manifest.json"))
    #expect {
      try Checkpoint.newest(in: folder.run)
    } throws: { error in
      "\(error)"
        == "no checkpoint in \(folder.run.checkpoints) is intact: step-000001: it was not finished\n"
        + "  begin the run anew with --overwrite"
    }
  }
}
