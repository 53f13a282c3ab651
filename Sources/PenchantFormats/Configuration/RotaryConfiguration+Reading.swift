internal import PenchantCore

/// What the reading of rotary positions needs to know of the model.
struct RotaryContext {
  let family: ModelConfiguration.Family
  let headSize: Int
  let contextLength: Int
}

extension ConfigurationReader {
  /// The rotary positions a model uses: one set, or the local and the global layers' own.
  ///
  /// Transformers 5 writes `rope_parameters`; older files `rope_theta`, `rope_scaling` and
  /// `partial_rotary_factor` side by side. Of Gemma 3's two sets the global is first.
  mutating func rotaries(_ context: RotaryContext) throws(FormatsError) -> [RotaryConfiguration] {
    var theta = try number("rope_theta", in: Self.thetaRange)
    let share = try number("partial_rotary_factor", in: 0...1)
    let trained = try integer("original_max_position_embeddings", in: 1...1 << 24)
    guard context.family == .gemma3 else {
      theta = theta ?? defaultTheta(context.family)
      return [try rotary(context, theta: theta, share: share, trainedLength: trained)]
    }
    let local = try number("rope_local_base_freq", in: Self.thetaRange) ?? 10_000
    if let value = value("rope_parameters") {
      var reader = try ConfigurationReader(nested: value, key: "rope_parameters", in: self)
      var sets: [RotaryConfiguration] = []
      for (key, base) in [("full_attention", theta ?? 1_000_000), ("sliding_attention", local)] {
        guard let nested = reader.value(key) else {
          sets.append(RotaryConfiguration(theta: base, dimension: context.headSize))
          continue
        }
        let inner = try ConfigurationReader(nested: nested, key: key, in: reader)
        sets.append(
          try RotaryConfiguration(
            inner, context, theta: nil, defaultTheta: base, share: share, trainedLength: trained))
      }
      try reader.finish(harmless: [])
      return sets
    }
    return [
      try rotary(context, theta: theta ?? 1_000_000, share: share, trainedLength: trained),
      RotaryConfiguration(theta: local, dimension: context.headSize),
    ]
  }

  fileprivate static let thetaRange = 1.0...1e12

  /// Llama's base before `rope_theta` existed (Transformers 4.33); newer files that lack it are damaged.
  private mutating func defaultTheta(_ family: ModelConfiguration.Family) -> Double? {
    guard family == .llama, let version = value("transformers_version")?.string else { return nil }
    let parts = version.split(separator: ".").prefix(2).compactMap { Int($0) }
    return parts.count == 2 && (parts[0], parts[1]) < (4, 33) ? 10_000 : nil
  }

  private mutating func rotary(
    _ context: RotaryContext, theta: Double?, share: Double?, trainedLength: Int?
  ) throws(FormatsError) -> RotaryConfiguration {
    var found: RotaryConfiguration?
    for key in ["rope_parameters", "rope_scaling"] {
      guard let value = value(key), !Self.isEmpty(value) else { continue }
      let reader = try ConfigurationReader(nested: value, key: key, in: self)
      let rotary = try RotaryConfiguration(
        reader, context, theta: theta, defaultTheta: nil, share: share,
        trainedLength: trainedLength)
      guard found == nil || found == rotary else {
        throw failure(.contradiction("rope_parameters and rope_scaling differ"))
      }
      found = rotary
    }
    if let found { return found }
    guard let theta else { throw failure(.missing(key: "rope_theta")) }
    return RotaryConfiguration(
      theta: theta,
      dimension: try dimension(share: share, key: "partial_rotary_factor", context))
  }

  /// The turning components of a head: int(size · share), which only Phi's default positions know.
  fileprivate func dimension(
    share: Double?, key: String, _ context: RotaryContext
  ) throws(FormatsError) -> Int {
    guard let share, share != 1 else { return context.headSize }
    guard context.family == .phi3 else {
      throw failure(
        .unsupportedValue(key: prefix + key, value: "\(share)", supported: ["1"]))
    }
    let dimension = Int(Double(context.headSize) * share)
    guard dimension >= 2 else {
      throw failure(
        .outOfRange(key: prefix + key, value: "\(share)", range: "large enough for one pair"))
    }
    return dimension
  }
}

