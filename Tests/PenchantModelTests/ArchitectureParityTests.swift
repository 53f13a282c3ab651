import FoundationEssentials
import PenchantCore
import PenchantEngine
import PenchantModel
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

func exponential(_ x: Double) -> Double { exp(x) }
func logarithm(_ x: Double) -> Double { log(x) }

/// Every architecture against Transformers in float64; scripts/make_architecture_fixtures.py has the figures.
@Suite("Architectures agree with Transformers")
struct ArchitectureParityTests {
  static let processorCases = ArchitectureFixture.names.flatMap { name in
    CPUDevice.availableISAs.map { (name, $0) }
  }
  static let cases = processorCases + ArchitectureFixture.names.map { ($0, "cuda") }
  /// A tenth of what is promised: float32 through two to four blocks, scores and logits of order one.
  static let logitTolerance = 1e-5
  static let gradientTolerance = 1e-4

  private static func expectClose(
    _ found: [[[Float]]], _ wanted: JSON?, _ spread: Double, _ name: String
  ) {
    let wanted = (wanted?.array ?? []).map { ($0.array ?? []).map(\.doubles) }
    #expect(found.map { $0.map(\.count) } == wanted.map { $0.map(\.count) })
    for (a, b) in zip(found.joined().joined(), wanted.joined().joined()) {
      #expect(abs(Double(a) - b) < logitTolerance * spread, "\(name): \(a), \(b)")
    }
  }

  @Test("log-probs and logits, in whole sequences and in decoding", arguments: cases)
  func scores(name: String, isa: String) throws {
    let model = try ArchitectureFixture(name, isa: isa)
    let spread = try #require(model.golden["spread"]?.double)
    Self.expectClose(try model.score([0, 1]), model.golden["logps"], spread, name)

    let pair = model.pairs[0]
    let sequence = pair.prompt + pair.answers[0]
    let wanted = try #require(model.golden["logits"]?.doubles)
    for prefilled in [0, 4, sequence.count - 1] {
      let logits = try model.decode(
        [sequence], finalLengths: [pair.length], prefilled: prefilled)[0]
      #expect(logits.count == wanted.count)
      for (a, b) in zip(logits, wanted) {
        #expect(abs(Double(a) - b) < Self.logitTolerance * spread, "\(name): \(a), \(b)")
      }
    }
  }

  @Test("greedy tokens", arguments: processorCases)
  func greedy(name: String, isa: String) throws {
    let model = try ArchitectureFixture(name, isa: isa)
    let wanted = try #require(model.golden["greedy"]?["tokens"]?.ids)
    var sequence = model.pairs[0].prompt
    let length = sequence.count + wanted.count
    for _ in wanted {
      let logits = try model.decode([sequence], finalLengths: [length])[0]
      let best = logits.indices.max { logits[$0] < logits[$1] } ?? 0
      sequence.append(Int32(best))
    }
    #expect(Array(sequence.suffix(wanted.count)) == wanted)
  }

