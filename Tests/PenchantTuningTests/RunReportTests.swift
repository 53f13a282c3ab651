import PenchantCore
import PenchantTuning
import Testing

@Suite struct PairLedgerTests {
  /// pairs.jsonl of 40 pairs over two epochs, eight a step, whose margins grow; pair 7 goes the other way.
  private func ledger(_ folder: TemporaryFolder, wrong: Set<Int> = [7]) throws -> PairLedger {
    let path = FileSystem.join(folder.path, "pairs.jsonl")
    let log = try AppendLog(path: path, keeping: 0)
    for step in 1...10 {
      try log.append(
        (0..<8).map { place in
          let pair = (step - 1) % 5 * 8 + place
          let size = Double(step) * 0.1 * (1 + 0.01 * Double(pair % 5))
          let margin = wrong.contains(pair) ? -2 * size : size
          return PairRecord(
            step: step, id: "p\(pair)", margin: margin, loss: 1 - margin, cutTokens: 0
          ).json
        })
    }
    return try PairLedger(path)
  }

  @Test("a pair that goes the other way is suspect, and the worst") func finds() throws {
    let folder = try TemporaryFolder()
    let ledger = try ledger(folder)
    #expect(ledger.entries.count == 40 && ledger.entries.allSatisfy { $0.visits == 2 })
    #expect(ledger.suspects().map(\.id) == ["p7"])
    #expect(ledger.worst().first?.id == "p7" && ledger.worst().count == 10)
  }

  @Test("the score is the mean difference to the step's mean") func score() throws {
    let folder = try TemporaryFolder()
    let entry = try #require(try ledger(folder).entries.first { $0.id == "p7" })
    // Steps 1 and 6: seven others with 0.1·step·(1 + 0.01·(pair mod 5)), pairs 0…6.
    let others = (0..<7).reduce(0.0) { $0 + 1 + 0.01 * Double($1 % 5) }
    let own = -2 * 1.02
    let difference = own - (others + own) / 8
    #expect(abs(entry.score - difference * (0.1 + 0.6) / 2) < 1e-12)
  }

  @Test("where all are alike nobody is suspect") func alike() throws {
    let folder = try TemporaryFolder()
    #expect(try ledger(folder, wrong: []).suspects().isEmpty)
  }
}

@Suite struct DiagnosisTests {
  @Test("falling chosen answers are explained with options that can be chosen") func displacement()
    throws
  {
    var record = MetricsRecord()
    (record.rewardsMargins, record.driftChosen, record.driftRejected) = (1, -0.3, -0.9)
    (record.lengthsChosen, record.lengthsRejected) = (10, 10)
    let found = try #require(Diagnosis.findings(record).first)
    #expect(found.kind == .displacement && found.isWarning)
    #expect(
      found.finding.contains("-0.300 nats a token") && found.finding.contains("rejected: -0.900"))
    for remedy in found.remedies where remedy.hasPrefix("--objective ") {
      let name = remedy.dropFirst("--objective ".count).prefix {
        $0.isLetter || $0 == "_" || $0 == "-"
      }
      #expect(ObjectiveCatalog.entries.contains { $0.name == name } || remedy.contains("sft"))
    }
    record.driftChosen = -0.05
    #expect(Diagnosis.findings(record).first?.isWarning == false)
    record.driftChosen = 0.05
    #expect(Diagnosis.findings(record).isEmpty)
  }

  @Test("a gap in length, longer answers and a distant model are told") func others() {
    var record = MetricsRecord()
    (record.lengthsChosen, record.lengthsRejected) = (20, 10)
    #expect(Diagnosis.findings(record).map(\.kind) == [.lengthGap])
    #expect(
      Diagnosis.findings(kl: 11, tokens: 14, tokensAtStart: 10).map(\.kind)
        == [.farFromReference, .longerAnswers])
    #expect(
      Diagnosis.findings(kl: 1, tokens: 6, tokensAtStart: 10).map(\.kind) == [.shorterAnswers])
    #expect(Diagnosis.findings(kl: nil, tokens: nil, tokensAtStart: nil).isEmpty)
  }
}

@Suite(.serialized) struct RunReportTests {
  private static let attack = "</td></table><script>alert(1)</script>\"'>&\u{0}"

  private func run(_ folder: TemporaryFolder) throws -> RunDirectory {
    let model = try TinyModel("tiny-llama")
    let setup = try model.setup(
      folder.run, plan: plan(pairs: 8, batch: 4, steps: 6, evalEvery: 2), heldOut: 2)
    _ = try Trainer(setup).run()
    var facts = RunFacts()
    facts.objective = "sigmoid"
    facts.configuration = TuneConfiguration().json
    facts.choices = [.init(option: "beta", value: "0.1", reason: Self.attack)]
    facts.description = [(name: Self.attack, value: Self.attack)]
    facts.next = "penchant chat " + Self.attack
    facts.samples = [.init(prompt: Self.attack, before: Self.attack, after: Self.attack)]
    facts.stepsPlanned = 6
    facts.texts = try RunReport.shownPairs(folder.run).map {
      (
        id: $0,
        text: .init(row: "f:1", prompt: Self.attack, chosen: Self.attack, rejected: Self.attack)
      )
    }
    try facts.write(to: folder.run)
    return folder.run
  }

  @Test("is made from the run directory alone, the same each time, with every text escaped")
  func page() throws {
    let folder = try TemporaryFolder()
    let directory = try run(folder)
    try RunReport(directory).write()
    let first = try FileSystem.read(directory.report)
    try FileSystem.removeTree(directory.report)
    try RunReport(directory).write()
    #expect(try FileSystem.read(directory.report) == first)
    let text = String(decoding: first, as: UTF8.self)
    #expect(!text.contains("<script") && !text.contains("</table><script"))
    #expect(text.contains("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&gt;&amp;\u{fffd}"))
    for part in [
      "Preference tuning: run", "Loss", "Margins", "Learning rate",
      "Highest loss at the last visit",
      "Nothing: every row was used.", "Held-out margins", "aria-label=\"Loss. training: from 0.693",
    ] {
      #expect(text.contains(part), "\(part)")
    }
  }

  @Test("its figures are those of the last measurement") func figures() throws {
    let folder = try TemporaryFolder()
    let directory = try run(folder)
    let curves = try RunCurves(directory.metrics)
    let (record, isHeldOut) = try #require(curves.conclusion)
    let last = try #require(try Trace(directory).metrics.last { $0["eval_loss"] != nil })
    #expect(isHeldOut && record.pairs == 2)
    #expect(record.loss == last["eval_loss"]?.double)
    #expect(record.rewardsMargins == last["eval_rewards/margins"]?.double)
    #expect(record.driftChosen == last["eval_drift/chosen"]?.double)
    let heldOut = try HeldOutLedger(directory.heldOut).records
    let mean = heldOut.reduce(0) { $0 + $1.margin } / Double(heldOut.count)
    #expect(abs(mean - record.rewardsMargins) < 1e-12)
  }

  @Test("a folder that is no finished run is an error that says so") func missing() throws {
    let folder = try TemporaryFolder()
    #expect {
      _ = try RunReport(folder.run)
    } throws: {
      "\($0)".hasPrefix("\(folder.run.path) does not exist\n")
    }
  }

  @Test("facts come back from their file") func facts() throws {
    let folder = try TemporaryFolder()
    let directory = try run(folder)
    let facts = try RunFacts(of: directory)
    #expect(facts.next == "penchant chat " + Self.attack && facts.samples.count == 1)
    #expect(RunFacts(.object(facts.json)) == facts)
  }
}
