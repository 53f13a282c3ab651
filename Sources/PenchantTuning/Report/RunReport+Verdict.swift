import PenchantCore
import PenchantData

extension RunReport {
  /// The verdict, or what there is in its place, with what it was measured on.
  var verdict: HTML {
    guard let (record, isHeldOut) = curves.conclusion, let conclusion else {
      return ReportPart.callout(.problem, "No step was done")
    }
    var details: [HTML] = []
    if let stopped = facts.stopReason {
      details.append(
        ReportPart.paragraph(
          "Stopped after step \(curves.steps) of \(facts.stepsPlanned): \(stopped)."))
    }
    let measured = ReportPart.paragraph(HTML(measuredOn(record, isHeldOut: isHeldOut)))
    switch conclusion {
    case .verdict(let verdict):
      if let advice = verdict.advice {
        details.append(ReportPart.paragraph("To change it: \(advice)."))
      }
      let tone: ReportPart.Tone =
        switch verdict {
        case .moved: .good
        case .barelyMoved: .note
        case .wrongWay: .problem
        case .movedTooFar: .warning
        }
      return ReportPart.callout(
        tone, HTML(Self.capitalized(verdict.wording)), HTML(details + [measured]))
    case .none(let absence):
      let (tone, headline) = headline(absence, record)
      let reason = ReportPart.paragraph("There is no verdict: \(absence.wording).")
      return ReportPart.callout(tone, HTML(headline), HTML(details + [reason, measured]))
    }
  }

  /// What is said where there is no verdict.
  private func headline(
    _ absence: Conclusion.Absence, _ record: MetricsRecord
  ) -> (ReportPart.Tone, String) {
    switch absence {
    case .judgedAnswers:
      return (
        record.rewardsMargins > Verdict.least ? .good : .note,
        "Liked answers gained \(NumberText.fixed(record.rewardsChosen, 3)) in reward, the others \(NumberText.fixed(record.rewardsRejected, 3))"
      )
    case .oneAnswer:
      let first = curves["loss"].first?.y ?? record.loss
      return (
        record.loss < first ? .good : .warning,
        "The loss went from \(NumberText.fixed(first, 3)) to \(NumberText.fixed(record.loss, 3)) nats a token"
      )
    case .noReference, .rewardModel:
      return (
        .note, "The chosen answer is ahead in \(NumberText.percent(record.accuracy)) of the pairs"
      )
    }
  }

  /// What the figures were measured on, and no more than is known of it.
  private func measuredOn(_ record: MetricsRecord, isHeldOut: Bool) -> String {
    let what = "\(record.pairs) \(facts.comparesAnswers ? "pairs" : "rows")"
    guard isHeldOut else {
      return
        "Measured on the last training steps: nothing was held out, so this says how well the data was learnt, not how well it carries over."
    }
    guard facts.configuration["eval-data"]?.array?.isEmpty == false else {
      return "Measured on \(what) held out by their prompts, which this run did not train on."
    }
    let own = "Measured on \(what) of --eval-data"
    guard let overlap = facts.evaluation else {
      return "\(own); whether they were trained on as well was not looked at."
    }
    guard let shared = overlap.sentence else {
      return "\(own), whose prompts this run did not train on."
    }
    return "\(own), none of which this run trained on as it stands; but \(shared): "
      + "on these, what was learnt of the prompt counts as well."
  }
}
