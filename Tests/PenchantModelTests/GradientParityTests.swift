import PenchantCore
import PenchantEngine
import PenchantFormats
import PenchantModel
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite("Gradients agree with PyTorch")
struct GradientParityTests {
  /// The golden gradients are float64 (stored as float32); ours pass through two or three blocks in float32.
  static let tolerance = 2e-5

  /// ∂/∂log p of the mean over pairs of −log σ(β(ρ_w − ρ_l)).
  static func coefficients(
    _ packed: PackedBatch, _ rewards: (Int) -> (Double, Double), beta: Double, pairs: Int
  ) -> [Float] {
    var values = [Float](repeating: 0, count: packed.batch.targets.count)
    for (example, branches) in zip(packed.examples, packed.places) {
      let (chosen, rejected) = rewards(example)
      let slope = -beta / (1 + exp(chosen - rejected)) / Double(pairs)
      for place in branches[0] { values[place] += Float(slope) }
      for place in branches[1] { values[place] -= Float(slope) }
    }
    return values
  }

  @Test(
    "every LoRA factor", arguments: ["tiny-llama", "tiny-qwen2", "tiny-mistral"],
    CPUDevice.availableISAs)
  func adapter(name: String, isa: String) throws {
    let model = try Fixture.open(name, isa: isa)
    let golden = try #require(try Fixture.golden(name)["adapter"])
    let beta = try #require(try Fixture.golden(name)["beta"]?.double)
    let adapter = try Adapter.load(
      folder: Fixture.model("\(name)-adapter"), model.architecture, dtype: .float32,
      trainable: true, on: model.device)
    let examples = try Fixture.examples(model)
    let policy = Policy(weights: model.base, adapter: adapter)
    let workspace = try Workspace(
      WorkspaceShape(
        tokens: 128, targetRows: 128, rank: adapter.configuration.rank,
        purpose: .training(full: false)), model.architecture, dtype: .float32, on: model.device)
    let chosen = try #require(golden["rewards_chosen"]?.doubles)
    let rejected = try #require(golden["rewards_rejected"]?.doubles)
    let sums = try #require(golden["policy_chosen"]?.doubles)
    for packed in Packer.pack(examples, tokenBudget: 128) {
      let pass = try model.decoder.forward(
        packed.batch, policy: policy, workspace: workspace, keepStash: true)
      for (example, score) in zip(packed.examples, packed.scores(pass.statistics)) {
        #expect(abs(score[0].sum - sums[example]) < 1e-5 * abs(sums[example]))
      }
      try model.decoder.backward(
        pass,
        coefficients: Self.coefficients(
          packed, { (chosen[$0], rejected[$0]) }, beta: beta, pairs: examples.count),
        workspace: workspace)
    }
    let training = try #require(adapter.parameters.training)
    let stored = try SafetensorsCheckpoint(
      file: Fixture.parity("\(name)-adapter-gradients.safetensors"))
    for entry in adapter.parameters.entries {
      let wanted = try stored.tensor(named: entry.name).bytes.bindMemory(to: Float.self)
      let found = model.device.read(adapter.parameters.view(entry, of: training.gradient))
      #expect(relativeError(found, Array(wanted)) < Self.tolerance, "\(name) \(entry.name)")
    }
    let norm = AdamW().gradientNorm(of: adapter.parameters, on: model.device)
    let wanted = try #require(golden["grad_norm"]?.double)
    #expect(abs(norm - wanted) < 1e-5 * wanted)
  }

  @Test(
    "every weight", arguments: ["tiny-llama", "tiny-qwen2", "tiny-mistral"],
    CPUDevice.availableISAs)
  func full(name: String, isa: String) throws {
    let model = try Fixture.open(name, isa: isa)
    let golden = try #require(try Fixture.golden(name)["full"])
    let beta = try #require(try Fixture.golden(name)["beta"]?.double)
    let full = try FullParameters(
      copying: model.base, model.architecture, dtype: .float32, on: model.device)
    let examples = try Fixture.examples(model)
    let policy = Policy(weights: full.weights, gradients: full.gradients)
    let workspace = try Workspace(
      WorkspaceShape(
        tokens: 128, targetRows: 128, rank: 0, purpose: .training(full: true)),
      model.architecture, dtype: .float32, on: model.device)
    let chosen = try #require(golden["rewards_chosen"]?.doubles)
    let rejected = try #require(golden["rewards_rejected"]?.doubles)
    for packed in Packer.pack(examples, tokenBudget: 128) {
      let pass = try model.decoder.forward(
        packed.batch, policy: policy, workspace: workspace, keepStash: true)
      try model.decoder.backward(
        pass,
        coefficients: Self.coefficients(
          packed, { (chosen[$0], rejected[$0]) }, beta: beta, pairs: examples.count),
        workspace: workspace)
    }
    let training = try #require(full.parameters.training)
    for (tensor, norm) in try #require(golden["grad_norms"]?.object).members {
      let entry = try #require(full.parameters.entry(named: tensor))
      let view = full.parameters.view(entry, of: training.gradient)
      if tensor.contains("embed_tokens"), let pad = model.configuration.padToken,
        !model.architecture.tiesEmbeddings
      {
        // PyTorch's Embedding leaves out the gradient of its padding index; ours is the whole gradient.
        model.device.zero(view.rows(pad..<pad + 1))
      }
      let found = model.device.sumSquares(view).squareRoot()
      let wanted = try #require(norm.double)
      #expect(abs(found - wanted) < Self.tolerance * wanted + 1e-7, "\(name) \(tensor)")
    }
    for value in try #require(golden["grad_values"]?.array) {
      let entry = try #require(full.parameters.entry(named: value["tensor"]?.string ?? ""))
      let row = value["row"]?.int ?? 0
      let view = full.parameters.view(entry, of: training.gradient).rows(row..<row + 1)
      let wanted = try #require(value["values"]?.doubles).map(Float.init)
      #expect(relativeError(model.device.read(view), wanted) < Self.tolerance, "\(entry.name)")
    }
  }
}
