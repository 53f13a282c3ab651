import PenchantCore
import PenchantTuning
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// Values and gradients against TRL's trainers and the papers' formulas, in float64.
///
/// `scripts/objective_parity.py` made the figures; with `PENCHANT_PARITY_CASES` it gives more of them here and reads
/// the worst differences back from `PENCHANT_PARITY_REPORT`.
@Suite struct ObjectiveParityTests {
  private static let tolerance = 1e-6
  /// Peers write 1 − σ(x) and round it to a multiple of 1e-16; what is smaller than this is measured against it.
  private static let floor = 1e-9

  @Test("every objective and option has the peer's values and gradients") func peers() throws {
    let path = getenv("PENCHANT_PARITY_CASES").map { String(cString: $0) }
    let fixture =
      try path.map { try FileSystem.readJSON($0, limit: 1 << 28) }
      ?? Fixture.parity("objectives.json")
    let steps = try required(fixture["steps"]?.array)
    var report: [JSON] = []
    for json in try required(fixture["cases"]?.array) {
      let difference = try Case(json, steps).difference()
      let name = json["objective"]?.string ?? ""
      #expect(difference.loss <= Self.tolerance, "\(name) \(json["options"]?.text() ?? "")")
      #expect(difference.gradient <= Self.tolerance, "\(name) \(json["options"]?.text() ?? "")")
      var row = JSONObject()
      for key in ["objective", "options", "fields", "micro", "peer", "note"] {
        row[key] = json[key]
      }
      row["loss"] = .number(JSONNumber(difference.loss))
      row["gradient"] = .number(JSONNumber(difference.gradient))
      row["pairs"] = .number(JSONNumber(difference.pairs))
      row["skipped"] = .number(JSONNumber(difference.skipped))
      report.append(.object(row))
    }
    #expect(report.count > 80)
    if let output = getenv("PENCHANT_PARITY_REPORT").map({ String(cString: $0) }) {
      try AtomicFile.write(path: output, text: JSON.array(report).text(), overwrite: true)
    }
  }

  @Test("derivatives are those of finite differences") func finiteDifferences() throws {
    let fixture = try Fixture.parity("objectives.json")
    // Without the limits: there hinges have their kinks, or differences of 1e-5 vanish beside the loss.
    let steps = Array(try required(fixture["steps"]?.array).dropLast(4))
    for json in try required(fixture["cases"]?.array) where json["micro"]?.int == nil {
      let worst = try Case(json, steps).finiteDifference()
      #expect(worst < 2e-6, "\(json["objective"]?.string ?? "") \(json["options"]?.text() ?? "")")
    }
  }
}

/// One objective with its options, on given steps.
private struct Case {
  struct Difference {
    var loss = 0.0
    var gradient = 0.0
    var pairs = 0
    var skipped = 0
  }

  let objective: any Objective
  let requirements: ObjectiveRequirements
  let fields: Set<String>
  let steps: [[PairInput]]
  let expected: [JSON]

  init(_ json: JSON, _ steps: [JSON]) throws {
    let options = try required(json["options"])
    var choice = ObjectiveChoice(try required(json["objective"]?.string))
    for parameter in ObjectiveParameter.allCases {
      choice.values[parameter] = options[parameter.rawValue]?.double
    }
    choice.lengthDiscount = options["ld-alpha"]?.double
    choice.divergence = options["f-divergence"]?.string.flatMap(Divergence.Kind.init)
    choice.divergenceAlpha = options["f-alpha"]?.double
    choice.weighsByPolicy = options["wpo"]?.bool ?? false
    choice.semantics =
      options["semantics"]?.string.flatMap(ObjectiveChoice.Semantics.init) ?? .penchant
    choice.microPairs = json["micro"]?.int
    let objective = try ObjectiveCatalog.objective(choice)
    self.objective = objective
    requirements = objective.requirements
    let fields = Set(json["fields"]?.array?.compactMap(\.string) ?? [])
    self.fields = fields
    expected = json["steps"]?.array ?? []
    self.steps = try steps.map { step in
      try (step.array ?? []).enumerated().map { index, pair in
        try Self.input(pair, index, objective.requirements, fields)
      }
    }
  }

  private static let names: [ObjectiveRequirements.Role: String] = [
    .chosen: "chosen", .rejected: "rejected", .gold: "third", .mismatched: "third",
  ]

