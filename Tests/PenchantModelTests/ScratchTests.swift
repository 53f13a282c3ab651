import EmulatedGPU
import PenchantEngine
import Testing

/// What a GPU takes for its operations is had before a pass begins, so that memory is never refused on the way.
@Suite("Scratch memory of a GPU")
struct ScratchTests {
  private static func gpu(_ model: ArchitectureFixture) throws -> CUDADevice {
    try #require(model.device as? CUDADevice)
  }

  /// Runs a pass, and back where it is for training, in a workspace that is not a token too large.
  private static func pass(
    _ model: ArchitectureFixture, _ policy: Policy, _ purpose: WorkspaceShape.Purpose
  ) throws {
    let (batch, _) = model.batch([0, 1])
    let shape = WorkspaceShape(
      tokens: batch.tokenCount, targetRows: batch.targetRows.count,
      rank: policy.adapter?.configuration.rank ?? 0, purpose: purpose)
    let device = try gpu(model)
    let workspace = try Workspace(
      shape, model.architecture, dtype: model.decoder.dtype, on: device)
    let reserved = device.scratchBytes
    let forecast = device.scratchForecast(
      .passes(shape), model.architecture, dtype: model.decoder.dtype)
    #expect(reserved >= forecast)
    let isTraining = purpose != .scoring
    let pass = try model.decoder.forward(
      batch, policy: policy, workspace: workspace, keepStash: isTraining)
    if isTraining {
      try model.decoder.backward(
        pass, coefficients: batch.targets.map { Float($0 % 3) - 1 }, workspace: workspace)
      let parameters = try #require(policy.adapter?.parameters.training?.gradient)
      #expect(device.sumSquares(parameters) > 0)
    }
    #expect(device.scratchBytes == reserved, "\(purpose)")
  }

  @Test(
    "none is taken on the way, forward, backward, with an adapter",
    arguments: ArchitectureFixture.names)
  func passes(name: String) throws {
    let model = try ArchitectureFixture(name, isa: "cuda")
    try Self.pass(model, Policy(weights: model.base), .scoring)
    let adapter = try Adapter(
      LoRAConfiguration(rank: 4), architecture: model.architecture, dtype: .float32,
      trainable: true, on: model.device)
    adapter.initialize(seed: 1, on: model.device)
    let policy = Policy(weights: model.base, adapter: adapter)
    try Self.pass(model, policy, .scoring)
    try Self.pass(model, policy, .training(full: false))
  }

  @Test("nor where every weight is trained", arguments: ArchitectureFixture.names)
  func full(name: String) throws {
    let model = try ArchitectureFixture(name, isa: "cuda")
    let device = try Self.gpu(model)
    let full = try FullParameters(
      copying: model.base, model.architecture, dtype: .float32, on: device)
    let (batch, _) = model.batch([0, 1])
    let workspace = try Workspace(
      WorkspaceShape(
        tokens: batch.tokenCount, targetRows: batch.targetRows.count, rank: 0,
        purpose: .training(full: true)), model.architecture, dtype: .float32, on: device)
    let reserved = device.scratchBytes
    let pass = try model.decoder.forward(
      batch, policy: Policy(weights: full.weights, gradients: full.gradients),
      workspace: workspace, keepStash: true)
    try model.decoder.backward(
      pass, coefficients: batch.targets.map { _ in 1 }, workspace: workspace)
    #expect(device.sumSquares(try #require(full.parameters.training).gradient) > 0)
    #expect(device.scratchBytes == reserved)
  }

  @Test("nor in decoding", arguments: ArchitectureFixture.names)
  func decoding(name: String) throws {
    let model = try ArchitectureFixture(name, isa: "cuda")
    let device = try Self.gpu(model)
    let sequences = model.pairs.map { $0.prompt + $0.answers[0] }
    let lengths = sequences.map(\.count)
    // A workspace of the same size as `decode` takes.
    _ = try model.workspace(.scoring)
    try device.reserveScratch(
      for: .decoding(sequences: sequences.count, context: lengths.max() ?? 0),
      model.architecture, dtype: .float32)
    let reserved = device.scratchBytes
    _ = try model.decode(sequences, finalLengths: lengths, prefilled: 3)
    #expect(device.scratchBytes == reserved)
  }
}
