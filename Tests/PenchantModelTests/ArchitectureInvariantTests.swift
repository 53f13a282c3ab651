import PenchantEngine
import Testing

/// The invariants of ARCHITECTURE.md, for every architecture.
@Suite("Invariants of every architecture")
struct ArchitectureInvariantTests {
  static let cases = ArchitectureFixture.names.flatMap { name in
    [DType.float32, .bfloat16].map { (name, $0) }
  }

  @Test("1: a new adapter scores the same bits as the model without it", arguments: cases)
  func newAdapterIsTheBase(name: String, dtype: DType) throws {
    let model = try ArchitectureFixture(name, dtype: dtype)
    let adapter = try Adapter(
      LoRAConfiguration(rank: 3), architecture: model.architecture, dtype: dtype,
      trainable: false, on: model.device)
    adapter.initialize(seed: 1, on: model.device)
    #expect(
      try model.score([0, 1], policy: Policy(weights: model.base, adapter: adapter))
        == model.score([0, 1]))
  }

  @Test("2: neighbours, order and threads change no bit", arguments: cases)
  func batchInvariance(name: String, dtype: DType) throws {
    let model = try ArchitectureFixture(name, dtype: dtype)
    let alone = try [0, 1].map { try model.score([$0])[0] }
    #expect(try model.score([0, 1]) == alone)
    #expect(try model.score([1, 0, 1]) == [alone[1], alone[0], alone[1]])
    let other = try ArchitectureFixture(name, dtype: dtype, threads: 3)
    #expect(try other.score([0, 1]) == alone)
  }

  @Test("2: decoding gives the same bits alone and among others", arguments: cases)
  func decoding(name: String, dtype: DType) throws {
    let model = try ArchitectureFixture(name, dtype: dtype)
    let sequences = (0..<16).map { index in
      let pair = model.pairs[index % 2]
      return Array((pair.prompt + pair.answers[0]).prefix(4 + index))
    }
    let lengths = sequences.map { $0.count + 3 }
    let together = try model.decode(sequences, finalLengths: lengths, prefilled: 3)
    for (index, sequence) in sequences.enumerated() {
      let alone = try model.decode(
        [sequence], finalLengths: [lengths[index]], prefilled: 3)[0]
      #expect(alone == together[index], "sequence \(index)")
    }
  }

  @Test("2: gradients have the same bits for any number of threads", arguments: cases)
  func gradientsByThreads(name: String, dtype: DType) throws {
    let found = try [1, 3].map { threads in
      let model = try ArchitectureFixture(name, dtype: dtype, threads: threads)
      return try Self.gradient(model, apart: false)
    }
    #expect(found[0] == found[1])
    #expect(found[0].contains { $0 != 0 })
  }

  @Test(
    "4: a shared prompt equals separate sequences, forward and backward, to rounding",
    arguments: ArchitectureFixture.names)
  func prefixSharing(name: String) throws {
    let model = try ArchitectureFixture(name)
    let (shared, apart) = (try model.score([0, 1]), try model.score([0, 1], apart: true))
    for (a, b) in zip(shared.joined().joined(), apart.joined().joined()) {
      #expect(abs(a - b) < 1e-5 * max(1, abs(b)))
    }
    #expect(
      relativeError(
        try Self.gradient(model, apart: false), try Self.gradient(model, apart: true)) < 1e-5)
  }

  /// The gradients of every weight, end to end.
  private static func gradient(_ model: ArchitectureFixture, apart: Bool) throws -> [Float] {
    let full = try FullParameters(
      copying: model.base, model.architecture, dtype: model.decoder.dtype, on: model.device)
    try model.train(Policy(weights: full.weights, gradients: full.gradients), apart: apart)
    return model.device.read(try #require(full.parameters.training).gradient)
  }
}
