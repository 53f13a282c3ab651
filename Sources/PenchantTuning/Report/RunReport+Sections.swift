import PenchantCore
import PenchantData

extension RunReport {
  /// The same prompts before and after.
  var samples: HTML {
    guard !facts.samples.isEmpty else { return .empty }
    let cards = facts.samples.map { sample in
      HTML.element(
        "div", ["class": "card"],
        [
          .quote(sample.prompt),
          .element(
            "div", ["class": "versus"],
            [
              .element(
                "div", [:],
                [
                  .element("h4", [:], "before"),
                  Self.answer(sample.before, isFinished: sample.isBeforeFinished),
                ]),
              .element(
                "div", [:],
                [
                  .element("h4", [:], "after"),
                  Self.answer(sample.after, isFinished: sample.isAfterFinished),
                ]),
            ]),
        ])
    }
    return ReportPart.section(
      "Before and after", id: "samples",
      [
        ReportPart.paragraph(
          "The likeliest answer to \(shownName) prompts. \(Self.cutMark)"),
        HTML(cards),
      ])
  }

  /// What the prompts above are called: held out only where none is trained on.
  private var shownName: String {
    guard facts.samplesAreHeldOut else { return "training" }
    return facts.evaluation?.sentence == nil ? "held-out" : "evaluation"
  }

  private static let cutMark = "One that ends in … was cut at the most tokens it was asked for."

  /// An answer, with a mark where it was cut.
  private static func answer(_ text: String, isFinished: Bool) -> HTML {
    .quote(isFinished ? text : text + " …")
  }

  /// The fixed prompts' answers in the course of the run.
  var sampledAnswers: HTML {
    guard !modelSamples.isEmpty else { return .empty }
    var order: [String] = []
    var byPrompt: [String: [JSONObject]] = [:]
    for sample in modelSamples {
      guard let id = sample["id"]?.string else { continue }
      if byPrompt[id] == nil { order.append(id) }
      byPrompt[id, default: []].append(sample)
    }
    let blocks = order.map { id in
      // First, last, and at most four between: the course, not the log.
      let all = byPrompt[id] ?? []
      let shown = Self.spread(all, most: 6)
      let prompt = facts.prompts.first { $0.id == id }?.text ?? id
      return ReportPart.details(
        HTML(Self.shortened(prompt, 120)),
        [
          .quote(Self.shortened(prompt, 2000)),
          ReportPart.table(
            caption: all.count > shown.count ? "\(shown.count) of \(all.count) measurements" : "",
            [.number("step"), .text("answer"), .number("tokens"), .number("log-ratio")],
            shown.map { sample in
              [
                HTML("\(sample["step"]?.int ?? 0)"),
                Self.answer(
                  sample["text"]?.string ?? "", isFinished: sample["finished"]?.bool ?? true),
                HTML("\(sample["tokens"]?.int ?? 0)"),
                HTML(NumberText.fixed(sample["log_ratio"]?.double ?? .nan, 2)),
              ]
            }),
        ])
    }
    return ReportPart.section(
      "The model's own answers in the course of the run", id: "own",
      [
        ReportPart.paragraph(
          "Drawn at temperature 1 with the same random numbers each time; the log-ratio is that of policy to reference over the whole answer, and its mean is the KL above. \(Self.cutMark)"
        ), HTML(blocks),
      ])
  }

  var pairs: HTML {
    guard ledger.hasMargins else {
      return [
        ReportPart.paragraph("The rows with the highest loss when they were last trained on."),
        table(ledger.worst(), caption: "highest loss"),
      ]
    }
    let suspects = ledger.suspects()
    let heldOutSuspects = heldOut.suspects()
    return [
      ReportPart.paragraph(
        "Every visit of every pair is in pairs.jsonl. Three lists deserve a look."),
      .element("h3", [:], "Most likely mislabelled"),
      ReportPart.paragraph(
        "Trained on, and yet the margin is below 0 at the last visit; and over all visits it lies more than two standard deviations below what the other pairs of the same steps reached. Hard or unusual pairs look the same: read them before changing a label."
      ),
      suspects.isEmpty
        ? ReportPart.paragraph(
          ledger.entries.count < PairLedger.fewest
            ? "With fewer than \(PairLedger.fewest) pairs there is nothing to compare with."
            : "None is.")
        : table(
          suspects,
          caption: "\(suspects.count) of \(NumberText.counted(ledger.entries.count, "pair"))"),
      .element("h3", [:], "Held-out pairs that both models see the other way"),
      ReportPart.paragraph(
        "Not trained on; before tuning the rejected answer was likelier a token, and tuning on the others has moved the pair further that way."
      ),
      heldOutSuspects.isEmpty
        ? ReportPart.paragraph(heldOut.records.isEmpty ? "Nothing was held out." : "There is none.")
        : ReportPart.table(
          caption: "\(heldOutSuspects.count) shown, lowest margin first",
          [.text("pair"), .text("text"), .number("margin"), .number("reference a token")],
          heldOutSuspects.map { record in
            [
              pairName(record.id), pairText(record.id), HTML(NumberText.fixed(record.margin, 3)),
              HTML(NumberText.fixed(record.referenceMargin ?? .nan, 3)),
            ]
          }),
      .element("h3", [:], "Highest loss at the last visit"),
      table(ledger.worst(), caption: "10 at most"),
    ]
  }

