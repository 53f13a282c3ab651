#if Studio
  import PenchantCore
  import PenchantStudio

  /// `penchant label --statistics`: how far people agree.
  enum LabelStatistics {
    static func run(_ store: String, json: Bool) throws {
      let studio = try Studio(path: store, StudioOptions(mayCreate: false))
      let results = try AsyncWork.wait {
        let results = try await studio.results()
        await studio.close()
        return results
      }
      if json { return Terminal.output.line(results.json.text(.pretty)) }
      for line in lines(results) { Terminal.output.line(line) }
    }

    static func lines(_ results: StudioResults) -> [String] {
      var lines = [
        NumberText.counted(results.judgements, "judgement") + " of "
          + NumberText.counted(results.items, "item") + " by "
          + NumberText.counted(results.people.count { $0.judged > 0 }, "person", "people"),
        "",
      ]
      let agreement = results.agreement
      lines.append("items judged by several: \(agreement.items)")
      for (name, value) in [
        ("share of equal judgements", agreement.percent.map(text)),
        ("Krippendorff's alpha, side", agreement.alpha.map(text)),
        ("Krippendorff's alpha, strength", agreement.alphaOrdinal.map(text)),
        ("Gwet's AC1", agreement.gwet.map(number)), ("Fleiss' kappa", agreement.fleiss.map(number)),
        ("single labels that are wrong", agreement.noise.map { NumberText.percent($0) }),
        ("ceiling of held-out accuracy", results.ceiling.map { NumberText.percent($0) }),
      ] {
        if let value { lines.append("  \(name): \(value)") }
      }
      if let sides = results.sides {
        lines.append(
          "left won \(sides.left), right \(sides.right) (two-sided p \(NumberText.significant(sides.p)))"
        )
      }
      lines.append("")
      var table = TextTable(
        [.left, .right, .right, .right, .right, .right, .right, .right, .right], indent: 0)
      table.add(
        "annotator", "judged", "skipped", "seconds", "too fast", "agrees", "left:right (p)",
        "itself", "gold")
      for person in results.people {
        table.add(cells: [
          person.name, "\(person.judged)", "\(person.progress.skipped)",
          person.medianSeconds.map(number) ?? "",
          person.fastShare.map { NumberText.percent($0) } ?? "",
          person.agreement.map { NumberText.percent($0.value) } ?? "",
          person.sides.map { "\($0.left):\($0.right) (\(NumberText.significant($0.p)))" } ?? "",
          person.selfConsistency.map { "\($0.right)/\($0.count)" } ?? "",
          person.gold.map { "\($0.right)/\($0.count)" } ?? "",
        ])
      }
      lines.append(table.text)
      for preview in results.exports {
        lines.append(
          "--rule \(preview.rule.rawValue): \(NumberText.counted(preview.pairs, "pair")), \(preview.dropped) left out"
        )
      }
      return lines
    }

    private static func number(_ value: Double) -> String { NumberText.fixed(value, 2) }

    private static func text(_ estimate: StudioResults.Estimate) -> String {
      guard let lower = estimate.lower, let upper = estimate.upper else {
        return number(estimate.value)
      }
      return "\(number(estimate.value)) (95 %: \(number(lower)) … \(number(upper)))"
    }
  }
#endif
