import ArgumentParser
import PenchantEngine
import PenchantModel

/// What rewards are measured against: the base model, or an adapter on it.
enum AdapterReference: ExpressibleByArgument, Equatable {
  case base
  case adapter(folder: String)

  init?(argument: String) {
    if argument == "base" {
      self = .base
    } else if argument.hasPrefix("adapter:"), argument.utf8.count > 8 {
      self = .adapter(folder: String(argument.dropFirst(8)))
    } else {
      return nil
    }
  }

  var defaultValueDescription: String {
    switch self {
    case .base: "base"
    case .adapter(let folder): "adapter:\(folder)"
    }
  }
}

extension LanguageModel {
  /// The model with an adapter from a PEFT folder; the base model where there is none.
  /// - Parameter orScores: whether the adapter may be a reward model.
  /// - Throws: `ModelError` for a reward model where answers are wanted; what reading an adapter throws.
  func policy(adapter folder: String?, orScores: Bool = false) throws -> Policy {
    guard let folder else { return basePolicy }
    let adapter = try Adapter.load(
      folder: folder, architecture, dtype: dtype, trainable: false, on: device)
    if adapter.configuration.hasScoreHead, !orScores {
      throw ModelError(.rewardModel(folder: folder))
    }
    return Policy(weights: base, adapter: adapter)
  }
}
