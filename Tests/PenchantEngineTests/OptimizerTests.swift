import PenchantCore
import PenchantEngine
import Testing

@Suite("AdamW")
struct AdamWTests {
  private static func set(_ device: CPUDevice, dtype: DType = .float32) throws -> ParameterSet {
    let set = try ParameterSet(
      [
        ParameterSet.Entry(name: "norm", rows: 1, columns: 3, decays: false),
        ParameterSet.Entry(name: "matrix", rows: 2, columns: 5, decays: true),
      ], dtype: dtype, trainable: true, on: device)
    device.write((0..<13).map { 0.1 * Float($0) - 0.5 }, to: set.master)
    set.refreshWorking(on: device)
    return set
  }

  @Test(
    "three steps follow the paper in double, decay on matrices only",
    arguments: CPUDevice.availableISAs)
  func steps(isa: String) throws {
    let device = try CPUDevice(threads: 1, isa: isa)
    let set = try Self.set(device)
    let training = try #require(set.training)
    let optimizer = AdamW(weightDecay: 0.1, maxGradientNorm: 0)
    var weights = device.read(set.master).map(Double.init)
    var m = [Double](repeating: 0, count: 13)
    var v = m
    #expect(set.entries.map(\.name) == ["matrix", "norm"])
    for step in 1...3 {
      let gradient = (0..<13).map { Float($0 * step % 7) * 0.3 - 0.8 }
      device.write(gradient, to: training.gradient)
      let norm = optimizer.gradientNorm(of: set, on: device)
      optimizer.step(set, number: step, learningRate: 0.01, gradientNorm: norm, on: device)
      for i in 0..<13 {
        let g = Double(gradient[i])
        m[i] = 0.9 * m[i] + 0.1 * g
        v[i] = 0.999 * v[i] + 0.001 * g * g
        weights[i] *= i < 10 ? 1 - 0.01 * 0.1 : 1
        let corrected = (1 - power(0.9, step), 1 - power(0.999, step))
        weights[i] -=
          0.01 * (m[i] / corrected.0) / ((v[i] / corrected.1).squareRoot() + 1e-8)
      }
    }
    for (found, wanted) in zip(device.read(set.master), weights) {
      #expect(abs(Double(found) - wanted) < 1e-6)
    }
  }

  private func power(_ base: Double, _ n: Int) -> Double {
    (0..<n).reduce(1.0) { value, _ in value * base }
  }

