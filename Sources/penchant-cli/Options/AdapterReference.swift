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
  func policy(adapter folder: String?) throws -> Policy {
    guard let folder else { return basePolicy }
    let adapter = try Adapter.load(
      folder: folder, architecture, dtype: dtype, trainable: false, on: device)
    return Policy(weights: base, adapter: adapter)
  }
}
