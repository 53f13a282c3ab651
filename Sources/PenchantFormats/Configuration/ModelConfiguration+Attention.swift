internal import PenchantCore

extension ModelConfiguration {
  /// What one block's attention sees and how it places tokens.
  package struct AttentionLayer: Sendable, Equatable {
    /// A token sees itself and the `window - 1` before it; nil: all before it.
    package var window: Int?
    /// Which of the model's rotary positions turn its queries and keys; nil: none.
    package var rotary: Int?
    /// Multiplies q·k.
    package var scale: Double

    package init(window: Int? = nil, rotary: Int? = 0, scale: Double) {
      self.window = window
      self.rotary = rotary
      self.scale = scale
    }
  }

  /// The attention of every block.
  static func layers(
    _ reader: inout ConfigurationReader, family: Family, count: Int, headSize: Int
  ) throws(FormatsError) -> [AttentionLayer] {
    let turning = try turningLayers(&reader, family: family, count: count)
    let windows = try windows(&reader, family: family, count: count, turning: turning)
    let scale = try attentionScale(&reader, family: family, headSize: headSize)
    let byDepth =
      family == .gpt2
      ? try reader.flag("scale_attn_by_inverse_layer_idx", default: false) : false
    return (0..<count).map { index in
      AttentionLayer(
        window: windows[index],
        rotary: !turning[index] ? nil : family == .gemma3 && windows[index] != nil ? 1 : 0,
        scale: byDepth ? scale / Double(index + 1) : scale)
    }
  }

  private static func attentionScale(
    _ reader: inout ConfigurationReader, family: Family, headSize: Int
  ) throws(FormatsError) -> Double {
    switch family {
    case .granite: return try reader.number("attention_multiplier", in: 0...1e6) ?? 1
    case .gemma2, .gemma3:
      let scalar = try reader.number("query_pre_attn_scalar", in: 1e-6...1e9) ?? 256
      return 1 / scalar.squareRoot()
    case .gpt2 where try !reader.flag("scale_attn_weights", default: true): return 1
    default: return 1 / Double(headSize).squareRoot()
    }
  }

  /// Which blocks have rotary positions.
  private static func turningLayers(
    _ reader: inout ConfigurationReader, family: Family, count: Int
  ) throws(FormatsError) -> [Bool] {
    guard family == .smollm3 else {
      return [Bool](repeating: family != .gpt2, count: count)
    }
    let interval = try reader.integer("no_rope_layer_interval", in: 1...1 << 24) ?? 4
    guard reader.value("no_rope_layers") != nil else {
      return (1...count).map { $0 % interval != 0 }
    }
    // In spite of its name, 1 marks a layer that has them.
    let list = try reader.numbers("no_rope_layers", in: 0...1)
    guard list.count >= count else {
      throw reader.failure(
        .contradiction("no_rope_layers has \(list.count) entries, num_hidden_layers is \(count)"))
    }
    return list.prefix(count).map { $0 != 0 }
  }

  /// The window of every block, nil where it sees everything.
  private static func windows(
    _ reader: inout ConfigurationReader, family: Family, count: Int, turning: [Bool]
  ) throws(FormatsError) -> [Int?] {
    let range = 1...1 << 24
    func window(default size: Int?) throws(FormatsError) -> Int? {
      // Null means no window; what absence means is the family's.
      let isAbsent = !reader.has("sliding_window")
      return try reader.integer("sliding_window", in: range) ?? (isAbsent ? size : nil)
    }
    switch family {
    case .llama, .olmo2, .granite, .gemma, .gpt2:
      return try windowed(&reader, window: nil, count: count) { _ in false }
    case .mistral, .phi3:
      let window = try window(default: family == .mistral ? 4096 : nil)
      let windows = try windowed(&reader, window: window, count: count) { _ in window != nil }
      guard windows.allSatisfy({ $0 == window }) else {
        throw reader.failure(
          .contradiction("layer_types has layers that sliding_window does not have"))
      }
      return windows
    case .qwen2, .qwen3:
      let isUsed = try reader.flag("use_sliding_window", default: false)
      let size = try window(default: 4096)
      let first = try reader.integer("max_window_layers", in: 0...1 << 24) ?? 28
      let window = isUsed ? size : nil
      return try windowed(&reader, window: window, count: count) { window != nil && $0 >= first }
    case .smollm3:
      let isUsed = try reader.flag("use_sliding_window", default: false)
      let size = try window(default: nil)
      // Copied from other families' files; nothing reads it.
      _ = reader.value("max_window_layers")
      let window = isUsed ? size : nil
      return try windowed(&reader, window: window, count: count) { window != nil && !turning[$0] }
    case .gemma2:
      let window = try window(default: 4096)
      _ = reader.value("sliding_window_size")
      return try windowed(&reader, window: window, count: count) { $0 % 2 == 0 }
    case .gemma3:
      let window = try window(default: 4096)
      let pattern = try reader.integer("sliding_window_pattern", in: range) ?? 6
      if !reader.has("layer_types"),
        let other = try reader.integer("_sliding_window_pattern", in: range), other != pattern
      {
        throw reader.failure(
          .contradiction("_sliding_window_pattern is \(other), which needs layer_types"))
      }
      _ = reader.value("_sliding_window_pattern")
      return try windowed(&reader, window: window, count: count) { ($0 + 1) % pattern != 0 }
    }
  }

  /// Windows by `layer_types` where the file has it, by the family's own rule where not.
  private static func windowed(
    _ reader: inout ConfigurationReader, window: Int?, count: Int, rule: (Int) -> Bool
  ) throws(FormatsError) -> [Int?] {
    var slides = (0..<count).map(rule)
    if let value = reader.value("layer_types") {
      guard let types = value.array else {
        throw reader.wrongType("layer_types", expected: "array", value)
      }
      guard types.count == count else {
        throw reader.failure(
          .contradiction("layer_types has \(types.count) entries, num_hidden_layers is \(count)"))
      }
      slides = []
      for type in types {
        let supported = ["full_attention", "sliding_attention"]
        guard let name = type.string, supported.contains(name) else {
          throw reader.failure(
            .unsupportedValue(
              key: "layer_types", value: type.string ?? type.typeName, supported: supported))
        }
        slides.append(name == "sliding_attention")
      }
    }
    guard window != nil || !slides.contains(true) else {
      throw reader.failure(.contradiction("layers slide, but there is no sliding_window"))
    }
    return slides.map { $0 ? window : nil }
  }
}