  @Test("clipping scales the gradient to the norm, and the logged norm is before it")
  func clipping() throws {
    let device = try CPUDevice(threads: 1)
    let (clipped, scaled) = (try Self.set(device), try Self.set(device))
    let gradient = (0..<13).map { Float($0) - 6 }
    let norm = gradient.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
    device.write(gradient, to: try #require(clipped.training).gradient)
    device.write(
      gradient.map { $0 * Float(0.5 / (norm + 1e-6)) }, to: try #require(scaled.training).gradient)
    let optimizer = AdamW(maxGradientNorm: 0.5)
    let found = optimizer.gradientNorm(of: clipped, on: device)
    #expect(abs(found - norm) < 1e-12 * norm)
    optimizer.step(clipped, number: 1, learningRate: 0.1, gradientNorm: found, on: device)
    AdamW(maxGradientNorm: 0).step(
      scaled, number: 1, learningRate: 0.1, gradientNorm: 0.5, on: device)
    for (a, b) in zip(device.read(clipped.master), device.read(scaled.master)) {
      #expect(abs(a - b) < 1e-6)
    }
  }

  @Test("the working copy is the rounded master")
  func workingCopy() throws {
    let device = try CPUDevice(threads: 2)
    let set = try Self.set(device, dtype: .bfloat16)
    let training = try #require(set.training)
    device.write((0..<13).map { Float($0) - 6 }, to: training.gradient)
    AdamW().step(set, number: 1, learningRate: 0.003, gradientNorm: 1, on: device)
    let rounded = device.read(set.master).map { value -> Float in
      let bits = value.bitPattern
      return Float(bitPattern: (bits + 0x7fff + (bits >> 16) & 1) & 0xffff_0000)
    }
    #expect(device.read(set.working) == rounded)
  }
}

@Suite("Sampler")
struct SamplerTests {
  private static let logits: [Float] = [0, 1, 2, 3, 4, -1, 2.5, 3.5]

  private static func draws(_ sampler: Sampler, count: Int = 4000) -> [Int: Int] {
    var seen: [Int: Int] = [:]
    for step in 0..<count {
      let token = sampler.choose(logits[...], sequence: 0, step: step)
      seen[token.map(Int.init) ?? -1, default: 0] += 1
    }
    return seen
  }

  @Test("temperature 0 takes the first of the most likely tokens")
  func greedy() {
    #expect(Sampler().choose(Self.logits[...], sequence: 3, step: 9) == 4)
    #expect(Sampler().choose([1, 5, 5, 0], sequence: 0, step: 0) == 1)
  }

  @Test(
    "nothing is chosen where a logit is no finite number",
    arguments: [Float.nan, -.nan, .signalingNaN, .infinity, -.infinity])
  func notFinite(value: Float) {
    for place in Self.logits.indices {
      var logits = Self.logits
      logits[place] = value
      for sampler in [Sampler(), Sampler(temperature: 1), Sampler(temperature: 1, topP: 0.5)] {
        #expect(sampler.choose(logits[...], sequence: 0, step: 0) == nil)
      }
    }
    #expect(
      Sampler().choose([-.greatestFiniteMagnitude, .greatestFiniteMagnitude], sequence: 0, step: 0)
        == 1)
  }

  @Test("draws follow the softmax at the temperature")
  func softmax() {
    let seen = Self.draws(Sampler(temperature: 2, seed: 5), count: 20000)
    let weights = Self.logits.map { power($0 / 2) }
    let total = weights.reduce(0, +)
    for (token, weight) in weights.enumerated() {
      let share = Double(seen[token] ?? 0) / 20000
      #expect(abs(share - weight / total) < 0.012, "token \(token)")
    }
  }

  private func power(_ x: Float) -> Double {
    // eˣ by its series; good to 1e-12 for these arguments.
    var (term, sum) = (1.0, 1.0)
    for n in 1..<40 {
      term *= Double(x) / Double(n)
      sum += term
    }
    return sum
  }

  @Test("filters keep exactly the tokens they should")
  func filters() {
    #expect(Set(Self.draws(Sampler(temperature: 1, topK: 3)).keys) == [4, 7, 3])
    // Softmax: 4 → 0.43, 7 → 0.26, 3 → 0.16: 0.6 is reached with two.
    #expect(Set(Self.draws(Sampler(temperature: 1, topP: 0.6)).keys) == [4, 7])
    #expect(Set(Self.draws(Sampler(temperature: 1, minP: 0.3)).keys) == [4, 7, 3])
    #expect(Set(Self.draws(Sampler(temperature: 1, topP: 1e-9)).keys) == [4])
    #expect(Set(Self.draws(Sampler(temperature: 1, topK: 100)).keys).count >= 7)
  }

  @Test("the draw depends on seed, sequence and step alone")
  func reproducible() {
    func run(_ seed: UInt64, _ sequence: UInt64) -> [Int32] {
      (0..<50).compactMap {
        Sampler(temperature: 1, seed: seed).choose(
          Self.logits[...], sequence: sequence, step: $0)
      }
    }
    #expect(run(1, 0) == run(1, 0))
    #expect(run(1, 0) != run(2, 0))
    #expect(run(1, 0) != run(1, 1))
  }
}

@Suite("CPU device")
struct CPUDeviceTests {
  @Test("an instruction set that is not there is refused with those that are")
  func isa() {
    #expect(
      throws: EngineError(.unsupportedISA(name: "vax", available: CPUDevice.availableISAs))
    ) { try CPUDevice(threads: 1, isa: "vax") }
    #expect(
      EngineError(.unsupportedISA(name: "vax", available: ["plain"])).description
        == "PENCHANT_ISA=vax: this processor or this build has no such kernels\n  choose one of: plain"
    )
  }

  @Test("thread counts out of range are refused", arguments: [0, -1, 1025])
  func threads(count: Int) {
    #expect(throws: EngineError(.invalidThreadCount(count, limit: 1024))) {
      try CPUDevice(threads: count)
    }
  }

  @Test(
    "a product of panels, of few rows and the sum over rows agree with sums in double",
    arguments: CPUDevice.availableISAs)
  func products(isa: String) throws {
    let device = try CPUDevice(threads: 2, isa: isa)
    for (rows, depth, columns) in [(1, 1, 1), (7, 5, 130), (65, 33, 17), (13, 64, 64)] {
      var plan = ArenaPlan()
      let slots = (
        plan.reserve(rows, depth, .float32), plan.reserve(columns, depth, .float32),
        plan.reserve(rows, columns, .float32), plan.reserve(depth, columns, .float32)
      )
      let arena = try Arena(plan, on: device)
      let (x, w, y, g) = (arena[slots.0], arena[slots.1], arena[slots.2], arena[slots.3])
      let xs = (0..<x.count).map { Float(($0 * 37) % 19) / 19 - 0.5 }
      let ws = (0..<w.count).map { Float(($0 * 53) % 23) / 23 - 0.5 }
      device.write(xs, to: x)
      device.write(ws, to: w)
      var wanted = [Double](repeating: 0, count: rows * columns)
      for i in 0..<rows {
        for j in 0..<columns {
          for k in 0..<depth {
            wanted[i * columns + j] += Double(xs[i * depth + k]) * Double(ws[j * depth + k])
          }
        }
      }
      for fewRows in [false, true] {
        device.product(
          [ProductTerm(x, w, .transposed)], into: y, scale: 2, bias: nil, accumulate: false,
          fewRows: fewRows)
        for (found, wanted) in zip(device.read(y), wanted) {
          #expect(abs(Double(found) - 2 * wanted) < 1e-5)
        }
      }
      // xᵀ·y, y = 2·wanted
      device.productOverRows(x, y, into: g)
      let found = device.read(g)
      for k in 0..<depth {
        for j in 0..<columns {
          let sum = (0..<rows).reduce(0.0) {
            $0 + Double(xs[$1 * depth + k]) * 2 * wanted[$1 * columns + j]
          }
          #expect(abs(Double(found[k * columns + j]) - sum) < 1e-4)
        }
      }
    }
  }
}
