import PenchantCore
import PenchantEngine
import PenchantFormats
import PenchantModel
import Testing

/// What int8 weights are: a bfloat16 model of their own, kept in less memory.
@Suite struct BaseWeightsTests {
  /// Separate and fused projections, weights as they are and transposed.
  static let cases = ["llama3", "gpt2", "phi3", "gemma2"].flatMap { name in
    CPUDevice.availableISAs.map { (name, $0) }
  }

  private static func load(
    _ fixture: ArchitectureFixture, _ baseWeights: BaseWeights
  ) throws -> DecoderTensors {
    try DecoderTensors.load(
      SafetensorsCheckpoint(folder: fixture.folder), fixture.architecture, dtype: .bfloat16,
      baseWeights: baseWeights, on: fixture.device)
  }

  /// The bfloat16 weights that int8 stands for, by the formula.
  private static func meant(_ fixture: ArchitectureFixture) throws -> DecoderTensors {
    let (base, device) = (try load(fixture, .bf16), fixture.device)
    return try DecoderTensors(fixture.architecture) { parameter throws(EngineError) in
      let source = base[parameter]
      guard parameter.isLinear else { return source }
      var plan = ArenaPlan()
      let slot = plan.reserve(source.rows, source.columns, .bfloat16)
      let tensor = try Arena(plan, on: device)[slot]
      var values = device.read(source)
      for row in 0..<source.rows {
        for begin in stride(from: 0, to: source.columns, by: quantisationGroup) {
          let group = begin..<min(source.columns, begin + quantisationGroup)
          let places = group.map { row * source.columns + $0 }
          let most = places.reduce(Float(0)) { max($0, abs(values[$1])) }
          for place in places {
            let steps = (values[place] * (most > 0 ? 127 / most : 0)).rounded(.toNearestOrEven)
            values[place] = steps * (most / 127)
          }
        }
      }
      device.write(values, to: tensor)
      return tensor
    }
  }

  /// Log-probabilities and the adapter's gradient.
  private static func compute(
    _ fixture: ArchitectureFixture, _ weights: DecoderTensors
  ) throws -> (logProbabilities: [Float], gradient: [Float]) {
    let adapter = try fixture.adapter(trainable: true)
    let batch = fixture.batch(Array(fixture.pairs.indices)).0
    let workspace = try Workspace(
      WorkspaceShape(
        tokens: batch.tokenCount, targetRows: batch.targetRows.count,
        rank: adapter.configuration.rank, purpose: .training(full: false)), fixture.architecture,
      dtype: .bfloat16, on: fixture.device)
    let pass = try fixture.decoder.forward(
      batch, policy: Policy(weights: weights, adapter: adapter), workspace: workspace,
      keepStash: true)
    try fixture.decoder.backward(
      pass, coefficients: batch.targets.indices.map { $0 % 3 == 0 ? -0.5 : 0.25 },
      workspace: workspace)
    return (
      pass.statistics.logProbabilities,
      fixture.device.read(try #require(adapter.parameters.training).gradient)
    )
  }

  @Test("int8 computes the bits of the bfloat16 weights it stands for", arguments: cases)
  func sameBits(name: String, isa: String) throws {
    let fixture = try ArchitectureFixture(name, dtype: .bfloat16, isa: isa)
    let ours = try Self.compute(fixture, Self.load(fixture, .int8))
    let meant = try Self.compute(fixture, Self.meant(fixture))
    #expect(ours.logProbabilities == meant.logProbabilities)
    #expect(ours.gradient == meant.gradient)
  }

  @Test("int8 stays near the files' weights and is smaller", arguments: ["llama3", "gpt2"])
  func nearby(name: String) throws {
    let fixture = try ArchitectureFixture(name, dtype: .bfloat16)
    let kept = try Self.load(fixture, .int8)
    let ours = try Self.compute(fixture, kept).logProbabilities
    let exact = try Self.compute(fixture, Self.load(fixture, .bf16)).logProbabilities
    let differences = zip(ours, exact).map { abs($0 - $1) }
    let mean = differences.reduce(0, +) / Float(differences.count)
    #expect(mean > 0 && mean < 0.05, "mean |Δ log p| \(mean)")
    let linears = DecoderTensors.parameters(of: fixture.architecture).filter(\.isLinear)
    let scales = linears.reduce(0) {
      $0 + $1.rows * ((($1.columns - 1) / quantisationGroup) + 1) * 4
    }
    #expect(
      kept.savedBytes(.bfloat16) == linears.reduce(0) { $0 + $1.rows * $1.columns } - scales)
  }

  @Test("the effect of int8 is measured on a model's own text")
  func effect() throws {
    let model = try LanguageModel(
      folder: Fixture.model("tiny-llama"), dtype: .bfloat16, device: try CPUDevice(threads: 1),
      baseWeights: .int8)
    let examples = try Fixture.examples(model)
    let effect = try BaseWeightsEffect.measure(model, examples)
    #expect(effect.tokens == examples.flatMap(\.branches).reduce(0) { $0 + $1.scored.count })
    #expect(effect.mean > 0 && effect.mean < 0.1 && effect.largest > effect.mean)
    #expect(try BaseWeightsEffect.measure(model, []).tokens == 0)
  }
}
