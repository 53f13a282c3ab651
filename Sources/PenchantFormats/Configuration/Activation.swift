/// What a feed-forward block applies to its gate, or to its only input where it has no gate.
package enum Activation: String, Sendable {
  /// x σ(x)
  case silu
  /// The tanh form of GELU, x (1 + tanh √(2/π)(x + 0.044715 x³)) / 2 (Hendrycks and Gimpel, arXiv 1606.08415).
  case geluTanh = "gelu_pytorch_tanh"
  /// x Φ(x)
  case gelu

  /// The names configurations have for each.
  static let names: KeyValuePairs<String, Activation> = [
    "silu": .silu, "swish": .silu, "gelu_pytorch_tanh": .geluTanh, "gelu_new": .geluTanh,
    "gelu": .gelu, "gelu_python": .gelu,
  ]
}