  private func table(_ entries: [PairLedger.Entry], caption: HTML) -> HTML {
    ledger.hasMargins
      ? ReportPart.table(
        caption: caption,
        [
          .text("pair"), .text("text"), .number("margin"), .number("against its steps"),
          .number("loss"), .number("visits"),
        ],
        entries.map { entry in
          [
            pairName(entry.id), pairText(entry.id), HTML(NumberText.fixed(entry.lastMargin, 3)),
            HTML(NumberText.fixed(entry.score, 3)), HTML(NumberText.fixed(entry.lastLoss, 3)),
            HTML("\(entry.visits)"),
          ]
        })
      : ReportPart.table(
        caption: caption, [.text("row"), .text("text"), .number("loss"), .number("visits")],
        entries.map { entry in
          [
            pairName(entry.id), pairText(entry.id), HTML(NumberText.fixed(entry.lastLoss, 3)),
            HTML("\(entry.visits)"),
          ]
        })
  }

  private func pairName(_ id: String) -> HTML {
    guard let row = facts.text(of: id)?.row, !row.isEmpty else { return HTML(id) }
    return [HTML(id), .element("br"), .element("span", ["class": "detail"], HTML(row))]
  }

  private func pairText(_ id: String) -> HTML {
    guard let text = facts.text(of: id) else { return "—" }
    func part(_ name: String, _ value: String) -> HTML {
      [.element("h4", [:], HTML(name)), .quote(Self.shortened(value, 4000))]
    }
    return ReportPart.details(
      HTML(Self.shortened(text.prompt, 70)),
      .element(
        "div", [:],
        [
          part("prompt", text.prompt), part("chosen", text.chosen),
          text.rejected.isEmpty ? .empty : part("rejected", text.rejected),
        ]))
  }

  var leftOut: HTML {
    guard !dropped.isEmpty else { return ReportPart.paragraph("Nothing: every row was used.") }
    var counts: [(reason: String, count: Int)] = []
    for row in dropped {
      let reason = row["reason"]?.string ?? "unknown"
      if let place = counts.firstIndex(where: { $0.reason == reason }) {
        counts[place].count += 1
      } else {
        counts.append((reason, 1))
      }
    }
    return [
      ReportPart.table(
        caption: "\(NumberText.counted(dropped.count, "row")), each listed in dropped.jsonl",
        [.text("reason"), .number("rows")],
        counts.sorted { $0.count > $1.count }.map { [HTML($0.reason), HTML("\($0.count)")] }),
      ReportPart.details(
        "the first \(min(20, dropped.count))",
        ReportPart.table(
          caption: "", [.text("row"), .text("id"), .text("reason"), .number("tokens")],
          dropped.prefix(20).map { row in
            [
              HTML(row["row"]?.string ?? ""), HTML(row["id"]?.string ?? ""),
              HTML(row["reason"]?.string ?? ""), HTML(row["tokens"]?.int.map(String.init) ?? ""),
            ]
          })),
    ]
  }

  var configuration: HTML {
    let reasons = Dictionary(
      facts.choices.map { ($0.option, $0.reason) }, uniquingKeysWith: { first, _ in first })
    let rows = facts.configuration.members.filter { !$1.isNull }.map { name, value in
      [
        HTML.code("--" + name), .code(value.string ?? value.text()),
        HTML(reasons[name] ?? ""),
      ]
    }
    return [
      ReportPart.facts([
        (name: "objective", value: HTML(facts.objective)),
        (name: "loss", value: .code(facts.formula)),
      ]),
      ReportPart.details(
        "all \(rows.count) options",
        ReportPart.table(
          caption: "a reason stands where the value was chosen by the program",
          [.text("option"), .text("value"), .text("reason")], rows), isOpen: false),
      ReportPart.table(
        caption: "chosen for this model and this data",
        [.text("option"), .text("value"), .text("reason")],
        facts.choices.map {
          [.code("--" + $0.option), .code($0.value), HTML($0.reason)]
        }),
    ]
  }

  var origin: HTML {
    ReportPart.facts(facts.description.map { (name: $0.name, value: HTML($0.value)) })
  }

  /// At most so many of a list: its first, its last, and what lies evenly between.
  static func spread<Item>(_ items: [Item], most: Int) -> [Item] {
    guard items.count > most, most > 1 else { return items }
    return (0..<most).map { items[$0 * (items.count - 1) / (most - 1)] }
  }

  /// Text in at most so many characters.
  static func shortened(_ text: String, _ limit: Int) -> String {
    text.count <= limit ? text : text.prefix(limit - 1) + "…"
  }
}
