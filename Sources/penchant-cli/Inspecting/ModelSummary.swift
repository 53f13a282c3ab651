import PenchantCore
import PenchantEngine
import PenchantFormats
import PenchantModel
import PenchantText

/// The facts of a model folder that matter for tuning it.
struct ModelSummary {
  /// A fact with its name for people and for programs.
  private struct Fact {
    let name: String
    let key: String
    let value: JSON
    let note: String?
  }

  private let facts: [Fact]

  init(_ model: LanguageModel, adapter: LoRAConfiguration) {
    let configuration = model.configuration
    let architecture = model.architecture
    let total = architecture.parameterCount
    let trained = adapter.parameterCount(architecture)
    let ends = model.endTokens.sorted().compactMap { model.tokenizer.token(of: $0) }
    func fact(_ name: String, _ key: String, _ value: JSON, _ note: String? = nil) -> Fact {
      Fact(name: name, key: key, value: value, note: note)
    }
    func number(_ value: Int) -> JSON { .number(JSONNumber(value)) }
    var facts = [
      fact(
        "family", "family", .string(configuration.family.rawValue),
        configuration.isLanguagePart ? "the language part of a model that sees images" : nil),
      fact("parameters", "parameters", number(total), NumberText.short(Double(total))),
      fact("layers", "layers", number(configuration.layerCount)),
      fact("width of the residual stream", "hidden_size", number(configuration.hiddenSize)),
      fact(
        "width of the feed-forward", "intermediate_size", number(configuration.intermediateSize)),
      fact(
        "attention heads", "heads", number(configuration.headCount),
        "\(configuration.keyValueHeadCount) for keys and values, \(configuration.headSize) wide"),
    ]
    facts += ArchitectureSummary(configuration).facts.map {
      fact($0.name, $0.key, $0.value, $0.note)
    }
    facts += [
      fact("vocabulary", "vocabulary", number(configuration.vocabularySize)),
      fact("context", "context", number(configuration.contextLength), "tokens"),
      fact(
        "head", "tied", .bool(configuration.tiesEmbeddings),
        configuration.tiesEmbeddings ? "the embedding itself" : "weights of its own"),
      fact(
        "saved as", "saved_dtype", configuration.savedType.map { .string("\($0)") } ?? .null),
      fact("chat template", "chat_template", .bool(model.chatTemplate != nil)),
      fact("an answer ends with", "end_tokens", .array(ends.map { .string($0) })),
      fact(
        "adapter of rank \(adapter.rank)", "adapter_parameters", number(trained),
        "\(NumberText.percent(Double(trained) / Double(max(1, total)), 2)) of the model"),
    ]
    self.facts = facts
  }

  /// The facts, in lines of at most `width` columns where there is one.
  func text(width: Int?) -> String {
    var table = TextTable([.left, .left])
    for fact in facts {
      let value: String =
        switch fact.value {
        case .string(let text): text
        case .bool(let flag): flag ? "yes" : "no"
        case .null: "not said"
        case .array(let items): items.compactMap(\.string).joined(separator: ", ")
        default: fact.value.text()
        }
      // A note on a yes or no says it better.
      let shown = fact.key == "tied" ? fact.note ?? value : value
      let note = fact.key == "tied" ? nil : fact.note
      table.add(fact.name, Terminal.harmless(shown) + (note.map { " (\($0))" } ?? ""))
    }
    return table.text(width: width)
  }

  var json: JSON {
    var object = JSONObject()
    for fact in facts { object[fact.key] = fact.value }
    return .object(object)
  }
}
