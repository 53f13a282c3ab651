import PenchantCore
import PenchantEngine
import PenchantFormats
import PenchantModel
import PenchantTuning

/// The fixtures of this package, found from the test's own source file.
enum Fixture {
  static let root: String = {
    let tests = FileSystem.parent(of: FileSystem.parent(of: #filePath))
    return FileSystem.join(tests, "Fixtures")
  }()

  static func model(_ name: String) -> String { FileSystem.join(root, "Models/\(name)") }

  static func parity(_ name: String) throws -> JSON {
    try FileSystem.readJSON(FileSystem.join(root, "Parity/\(name)"))
  }

  static func parityTensors(_ name: String) throws -> SafetensorsFile {
    try SafetensorsFile(path: FileSystem.join(root, "Parity/\(name)"))
  }

  /// The pairs whose token ids the parity file has.
  static func examples(_ model: String) throws -> [TokenizedExample] {
    let rows = try required(parity("\(model).json")["pairs"]?.array)
    return try rows.enumerated().map { index, row in
      func ids(_ key: String) throws -> [Int32] {
        try required(row[key]?.array).compactMap { $0.int.map(Int32.init) }
      }
      let prompt = try ids("prompt")
      return TokenizedExample(
        id: "\(index + 1)", index: index, prompt: prompt,
        branches: try ["chosen", "rejected"].map { key in
          let tokens = try ids(key)
          return TokenizedExample.Branch(
            tokens: tokens,
            scored: Array(prompt.count..<prompt.count + tokens.count).filter { $0 > 0 })
        })
    }
  }
}

struct Missing: Error {}

func required<Value>(_ value: Value?) throws -> Value {
  guard let value else { throw Missing() }
  return value
}

/// A tiny model ready to train, without its tokenizer.
struct TinyModel {
  let name: String
  let decoder: Decoder
  let base: DecoderTensors

  init(
    _ name: String, dtype: DType = .float32, threads: Int = 1, device: (any Device)? = nil
  ) throws {
    self.name = name
    let device = try device ?? CPUDevice(threads: threads)
    let configuration = try ModelConfiguration(folder: Fixture.model(name))
    let architecture = DecoderArchitecture(configuration)
    base = try DecoderTensors.load(
      SafetensorsCheckpoint(folder: Fixture.model(name)), architecture, dtype: dtype, on: device)
    decoder = Decoder(architecture, dtype: dtype, on: device)
  }

  /// A new adapter of rank 4.
  func newAdapter(seed: UInt64 = 5) throws -> Adapter {
    let adapter = try Adapter(
      LoRAConfiguration(rank: 4, alpha: 8), architecture: decoder.architecture,
      dtype: decoder.dtype, trainable: true, on: decoder.device)
    adapter.initialize(seed: seed, on: decoder.device)
    return adapter
  }

  /// The fixture's adapter.
  func storedAdapter(trainable: Bool) throws -> Adapter {
    try Adapter.load(
      folder: Fixture.model("\(name)-adapter"), decoder.architecture, dtype: decoder.dtype,
      trainable: trainable, on: decoder.device)
  }

  /// A setup on the fixture's pairs with a new adapter against the bare model.
  func setup(
    _ directory: RunDirectory, plan: TrainingPlan, heldOut: Int = 0,
    beginning: RunDirectory.Beginning = .new,
    objective: (any Objective)? = nil
  ) throws -> TrainingSetup {
    let examples = try Fixture.examples("tiny-llama")
    return TrainingSetup(
      decoder: decoder, trainable: .adapter(try newAdapter(), on: base),
      reference: Policy(weights: base), referenceIsInitial: true,
      objective: try objective ?? Sigmoid(beta: 0.5),
      training: ExampleList(Array(examples.prefix(plan.pairs))),
      heldOut: ExampleList(Array(examples.suffix(heldOut))),
      plan: plan, configuration: TuneConfiguration(),
      inputs: .init(data: "data", model: "model"), directory: directory, beginning: beginning,
      baseModel: name)
  }
}

/// A folder of its own for a test, removed with the last reference.
final class TemporaryFolder {
  let path: String

  init() throws {
    let base = FileSystem.join(FileSystem.parent(of: Fixture.root), "../.build/tuning-tests")
    var generator = SystemRandomNumberGenerator()
    path = FileSystem.join(base, String(generator.next(), radix: 16))
    try FileSystem.createDirectories(path)
  }

  deinit { try? FileSystem.removeTree(path) }

  var run: RunDirectory { RunDirectory(FileSystem.join(path, "run")) }
  func run(_ name: String) -> RunDirectory { RunDirectory(FileSystem.join(path, name)) }
}

/// A plan of a few steps on the fixture's ten pairs.
func plan(
  pairs: Int = 10, batch: Int = 4, steps: Int = 7, rate: Double = 5e-3, microTokens: Int = 400,
  evalEvery: Int = 0, saveEvery: Int = 0
) -> TrainingPlan {
  TrainingPlan(
    pairs: pairs, batchSize: batch,
    schedule: Schedule(shape: .cosine, rate: rate, steps: steps, warmupRatio: 0.2),
    microTokens: microTokens, seed: 3, evalEvery: evalEvery, saveEvery: saveEvery)
}
