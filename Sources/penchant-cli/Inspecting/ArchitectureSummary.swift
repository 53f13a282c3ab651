import PenchantCore
import PenchantFormats

/// In what a model differs from a plain Llama: what each of its blocks sees, turns, normalises and scales.
struct ArchitectureSummary {
  /// A fact with its name for people and for programs.
  struct Fact {
    let name: String
    let key: String
    let value: JSON
    var note: String?
  }

  let facts: [Fact]

  init(_ configuration: ModelConfiguration) {
    var facts = [
      Fact(
        name: "activation", key: "activation", value: .string(configuration.activation.rawValue))
    ]
    facts += Self.positions(configuration)
    facts += Self.attention(configuration)
    facts += Self.norms(configuration)
    facts += Self.scales(configuration)
    self.facts = facts
  }

  private static func number(_ value: Double) -> JSON { .number(JSONNumber(value)) }

  private static func positions(_ configuration: ModelConfiguration) -> [Fact] {
    guard !configuration.rotaries.isEmpty else {
      return [Fact(name: "positions", key: "positions", value: "learned")]
    }
    var facts = configuration.rotaries.enumerated().map { index, rotary in
      let isLocal = index > 0
      return Fact(
        name: isLocal ? "positions of local layers" : "positions",
        key: isLocal ? "local_positions" : "positions",
        value: .string("rotary, \(rotary.typeName)"),
        note: "base \(NumberText.fixed(rotary.theta, 0)), \(rotary.dimension) of "
          + "\(configuration.headSize) components")
    }
    let still = configuration.layers.count { $0.rotary == nil }
    if still > 0 {
      facts.append(
        Fact(
          name: "layers without positions", key: "layers_without_positions",
          value: number(Double(still)), note: "of \(configuration.layerCount)"))
    }
    return facts
  }

  private static func attention(_ configuration: ModelConfiguration) -> [Fact] {
    var facts: [Fact] = []
    let windows = configuration.layers.compactMap(\.window)
    if let window = windows.first {
      facts.append(
        Fact(
          name: "sliding window", key: "sliding_window", value: number(Double(window)),
          note: "tokens, in \(windows.count) of \(configuration.layerCount) layers"))
    }
    if let cap = configuration.attentionSoftCap {
      facts.append(
        Fact(
          name: "attention scores bounded to", key: "attention_soft_cap", value: number(cap)))
    }
    return facts
  }

  private static func norms(_ configuration: ModelConfiguration) -> [Fact] {
    let kind = configuration.family == .gpt2 ? "layer norm" : "RMS norm"
    let placement =
      switch configuration.family.normPlacement {
      case .before: "before each half of a block"
      case .after: "after each half of a block"
      case .around: "before and after each half of a block"
      }
    var facts = [
      Fact(name: "normalised", key: "norms", value: .string(placement), note: kind)
    ]
    if let norm = configuration.family.queryKeyNorm {
      facts.append(
        Fact(
          name: "queries and keys normalised", key: "query_key_norm",
          value: .string(norm == .head ? "each head" : "over all heads")))
    }
    return facts
  }

  private static func scales(_ configuration: ModelConfiguration) -> [Fact] {
    let scales = [
      ("embeddings times", "embedding_scale", configuration.embeddingScale),
      ("what a block adds times", "residual_scale", configuration.residualScale),
      ("logits times", "logit_scale", configuration.logitScale),
    ]
    var facts = scales.filter { $0.2 != 1 }.map {
      Fact(name: $0.0, key: $0.1, value: number($0.2))
    }
    if let cap = configuration.logitSoftCap {
      facts.append(Fact(name: "logits bounded to", key: "logit_soft_cap", value: number(cap)))
    }
    return facts
  }
}
