package import PenchantEngine

/// Floating-point operations of passes, by the usual count: two for each weight and token.
///
/// Attention's own products are left out; at a few thousand tokens they are a few per cent.
package struct OperationBill: Sendable, Equatable {
  /// Weights of the linear layers.
  private let linear: Double
  /// Weights of the head.
  private let head: Double
  private let isFull: Bool
  package private(set) var operations = 0.0

  package init(_ architecture: DecoderArchitecture, isFull: Bool) {
    linear = Double(architecture.linearParameterCount)
    head = Double(architecture.vocabularySize) * Double(architecture.hiddenSize)
    self.isFull = isFull
  }

  /// A forward pass.
  /// - Parameters:
  ///   - rows: rows with scored tokens.
  ///   - keepsStash: whether backward follows; the head then also computes Σ p·W.
  package mutating func addForward(tokens: Double, rows: Double, keepsStash: Bool) {
    operations += 2 * linear * tokens + (keepsStash ? 4 : 2) * head * rows
  }

  /// A backward pass: the inputs' gradient, and with full tuning the weights' own.
  package mutating func addBackward(tokens: Double, rows: Double) {
    operations += (isFull ? 4 : 2) * linear * tokens + (isFull ? 8 : 0) * head * rows
  }
}
