import PenchantCore

/// What can be chosen with `--objective`.
package enum ObjectiveCatalog {
  /// Every objective, in the order in which `penchant objectives` lists them.
  package static let entries = pairwise + referenceFree + unpaired + supervised

  /// The entry of a name or an alias.
  /// - Throws: ``TuningError`` naming the nearest.
  package static func entry(named name: String) throws(TuningError) -> ObjectiveEntry {
    if let entry = entries.first(where: { $0.name == name || $0.aliases.contains(name) }) {
      return entry
    }
    let known = entries.flatMap { [$0.name] + $0.aliases }
    throw TuningError(
      .unknownObjective(
        name: name, nearest: nearestName(to: name, in: known), built: entries.map(\.name)))
  }

  /// The objective of a name, an alias or a list, with its own numbers where none are given.
  package static func objective(
    named name: String, _ values: [ObjectiveParameter: Double] = [:]
  ) throws(TuningError) -> any Objective {
    try objective(ObjectiveChoice(name, values: values))
  }

  /// The objective that was asked for.
  /// - Throws: ``TuningError`` for a name nobody knows, a number out of range, and every option that would be
  ///   ignored.
  package static func objective(_ choice: ObjectiveChoice) throws(TuningError) -> any Objective {
    let choice = try choice.inOurWords()
    let terms = try self.terms(choice.name)
    try checkParameters(choice, terms.map(\.entry))
    try checkModifiers(choice, terms.map(\.entry))
    var made: [Mixture.Term] = []
    for (entry, weight) in terms {
      made.append(.init(try objective(entry, choice), weight: weight))
    }
    let isList = made.count > 1 || made.contains { $0.weight != 1 }
    let objective = isList ? Mixture(made) : made[0].objective
    guard choice.semantics != .penchant, let size = choice.microPairs else { return objective }
    return MicroBatched(objective, pairs: size)
  }

  /// One entry's objective, with the modifiers it takes.
  private static func objective(
    _ entry: ObjectiveEntry, _ choice: ObjectiveChoice
  ) throws(TuningError) -> any Objective {
    let values = ObjectiveValues(
      entry: entry, given: choice.values, lengthDiscount: choice.lengthDiscount)
    if choice.semantics == .trl024, entry.name == "bco_pair" {
      if let modifier = choice.modifiers.first {
        throw TuningError(
          .optionWithoutMeaning(
            option: modifier.rawValue, objective: entry.name, instead: "sigmoid"))
      }
      return try BCOPairShifted(beta: values[.beta])
    }
    let objective = try entry.make(values)
    guard !choice.modifiers.isEmpty, let loss = objective as? any PairLoss else {
      return objective
    }
    return ModifiedLoss(loss, choice.pairModifiers)
  }

  /// `sigmoid` or `sigmoid:1,sft:0.5`, taken apart.
  package static func terms(
    _ name: String
  ) throws(TuningError) -> [(entry: ObjectiveEntry, weight: Double)] {
    let parts = name.split(separator: ",", omittingEmptySubsequences: false)
    var terms: [(entry: ObjectiveEntry, weight: Double)] = []
    for part in parts {
      let pieces = part.split(separator: ":", omittingEmptySubsequences: false)
      let entry = try entry(named: String(pieces.first ?? ""))
      guard pieces.count <= 2, let weight = pieces.count == 1 ? 1 : Double(pieces[1]),
        ParameterRange.positive.contains(weight)
      else {
        throw TuningError(
          .valueOutOfRange(
            option: "objective", value: String(part), range: "name:weight, the weight above 0"))
      }
      guard entry.mixes || (parts.count == 1 && pieces.count == 1) else {
        throw TuningError(
          .objectiveDoesNotMix(name: entry.name, mixing: entries.filter(\.mixes).map(\.name)))
      }
      guard !terms.contains(where: { $0.entry.name == entry.name }) else {
        throw TuningError(
          .valueOutOfRange(
            option: "objective", value: name, range: "a list that names each objective once"))
      }
      terms.append((entry, weight))
    }
    return terms
  }

  /// Refuses numbers that no term takes.
  private static func checkParameters(
    _ choice: ObjectiveChoice, _ terms: [ObjectiveEntry]
  ) throws(TuningError) {
    for option in ObjectiveParameter.allCases where choice.values[option] != nil {
      guard !terms.contains(where: { $0.takes(option) }) else { continue }
      // TRL 1.x ignores label smoothing with sigmoid without a word; before, it meant cDPO.
      let taker =
        option == .labelSmoothing ? "cdpo" : entries.first { $0.takes(option) }?.name ?? ""
      throw TuningError(
        .optionWithoutMeaning(option: option.rawValue, objective: choice.name, instead: taker))
    }
  }

  /// Refuses modifiers that a term has no meaning for; `sft` is no comparison and is left as it is.
  private static func checkModifiers(
    _ choice: ObjectiveChoice, _ terms: [ObjectiveEntry]
  ) throws(TuningError) {
    let compared = terms.filter { $0.rows != .answers }
    for modifier in choice.modifiers {
      guard compared.isEmpty || !compared.allSatisfy({ $0.modifiers.contains(modifier) }) else {
        continue
      }
      throw TuningError(
        .optionWithoutMeaning(option: modifier.rawValue, objective: choice.name, instead: "sigmoid")
      )
    }
    if let discount = choice.lengthDiscount {
      _ = try ParameterRange.share.checked(discount, "ld-alpha")
    }
    if let alpha = choice.divergenceAlpha {
      _ = try ParameterRange.finite.checked(alpha, "f-alpha")
      if let divergence = choice.divergence, divergence != .alpha {
        throw TuningError(
          .conflictingOptions("f-alpha", "f-divergence \(divergence.rawValue)"))
      }
    }
  }

  /// The numbers a choice leaves open, with their reasons: those that all its terms agree on.
  package static func standards(_ name: String) -> [ObjectiveEntry.Parameter] {
    guard let terms = try? terms(name).map(\.entry) else { return [] }
    return ObjectiveParameter.allCases.compactMap { option in
      let found = terms.compactMap { $0.parameters.first { $0.option == option } }
      guard let first = found.first, found.allSatisfy({ $0.standard == first.standard }) else {
        return nil
      }
      return first
    }
  }
}
