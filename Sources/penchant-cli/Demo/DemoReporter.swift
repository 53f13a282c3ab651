import PenchantAudit
import PenchantCore
import PenchantData
import PenchantEngine
import PenchantModel

/// Says what the demonstration does and what it found.
struct DemoReporter {
  let terminal: Terminal
  private let line = ProgressLine()

  init(terminal: Terminal) { self.terminal = terminal }

  func introduce(
    _ model: LanguageModel, _ corpus: DemoCorpus, style: DemoStyle, classifier: StyleClassifier,
    topics: [DemoTopic]
  ) {
    let size = NumberText.short(Double(model.architecture.parameterCount))
    let count = corpus.train.count + corpus.validation.count + corpus.test.count
    prose(
      """
      A language model of \(size) parameters has read, for each of \(count) topics, three curt and three \
      friendly explanations, and was told what each style is called; no preference. Suppose people like the \
      \(style.rawValue) ones. It is tuned on pairs about \(corpus.train.count) topics and asked about \
      \(topics.count) others: it has read about them in both styles, and nobody told it which is better there.
      """)
    terminal.line()
    terminal.line("Three of the pairs:")
    for topic in corpus.train.prefix(3) {
      let pair = topic.pairs(preferring: style)[0]
      terminal.line()
      terminal.line(terminal.style(topic.questions[0], .bold))
      paragraph("liked", pair.chosen.text)
      paragraph("other", pair.rejected?.text ?? "")
    }
    terminal.line()
    prose(
      """
      \(DemoMeasurement.samplesPerTopic) answers a topic, sampled at temperature \(DemoMeasurement.temperature). \
      The style is told by a word count that has seen the training topics' texts only; it is right on \
      \(NumberText.percent(classifier.accuracy(on: topics))) of these topics' own texts. An answer that was cut \
      off, repeats itself or uses words nobody wrote is garbled, and in neither style. Intervals draw \
      whole topics again.
      """)
    terminal.line()
  }

  /// What the audit says of the training pairs, and why that is no surprise here.
  func audited(_ audit: Audit, folder: String) {
    let blocking = audit.blockedRows
    let told = audit.scores.map { "\($0.view.title) \(NumberText.percent($0.accuracy))" }
    prose(
      """
      Audited: \(blocking == 0 ? "nothing blocks" : "\(blocking) pairs block") in \(audit.pairs.count) pairs. The liked \
      answer can be told without reading, by \(told.joined(separator: ", by ")): here the style is what is liked, \
      and its words give it away; on your own pairs such a figure is a warning (\(folder)/report.html).
      """)
    terminal.line()
  }

  /// What was planted for `--bias`, and what the audit makes of it.
  func planted(pairs: Int, planted: Int, finding: String?, kept: Int, folder: String) {
    prose(
      """
      Before \(planted) of \(pairs) liked answers stands “\(DemoBias.opener)”, which the model has never read and \
      nobody asked for. It is tuned on the liked answers, supervised.
      """)
    terminal.line()
    prose(
      finding.map {
        "The audit names it: \($0) Its patch leaves \(kept) of the \(pairs) pairs (\(folder)/report.html)."
      }
        ?? "The audit does not name it (\(folder)/report.html).")
    terminal.line()
    terminal.line(
      terminal.style("answers on held-out topics that begin with “\(DemoBias.opener)”", .bold))
  }

  func opened(_ name: String, rate: Double, of count: Int) {
    let meaning =
      switch name {
      case "before": "the base model"
      case "tuned": "tuned on the pairs as they are"
      default: "tuned on the pairs as the patch leaves them"
      }
    let figure = NumberText.percent(rate)
    let gap = String(repeating: " ", count: max(1, 18 - name.count - figure.count))
    for line in TextWrapping.hanging(
      "\(name)\(gap)\(figure)   ", "\(meaning) (\(count) answers)", width: width)
    { terminal.line(line) }
  }

  /// Wider lines are hard to read.
  private var width: Int { min(100, terminal.textWidth ?? 100) }

  private func prose(_ text: String) {
    for line in TextWrapping.lines(text, width: width, cutsWords: false) { terminal.line(line) }
  }

  private func paragraph(_ label: String, _ text: String) {
    for line in TextWrapping.hanging("  \(label)  ", text, width: width, cutsWords: true) {
      terminal.line(line)
    }
  }

  func progress(_ arm: DemoArm, step: Int, of total: Int) {
    line.update(stage: "tuning \(arm.rawValue)", completed: step, total: total, unit: "")
  }

  func measuring(_ arm: DemoArm) {
    line.clear()
  }

  func row(_ outcome: DemoSession.Outcome, isFirst: Bool) {
    func padded(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.count)) + text
    }
    if isFirst {
      terminal.line(
        terminal.style(
          "arm       in the liked style (95 %)    facts   words  garbled   pairs  seconds", .bold))
    }
    let m = outcome.measurement
    let share =
      "\(NumberText.percent(m.preferredShare)) (\(NumberText.fixed(100 * m.interval.lower, 1)) … "
      + "\(NumberText.fixed(100 * m.interval.upper, 1)))"
    let figures =
      outcome.arm.rawValue + String(repeating: " ", count: 10 - outcome.arm.rawValue.count)
      + padded(share, 26) + padded(NumberText.percent(m.factsKept), 10)
      + padded(NumberText.fixed(m.words, 1), 8) + padded(NumberText.percent(m.garbled), 9)
      + padded(NumberText.percent(outcome.pairAccuracy), 8)
      + padded(NumberText.fixed(outcome.seconds, 1), 9)
    let line = "\(figures)   \(outcome.arm.meaning)"
    // Where that does not fit, what the arm is stands below its figures.
    guard let room = terminal.textWidth, line.count > room else { return terminal.line(line) }
    terminal.line(figures)
    terminal.line(terminal.style("  \(outcome.arm.meaning)", .dim))
  }

  /// - Parameters:
  ///   - samples: those that are shown.
  ///   - changed: how many of the questions that were looked at have another answer now.
  func samples(_ samples: [AnswerSample], changed: Int, of count: Int) {
    terminal.line()
    prose(
      "The likeliest answer has changed for \(changed) of \(count) questions; \(samples.count) of them before and after:"
    )
    for sample in samples {
      terminal.line()
      terminal.line(terminal.style(sample.prompt, .bold))
      paragraph("before", sample.before.shown)
      paragraph("after ", sample.after.shown)
    }
  }

  func conclude(model: String, adapter: String, seconds: Double, seed: Int) {
    terminal.line()
    let folder = FileSystem.parent(of: model)
    terminal.line("\(NumberText.duration(seconds)) in all, seed \(seed), runs in \(folder)")
    let (model, adapter) = (ShellWord.quoted(model), ShellWord.quoted(adapter))
    prose("next: ask it yourself; follow one held-out pair from its text to its gradient")
    terminal.line("  penchant chat --model \(model) --adapter \(adapter) --compare")
    terminal.line(
      "  penchant inspect --model \(model) --adapter \(adapter) "
        + "--data \(ShellWord.quoted(FileSystem.join(folder, "heldout.jsonl"))) --explain")
  }
}
