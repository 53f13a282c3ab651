/// How PEFT names the tensors of a LoRA adapter: `base_model.model.<module>.lora_A.weight`.
package struct AdapterTensorName: Sendable, Hashable {
  /// The two factors of a low-rank product.
  package enum Factor: String, Sendable, CaseIterable {
    /// Shape [rank, inputs].
    case a = "lora_A"
    /// Shape [outputs, rank].
    case b = "lora_B"
  }

  /// Path of the module in the base model: `model.layers.0.self_attn.q_proj`.
  package let module: String
  package let factor: Factor

  package init(module: String, factor: Factor) {
    self.module = module
    self.factor = factor
  }

  /// The name in the file.
  package var text: String { "\(Self.prefix)\(module).\(factor.rawValue).weight" }

  /// Takes a name from a file apart.
  /// - Throws: ``FormatsError`` for a name plain LoRA does not have; `path` is for the message.
  package init(_ text: String, path: String) throws(FormatsError) {
    for factor in Factor.allCases {
      let suffix = ".\(factor.rawValue).weight"
      guard text.hasPrefix(Self.prefix), text.hasSuffix(suffix) else { continue }
      let module = text.dropFirst(Self.prefix.count).dropLast(suffix.count)
      guard !module.isEmpty, Self.prefix.count + suffix.count < text.count else { continue }
      self.init(module: String(module), factor: factor)
      return
    }
    throw FormatsError(.adapterTensorName(name: text, path: path))
  }

  private static let prefix = "base_model.model."
}
