/// How the weights of the blocks' linear layers are kept while they do not change.
package enum BaseWeights: String, Sendable, Codable, CaseIterable {
  /// As the files have them, mapped where they are bfloat16.
  case bf16
  /// One byte a weight and a float32 scale for every ``quantisationGroup`` of them: what products read is
  /// value · scale rounded to bfloat16. Embedding, head, norms and biases stay as they are.
  case int8
}