  @Test("loss and the gradient of every weight", arguments: cases)
  func full(name: String, isa: String) throws {
    let model = try ArchitectureFixture(name, isa: isa)
    let full = try FullParameters(
      copying: model.base, model.architecture, dtype: .float32, on: model.device)
    let loss = try model.train(Policy(weights: full.weights, gradients: full.gradients))
    #expect(abs(loss - (model.golden["loss"]?.double ?? 0)) < 1e-5)
    let gradient = try #require(full.parameters.training).gradient
    let norms = Array(try #require(model.golden["grad_norms"]?.object).members)
    #expect(norms.count == full.parameters.entries.count)
    for (tensor, norm) in norms {
      let entry = try #require(full.parameters.entry(named: tensor), "\(tensor)")
      let found = model.device.sumSquares(full.parameters.view(entry, of: gradient)).squareRoot()
      let wanted = try #require(norm.double)
      // A key's bias shifts all scores of a query alike: its gradient is rounding.
      #expect(
        abs(found - wanted) < Self.gradientTolerance * wanted + 1e-8, "\(tensor) \(found) \(wanted)"
      )
    }
    for value in try #require(model.golden["grad_values"]?.array) {
      let entry = try #require(full.parameters.entry(named: value["tensor"]?.string ?? ""))
      let row = value["row"]?.int ?? 0
      let found = model.device.read(full.parameters.view(entry, of: gradient).rows(row..<row + 1))
      let wanted = try #require(value["values"]?.doubles).map(Float.init)
      #expect(found.count == wanted.count)
      let size = wanted.reduce(0) { $0 + $1 * $1 }.squareRoot()
      if size > 1e-7 {
        #expect(relativeError(found, wanted) < Self.gradientTolerance, "\(entry.name)")
      }
    }
  }

  @Test("an adapter that PEFT made, its gradients, and three steps of training", arguments: cases)
  func adapter(name: String, isa: String) throws {
    let model = try ArchitectureFixture(name, isa: isa)
    let golden = try #require(model.golden["adapter"])
    let spread = try #require(model.golden["spread"]?.double)
    let adapter = try model.adapter(trainable: true)
    let policy = Policy(weights: model.base, adapter: adapter)
    Self.expectClose(try model.score([0, 1], policy: policy), golden["logps"], spread, name)

    let training = try #require(adapter.parameters.training)
    func norms(_ flat: Tensor, _ wanted: JSON?, _ tolerance: Double) throws {
      let members = Array(try #require(wanted?.object).members)
      #expect(members.count == adapter.parameters.entries.count)
      for (tensor, norm) in members {
        let entry = try #require(adapter.parameters.entry(named: tensor), "\(tensor)")
        let found = model.device.sumSquares(adapter.parameters.view(entry, of: flat)).squareRoot()
        let wanted = try #require(norm.double)
        #expect(abs(found - wanted) < tolerance * wanted + 1e-8, "\(tensor) \(found) \(wanted)")
      }
    }
    let optimizer = AdamW(maxGradientNorm: 0)
    let steps = try #require(golden["steps"]?.doubles)
    for (index, wanted) in steps.enumerated() {
      model.device.zero(training.gradient)
      let loss = try model.train(policy)
      #expect(abs(loss - wanted) < 2e-5, "step \(index)")
      if index == 0 { try norms(training.gradient, golden["grad_norms"], Self.gradientTolerance) }
      optimizer.step(
        adapter.parameters, number: index + 1, learningRate: 1e-2,
        gradientNorm: optimizer.gradientNorm(of: adapter.parameters, on: model.device),
        on: model.device)
    }
    try norms(adapter.parameters.master, golden["final_norms"], 1e-3)
  }

  @Test("bfloat16 log-probs are within a few roundings", arguments: ArchitectureFixture.names)
  func rounded(name: String) throws {
    let model = try ArchitectureFixture(name, dtype: .bfloat16)
    let spread = try #require(model.golden["spread"]?.double)
    let wanted = (model.golden["logps"]?.array ?? []).map { ($0.array ?? []).map(\.doubles) }
    for (a, b) in zip(try model.score([0, 1]).joined().joined(), wanted.joined().joined()) {
      #expect(abs(Double(a) - b) < 0.03 * spread, "\(name): \(a), \(b)")
    }
  }

  @Test("a saved adapter is read back with its names", arguments: ArchitectureFixture.names)
  func saved(name: String) throws {
    let model = try ArchitectureFixture(name)
    let adapter = try model.adapter(trainable: false)
    let folder = FileSystem.join(
      FileManager.default.temporaryDirectory.path, "penchant-\(name)-\(getpid())")
    try FileSystem.createDirectories(folder)
    defer { try? FileSystem.removeTree(folder) }
    try adapter.save(folder: folder, baseModel: name, on: model.device)
    let again = try Adapter.load(
      folder: folder, model.architecture, dtype: .float32, trainable: false, on: model.device)
    #expect(again.parameters.entries == adapter.parameters.entries)
    #expect(
      model.device.read(again.parameters.master) == model.device.read(adapter.parameters.master))
    let stored = try FileSystem.readJSON("\(folder)/adapter_config.json")
    #expect(stored["fan_in_fan_out"]?.bool == name.hasPrefix("gpt2"))
  }
}
