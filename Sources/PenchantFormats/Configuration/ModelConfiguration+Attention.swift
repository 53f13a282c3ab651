internal import PenchantCore

extension ModelConfiguration {
  /// Which positions a token sees, where the family has a window.
  static func slidingWindow(
    _ reader: inout ConfigurationReader, family: Family, layerCount: Int
  ) throws(FormatsError) -> Int? {
    var window: Int?
    switch family {
    case .llama: break
    case .mistral:
      // Transformers' default for a file that does not have the key; null means no window.
      let isAbsent = !reader.has("sliding_window")
      window = try reader.integer("sliding_window", in: 1...1 << 24) ?? (isAbsent ? 4096 : nil)
    case .qwen2:
      if try reader.flag("use_sliding_window", default: false) {
        throw reader.failure(
          .unsupportedValue(key: "use_sliding_window", value: "true", supported: ["false"]))
      }
      // Without use_sliding_window these two mean nothing.
      _ = reader.value("sliding_window")
      _ = reader.value("max_window_layers")
    }
    try checkLayerTypes(&reader, window: window, layerCount: layerCount)
    return window
  }

  /// Transformers 5 writes down what each layer sees; here all must see the same.
  private static func checkLayerTypes(
    _ reader: inout ConfigurationReader, window: Int?, layerCount: Int
  ) throws(FormatsError) {
    guard let value = reader.value("layer_types") else { return }
    guard let types = value.array else {
      throw reader.wrongType("layer_types", expected: "array", value)
    }
    guard types.count == layerCount else {
      throw reader.failure(
        .contradiction(
          "layer_types has \(types.count) entries, num_hidden_layers is \(layerCount)"))
    }
    let expected = window == nil ? "full_attention" : "sliding_attention"
    for type in types where type.string != expected {
      throw reader.failure(
        .unsupportedValue(
          key: "layer_types", value: type.string ?? type.typeName, supported: [expected]))
    }
  }
}

extension ConfigurationReader {
  /// Base of the rotary frequencies: Transformers 5 keeps it in `rope_parameters`.
  mutating func ropeTheta() throws(FormatsError) -> Double {
    let range = 1.0...1e12
    var theta = try number("rope_theta", in: range)
    for key in ["rope_parameters", "rope_scaling"] {
      guard let value = value(key) else { continue }
      var reader = try ConfigurationReader(nested: value, key: key, in: self)
      let types = [try reader.text("rope_type"), try reader.text("type")].compactMap(\.self)
      for type in types where type != "default" {
        throw failure(
          .unsupportedValue(key: "\(key).rope_type", value: type, supported: ["default"]))
      }
      if let nested = try reader.number("rope_theta", in: range) {
        guard theta == nil || theta == nested else {
          throw failure(.contradiction("rope_theta and \(key).rope_theta differ"))
        }
        theta = nested
      }
      if let share = try reader.number("partial_rotary_factor", in: 0...1), share != 1 {
        throw failure(
          .unsupportedValue(
            key: "\(key).partial_rotary_factor", value: "\(share)", supported: ["1"]))
      }
      try reader.finish(harmless: [])
    }
    guard let theta else { throw failure(.missing(key: "rope_theta")) }
    return theta
  }

  /// The type the model was saved in: `dtype`, before Transformers 5 `torch_dtype`.
  mutating func elementType() throws(FormatsError) -> ElementType? {
    let names: KeyValuePairs<String, ElementType> = [
      "float32": .float32, "bfloat16": .bfloat16, "float16": .float16, "float64": .float64,
    ]
    var found: ElementType?
    for key in ["torch_dtype", "dtype"] {
      guard var name = try text(key), name != "auto" else { continue }
      if name.hasPrefix("torch.") { name.removeFirst(6) }
      guard let type = names.first(where: { $0.key == name })?.value else {
        throw failure(
          .unsupportedValue(key: key, value: name, supported: names.map(\.key)))
      }
      found = type
    }
    return found
  }

  /// A key that, if it is there, must have one of these values.
  mutating func require(_ key: String, is supported: [String]) throws(FormatsError) {
    guard let value = try text(key), !supported.contains(value) else { return }
    throw failure(.unsupportedValue(key: key, value: value, supported: supported))
  }

  /// A reader for the object that is the value of `key`, whose messages name both keys.
  init(nested value: JSON, key: String, in outer: ConfigurationReader) throws(FormatsError) {
    guard value.object != nil else { throw outer.wrongType(key, expected: "object", value) }
    try self.init(value, path: outer.path, prefix: outer.prefix + key + ".")
  }
}
