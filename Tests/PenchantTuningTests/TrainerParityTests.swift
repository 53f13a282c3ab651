import PenchantCore
import PenchantEngine
import PenchantFormats
import PenchantModel
import PenchantTuning
import Testing

/// Five steps against TRL's own DPOTrainer; scripts/make_model_fixtures.py made the figures.
@Suite(.serialized) struct TrainerParityTests {
  /// TRL reports float32 figures.
  private static let lossTolerance = 1e-5
  private static let relativeTolerance = 1e-4

  private func train(_ model: TinyModel, _ trainable: Trainable, _ reference: Policy) throws
    -> [JSON]
  {
    let folder = try TemporaryFolder()
    let plan = TrainingPlan(
      pairs: 10, batchSize: 2,
      schedule: Schedule(shape: .constant, rate: 1e-3, steps: 5, warmupRatio: 0),
      shuffles: false)
    let trainer = try Trainer(
      TrainingSetup(
        decoder: model.decoder, trainable: trainable, reference: reference,
        referenceIsInitial: true, objective: try Sigmoid(beta: 0.1),
        training: ExampleList(try Fixture.examples(model.name)), plan: plan,
        configuration: TuneConfiguration(), inputs: .init(data: "", model: ""),
        directory: folder.run))
    _ = try trainer.run()
    let text = String(decoding: try FileSystem.read(folder.run.metrics), as: UTF8.self)
    return try text.split(separator: "\n").map { try JSON.parse(String($0)) }
  }

  private func compare(_ steps: [JSON], _ golden: JSON) throws {
    let expected = try required(golden["steps"]?.array)
    #expect(steps.count == expected.count)
    for (step, trl) in zip(steps, expected) {
      func pair(_ key: String) throws -> (Double, Double) {
        (try required(step[key]?.double), try required(trl[key]?.double))
      }
      let loss = try pair("loss")
      #expect(abs(loss.0 - loss.1) < Self.lossTolerance)
      let norm = try pair("grad_norm")
      #expect(abs(norm.0 - norm.1) < Self.relativeTolerance * norm.1)
      for key in ["rewards/chosen", "rewards/rejected", "rewards/margins"] {
        let (ours, theirs) = try pair(key)
        #expect(abs(ours - theirs) < 3e-5, "\(key)")
      }
      for key in ["logps/chosen", "logps/rejected", "entropy"] {
        let (ours, theirs) = try pair(key)
        #expect(abs(ours - theirs) < Self.relativeTolerance * abs(theirs), "\(key)")
      }
      for key in ["rewards/accuracies", "num_tokens", "learning_rate", "epoch"] {
        let (ours, theirs) = try pair(key)
        #expect(abs(ours - theirs) < 1e-12, "\(key)")
      }
    }
  }

  /// ‖a − b‖ / ‖b‖ over one tensor.
  private func distance(_ ours: [Float], _ file: SafetensorsFile, _ name: String) throws -> Double {
    let entry = try required(file[name])
    let bytes = file.bytes(of: entry)
    #expect(entry.elementCount == ours.count)
    var (difference, size) = (0.0, 0.0)
    for (index, value) in ours.enumerated() {
      let golden = Double(bytes.loadUnaligned(fromByteOffset: 4 * index, as: Float.self))
      difference += (Double(value) - golden) * (Double(value) - golden)
      size += golden * golden
    }
    return (difference / size).squareRoot()
  }

  @Test(
    "an adapter learns what TRL's learns", arguments: ["tiny-llama", "tiny-qwen2", "tiny-mistral"])
  func adapter(name: String) throws {
    let model = try TinyModel(name)
    let adapter = try model.storedAdapter(trainable: true)
    let reference = try adapter.frozenCopy(
      architecture: model.decoder.architecture, dtype: .float32, on: model.decoder.device)
    let steps = try train(
      model, .adapter(adapter, on: model.base), Policy(weights: model.base, adapter: reference))
    try compare(steps, Fixture.parity("\(name)-trl.json"))
    let final = try Fixture.parityTensors("\(name)-adapter-final.safetensors")
    for entry in adapter.parameters.entries {
      let values = model.decoder.device.read(
        adapter.parameters.view(entry, of: adapter.parameters.master))
      #expect(try distance(values, final, entry.name) < Self.relativeTolerance, "\(entry.name)")
    }
  }

  @Test("full tuning learns what TRL's does") func full() throws {
    let model = try TinyModel("tiny-llama")
    let full = try FullParameters(
      copying: model.base, model.decoder.architecture, dtype: .float32, on: model.decoder.device)
    let steps = try train(model, .full(full), Policy(weights: model.base))
    try compare(steps, Fixture.parity("tiny-llama-trl-full.json"))
    let final = try Fixture.parityTensors("tiny-llama-full-final.safetensors")
    for name in final.names {
      let entry = try required(full.parameters.entry(named: name))
      let values = model.decoder.device.read(
        full.parameters.view(entry, of: full.parameters.master))
      #expect(try distance(values, final, name) < Self.relativeTolerance, "\(name)")
    }
  }
}
