import PenchantCore
import PenchantTuning
import Testing

@Suite struct ObjectiveCatalogTests {
  private func message(_ choice: ObjectiveChoice) -> String {
    do {
      _ = try ObjectiveCatalog.objective(choice)
      return "nothing was refused"
    } catch { return "\(error)" }
  }

  @Test("knows the alias") func alias() throws {
    let objective = try ObjectiveCatalog.objective(named: "dpo", [.beta: 0.2])
    #expect(objective.name == "sigmoid" && objective.rewardScale == 0.2)
  }

  @Test("names and aliases are unique, and every entry makes its objective with its own numbers")
  func whole() throws {
    let names = ObjectiveCatalog.entries.flatMap { [$0.name] + $0.aliases }
    #expect(Set(names).count == names.count && names.count >= 30)
    for entry in ObjectiveCatalog.entries {
      let objective = try ObjectiveCatalog.objective(named: entry.name)
      #expect(objective.name == entry.name)
      #expect((objective.requirements.reference != .none) == entry.hasReference)
      #expect(objective.requirements.isUnpaired == (entry.rows == .judged))
    }
  }

  @Test("every objective has its page, with its formula's options") func pages() throws {
    let root = FileSystem.parent(of: FileSystem.parent(of: Fixture.root))
    for entry in ObjectiveCatalog.entries {
      let path = FileSystem.join(root, "docs/objectives/\(entry.name).md")
      let page = String(decoding: try FileSystem.read(path), as: UTF8.self)
      for parameter in entry.parameters {
        #expect(page.contains("--\(parameter.option.rawValue)"), "\(entry.name)")
      }
      for section in ["## When", "## Pitfalls", "## Source"] {
        #expect(page.contains(section), "\(entry.name)")
      }
    }
  }

  @Test("names the nearest for a name nobody knows") func unknown() {
    #expect(
      message(.init("sigmoyd")).hasPrefix(
        "there is no objective sigmoyd; did you mean sigmoid?\n  choose one of: sigmoid, cdpo,"))
  }

  @Test("refuses label smoothing instead of ignoring it") func smoothing() {
    #expect(
      message(.init("sigmoid", values: [.labelSmoothing: 0.1]))
        == "--label-smoothing has no meaning with --objective sigmoid\n"
        + "  cdpo is the objective that takes --label-smoothing")
  }

  @Test("refuses every number an objective does not take") func strangers() {
    for entry in ObjectiveCatalog.entries {
      for option in ObjectiveParameter.allCases where !entry.takes(option) {
        #expect(
          message(.init(entry.name, values: [option: 0.3])).hasPrefix(
            "--\(option.rawValue) has no meaning with --objective \(entry.name)\n"))
      }
    }
  }

  @Test("refuses every modifier an objective does not take") func modifiers() {
    for entry in ObjectiveCatalog.entries {
      let choices: [(ObjectiveModifier, ObjectiveChoice)] = [
        (.lengthDiscount, .init(entry.name, lengthDiscount: 0.5)),
        (.divergence, .init(entry.name, divergence: .jensenShannon)),
        (.policyWeight, .init(entry.name, weighsByPolicy: true)),
      ]
      for (modifier, choice) in choices {
        let text = message(choice)
        #expect(
          entry.modifiers.contains(modifier)
            ? text == "nothing was refused"
            : text.hasPrefix(
              "--\(modifier.rawValue) has no meaning with --objective \(entry.name)\n"))
      }
    }
  }

  @Test("takes lists with weights") func lists() throws {
    let rpo = try ObjectiveCatalog.objective(named: "sigmoid:1,sft:0.5")
    #expect(rpo.name == "sigmoid:1.0,sft:0.5")
    #expect(rpo.requirements.components.map(\.weight) == [1, 0.5])
    #expect(rpo.requirements.components.map(\.denominator) == [.pairs, .tokens])
    let mpo = try ObjectiveCatalog.objective(named: "sigmoid:0.8,bco_pair:0.2,sft")
    #expect(mpo.requirements.components.map(\.weight) == [0.8, 0.2, 1])
    #expect(mpo.requirements.reference == .fixed && mpo.requirements.branches.count == 2)
    // Rewards are the comparison's, whatever comes first.
    let turned = try ObjectiveCatalog.objective(named: "sft,sigmoid", [.beta: 0.3])
    #expect(turned.rewardScale == 0.3 && turned.requirements.comparesAnswers)
  }

  @Test(
    "refuses lists that mean nothing",
    arguments: [
      ("sigmoid:0,sft", "--objective sigmoid:0 is out of range: name:weight, the weight above 0"),
      ("sigmoid:x", "--objective sigmoid:x is out of range: name:weight, the weight above 0"),
      ("sigmoid:1:2", "--objective sigmoid:1:2 is out of range: name:weight, the weight above 0"),
      ("sigmoid,kto", "objective kto cannot be a term of a list"),
      (
        "sigmoid,dpo",
        "--objective sigmoid,dpo is out of range: a list that names each objective once"
      ), ("sigmoid,", "there is no objective "),
    ])
  func badLists(name: String, expected: String) {
    #expect(message(.init(name)).hasPrefix(expected))
  }

  @Test("TRL's meanings need micro-batches and refuse what they do not have") func semantics()
    throws
  {
    #expect(
      message(.init("aot", semantics: .trl1))
        == "--semantics trl-1 has a meaning with --micro-pairs alone")
    #expect(
      message(.init("aot", microPairs: 2))
        == "--micro-pairs has a meaning with --semantics trl-1 alone")
    #expect(
      message(.init("sigmoid", divergence: .forwardKL, semantics: .trl024, microPairs: 2))
        .hasPrefix(
          "--f-divergence forward-kl is not offered with --semantics trl-0.24"))
    let old = ObjectiveChoice(
      "sigmoid", values: [.labelSmoothing: 0.1], semantics: .trl024, microPairs: 2)
    #expect(try ObjectiveCatalog.objective(old).name == "cdpo")
  }
}
