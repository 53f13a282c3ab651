package import PenchantEngine
import PenchantFormats

/// What a run changes: an adapter on frozen weights, or the weights themselves.
package enum Trainable {
  /// An adapter, and the frozen weights it sits on.
  case adapter(Adapter, on: DecoderTensors)
  /// All weights.
  case full(FullParameters)

  package var parameters: ParameterSet {
    switch self {
    case .adapter(let adapter, _): adapter.parameters
    case .full(let full): full.parameters
    }
  }

  /// The behaviour being trained, with the place for its gradients.
  package var policy: Policy {
    switch self {
    case .adapter(let adapter, let weights): Policy(weights: weights, adapter: adapter)
    case .full(let full): Policy(weights: full.weights, gradients: full.gradients)
    }
  }

  /// The adapter's rank, 0 without one.
  package var rank: Int {
    if case .adapter(let adapter, _) = self { adapter.configuration.rank } else { 0 }
  }

  package var isFull: Bool {
    if case .full = self { true } else { false }
  }

  /// Writes PEFT's adapter files, or the model's weights, into an existing folder.
  func save(folder: String, baseModel: String, on device: any Device) throws(FormatsError) {
    switch self {
    case .adapter(let adapter, _):
      try adapter.save(folder: folder, baseModel: baseModel, on: device)
    case .full(let full): try full.save(folder: folder, on: device)
    }
  }
}