  private static func input(
    _ pair: JSON, _ index: Int, _ needs: ObjectiveRequirements, _ fields: Set<String>
  ) throws -> PairInput {
    let branches = try needs.branches.map { branch -> BranchInput? in
      // Judged rows have the chosen answer of even pairs, the rejected one of odd ones.
      if needs.isUnpaired, branch.role == (index % 2 == 0 ? .rejected : .chosen) { return nil }
      let values = try required(pair[try required(names[branch.role])])
      func list(_ key: String) -> [Double] { values[key]?.array?.compactMap(\.double) ?? [] }
      // A scalar head has one figure a branch.
      if needs.head == .scalar { return BranchInput(policy: Array(list("policy").prefix(1))) }
      let prompt =
        branch.scored == .promptAndAnswer ? pair["prompt"]?.array?.compactMap(\.double) ?? [] : []
      return BranchInput(
        policy: prompt + list("policy"),
        reference: needs.reference == .none ? [] : list("reference"),
        logSquareSum: needs.statistics.contains(.logSquareSum) ? list("square") : [],
        promptTokens: prompt.count)
    }
    func field(_ key: String) -> Double? { fields.contains(key) ? pair[key]?.double : nil }
    return PairInput(
      facts: PairFacts(
        id: "\(index)", answerTokens: branches.map { $0?.answerTokens ?? 0 },
        scoredTokens: branches.map { $0?.policy.count ?? 0 }, weight: field("weight"),
        margin: field("margin"), confidence: field("confidence")), branches: branches)
  }

  func evaluate(
    _ pairs: [PairInput], _ state: ObjectiveState
  ) throws -> (loss: Double, output: ObjectiveOutput) {
    var sums = requirements.components.map { _ in 0.0 }
    for pair in pairs {
      try objective.check(pair.facts)
      for (index, share) in objective.shares(of: pair.facts).enumerated() { sums[index] += share }
    }
    let output = objective.evaluate(pairs, denominators: sums, state: state)
    return (requirements.loss(output.pairs, denominators: sums), output)
  }

  /// The worst differences from the peer, gradients at the first and the last token of each branch.
  func difference() throws -> Difference {
    var worst = Difference()
    var state = ObjectiveState()
    #expect(steps.count == expected.count)
    for (pairs, golden) in zip(steps, expected) {
      let (loss, output) = try evaluate(pairs, state)
      state = output.state
      // Even where the peer overflows, what training would see at these steps is finite.
      guard let peer = golden["loss"]?.double else {
        worst.skipped += pairs.count
        continue
      }
      worst.pairs += pairs.count
      worst.loss = max(worst.loss, Self.relative(loss, peer))
      for (index, pair) in pairs.enumerated() {
        let row = golden["gradients"]?.array?[index]
        for (place, branch) in requirements.branches.enumerated() where branch.hasGradient {
          guard let input = pair.branches[place] else { continue }
          let ours = output.pairs[index].gradients[place]
          let answer = Array(ours.dropFirst(input.promptTokens))
          let name = try required(Self.names[branch.role])
          let theirs = row?[name]?.array?.compactMap(\.double) ?? [0, 0]
          for (value, peer) in zip([answer[0], answer[answer.count - 1]], theirs) {
            worst.gradient = max(worst.gradient, Self.relative(value, peer))
          }
          if let first = ours.first, input.promptTokens > 0,
            let peer = row?["prompt"]?.array?.first?.double
          {
            worst.gradient = max(worst.gradient, Self.relative(first, peer))
          }
        }
      }
    }
    return worst
  }

  private static func relative(_ ours: Double, _ peer: Double) -> Double {
    guard ours.isFinite else { return .infinity }
    return abs(ours - peer) / max(abs(peer), 1e-9)
  }

  /// The worst difference of a derivative from (L(x + h) − L(x − h)) / 2h, against the largest of its step.
  func finiteDifference() throws -> Double {
    var worst = 0.0
    let h = 1e-5
    for pairs in steps {
      let (_, output) = try evaluate(pairs, ObjectiveState())
      let largest = output.pairs.flatMap(\.gradients).joined().map(abs).max() ?? 0
      // A weight of the policy's own likelihood and what is estimated from all rows are not differentiated.
      let isFrozen = ["bco"].contains(objective.name) || !requirements.statistics.isEmpty
      guard !isFrozen, largest > 0 else { continue }
      for index in pairs.indices {
        for place in requirements.branches.indices where requirements.branches[place].hasGradient {
          for token in (pairs[index].branches[place]?.policy ?? []).indices {
            func loss(_ shift: Double) throws -> Double {
              var moved = pairs
              moved[index].branches[place]?.policy[token] += shift
              return try evaluate(moved, ObjectiveState()).loss
            }
            let slope = (try loss(h) - loss(-h)) / (2 * h)
            worst = max(
              worst, abs(slope - output.pairs[index].gradients[place][token]) / largest)
          }
        }
      }
    }
    return worst
  }
}
