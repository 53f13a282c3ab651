import PenchantEngine
import PenchantFormats
import PenchantModel
import Testing

/// What the rooms above the seam ask of a device that must copy what it is given.
@Suite struct DeviceUseTests {
  @Test("weights are handed over one by one, and let go where they are kept as int8")
  func adoption() throws {
    func loaded(_ baseWeights: BaseWeights) throws -> (LimitedDevice, DecoderArchitecture) {
      let device = try LimitedDevice()
      let folder = Fixture.model("tiny-llama-bf16")
      let architecture = DecoderArchitecture(try ModelConfiguration(folder: folder))
      let weights = try DecoderTensors.load(
        SafetensorsCheckpoint(folder: folder), architecture, dtype: .bfloat16,
        baseWeights: baseWeights, on: device)
      withExtendedLifetime(weights) {}
      return (device, architecture)
    }
    let (whole, architecture) = try loaded(.bf16)
    let parameters = DecoderTensors.parameters(of: architecture)
    let sizes = parameters.map { $0.rows * $0.columns * 2 }
    #expect(whole.adoptedBytes == sizes)
    #expect(whole.mostAdoptedBytes == sizes.reduce(0, +))

    let linear = zip(parameters, sizes).filter(\.0.isLinear).map(\.1)
    let (quantised, _) = try loaded(.int8)
    #expect(
      quantised.mostAdoptedBytes
        <= sizes.reduce(0, +) - linear.reduce(0, +) + (linear.max() ?? 0))
  }

  @Test("a decoding step stores all sequences' keys and values of a layer at once")
  func cache() throws {
    let device = try LimitedDevice()
    let model = try TinyModel("tiny-llama", device: device)
    let architecture = model.decoder.architecture
    let (rows, count) = (8, 3)
    let cache = try KeyValueCache(
      rows: count * rows, architecture, dtype: .float32, on: device)
    let workspace = try Workspace(
      WorkspaceShape(tokens: count, targetRows: 0, rank: 0, purpose: .scoring), architecture,
      dtype: .float32, on: device)
    var plan = ArenaPlan()
    let slot = plan.reserve(count, architecture.vocabularySize, .float32)
    let logits = try Arena(plan, on: device)[slot]
    var sequences = (0..<count).map {
      CachedSequence(
        runs: [Segment(start: $0 * rows, length: 0, position: 0)], finalLength: rows)
    }
    for step in 1...2 {
      try model.decoder.decode(
        [5, 6, 7], &sequences, policy: Policy(weights: model.base), cache: cache,
        workspace: workspace, logits: logits)
      #expect(device.scatters == 2 * architecture.layerCount * step && device.copies == 0)
    }
  }
}