extension RotaryConfiguration {
  /// Reads one set of parameters.
  /// - Parameters:
  ///   - theta: the base given beside the set; must agree with one inside.
  ///   - defaultTheta: the base where none is given, nil where that is an error.
  fileprivate init(
    _ reader: ConfigurationReader, _ context: RotaryContext, theta: Double?,
    defaultTheta: Double?, share: Double?, trainedLength: Int?
  ) throws(FormatsError) {
    var reader = reader
    let nested = try reader.number("rope_theta", in: ConfigurationReader.thetaRange)
    if let nested, let theta, nested != theta {
      throw reader.failure(.contradiction("rope_theta and \(reader.prefix)rope_theta differ"))
    }
    guard let base = nested ?? theta ?? defaultTheta else {
      throw reader.failure(.missing(key: "rope_theta"))
    }
    let innerShare = try reader.number("partial_rotary_factor", in: 0...1)
    let dimension = try reader.dimension(
      share: innerShare ?? share, key: "partial_rotary_factor", context)
    let scaling = try Self.scaling(
      &reader, context, dimension: dimension, trainedLength: trainedLength)
    try reader.finish(harmless: [])
    self.init(theta: base, dimension: dimension, scaling: scaling)
  }

  private static let types = ["default", "linear", "dynamic", "llama3", "yarn", "longrope"]

  private static func scaling(
    _ reader: inout ConfigurationReader, _ context: RotaryContext, dimension: Int,
    trainedLength outer: Int?
  ) throws(FormatsError) -> Scaling {
    let names = [try reader.text("rope_type"), try reader.text("type")].compactMap(\.self)
      // Phi-3's first folders used two other names for what is called longrope now.
      .map { context.family == .phi3 && ["su", "yarn"].contains($0) ? "longrope" : $0 }
    let type = names.first ?? "default"
    guard names.allSatisfy({ $0 == type }) else {
      throw reader.failure(.contradiction("\(reader.prefix)rope_type and type differ"))
    }
    func trained() throws(FormatsError) -> Int {
      let inner = try reader.integer("original_max_position_embeddings", in: 1...1 << 24)
      return outer ?? inner ?? (context.family == .phi3 ? 4096 : context.contextLength)
    }
    func factor() throws(FormatsError) -> Double {
      guard let factor = try reader.number("factor", in: 1...1e6) else {
        throw reader.failure(.missing(key: reader.prefix + "factor"))
      }
      return factor
    }
    switch type {
    case "default": return .none
    case "linear": return .linear(factor: try factor())
    case "dynamic":
      guard dimension > 2 else {
        throw reader.failure(
          .unsupportedValue(
            key: reader.prefix + "rope_type", value: type, supported: ["default"]))
      }
      return .dynamic(factor: try factor(), trainedLength: context.contextLength)
    case "llama3":
      let low = try reader.requiredNumber("low_freq_factor", in: 1e-6...1e6)
      let high = try reader.requiredNumber("high_freq_factor", in: 1e-6...1e6)
      guard low < high else {
        throw reader.failure(
          .contradiction("\(reader.prefix)high_freq_factor is not above low_freq_factor"))
      }
      return .llama3(
        factor: try factor(), low: low, high: high, trainedLength: try trained())
    case "yarn":
      let trainedLength = try trained()
      let given = try reader.number("factor", in: 1...1e6)
      let first = try reader.number("mscale", in: 0...1e6)
      let second = try reader.number("mscale_all_dim", in: 0...1e6)
      var magnitudes: (Double, Double)?
      if let first, let second, first != 0, second != 0 { magnitudes = (first, second) }
      func rotations(_ key: String, _ usual: Double) throws(FormatsError) -> Double {
        guard let value = try reader.number(key, in: 0...1e6), value != 0 else { return usual }
        return value
      }
      return .yarn(
        Yarn(
          factor: given ?? Double(context.contextLength) / Double(trainedLength),
          trainedLength: trainedLength,
          attentionFactor: try reader.number("attention_factor", in: 0...1e6),
          fastRotations: try rotations("beta_fast", 32),
          slowRotations: try rotations("beta_slow", 1), magnitudes: magnitudes,
          truncates: try reader.flag("truncate", default: true)))
    case "longrope":
      let trainedLength = try trained()
      let given = try reader.number("factor", in: 1...1e6)
      let pairs = (dimension + 1) / 2
      func divisors(_ key: String) throws(FormatsError) -> [Double] {
        let list = try reader.numbers(key, in: 1e-6...1e9)
        guard list.count == pairs else {
          throw reader.failure(
            .contradiction("\(reader.prefix)\(key) has \(list.count) entries, not \(pairs)"))
        }
        return list
      }
      return .longrope(
        LongRope(
          factor: given ?? Double(context.contextLength) / Double(trainedLength),
          trainedLength: trainedLength,
          attentionFactor: try reader.number("attention_factor", in: 0...1e6),
          short: try divisors("short_factor"), long: try divisors("long_factor")))
    default:
      throw reader.failure(
        .unsupportedValue(key: reader.prefix + "rope_type", value: type, supported: types))
    }
  }
}
