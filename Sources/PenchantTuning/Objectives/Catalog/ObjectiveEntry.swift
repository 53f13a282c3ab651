/// One objective as the catalogue has it.
package struct ObjectiveEntry: Sendable {
  /// What rows an objective reads.
  package enum Rows: String, Sendable {
    case pairs
    case pairsWithGold = "pairs with a gold answer"
    case answers = "chosen answers"
    case judged = "rows with a label, or pairs taken apart"
  }

  /// A number it takes, with the value it has when nothing is given.
  package struct Parameter: Sendable {
    package let option: ObjectiveParameter
    package let standard: Double
    /// Where the value comes from.
    package let reason: String
  }

  package let name: String
  package let aliases: [String]
  package let formula: String
  /// When to choose it.
  package let use: String
  package let rows: Rows
  package let hasReference: Bool
  package let parameters: [Parameter]
  package let modifiers: Set<ObjectiveModifier>
  /// Whether it can be a term of a list.
  package let mixes: Bool
  /// The paper.
  package let source: String
  let make: @Sendable (ObjectiveValues) throws(TuningError) -> any Objective

  init(
    _ name: String, aliases: [String] = [], formula: String, use: String, rows: Rows = .pairs,
    hasReference: Bool = true, parameters: [Parameter] = [],
    modifiers: Set<ObjectiveModifier> = [], mixes: Bool = false, source: String,
    make: @escaping @Sendable (ObjectiveValues) throws(TuningError) -> any Objective
  ) {
    self.name = name
    self.aliases = aliases
    self.formula = formula
    self.use = use
    self.rows = rows
    self.hasReference = hasReference
    self.parameters = parameters
    self.modifiers = modifiers
    self.mixes = mixes
    self.source = source
    self.make = make
  }

  package func takes(_ option: ObjectiveParameter) -> Bool {
    parameters.contains { $0.option == option }
  }

  /// What it needs, in a few words.
  package var needs: String { rows.rawValue + (hasReference ? "; a reference" : "; no reference") }
}

/// The numbers an objective is made from: those given, else its own.
struct ObjectiveValues {
  let entry: ObjectiveEntry
  let given: [ObjectiveParameter: Double]
  let lengthDiscount: Double?

  subscript(_ option: ObjectiveParameter) -> Double {
    guard let standard = entry.parameters.first(where: { $0.option == option })?.standard else {
      preconditionFailure("\(entry.name) does not declare \(option.rawValue)")
    }
    return given[option] ?? standard
  }
}
