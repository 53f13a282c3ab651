import PenchantCore
import PenchantTuning
import Testing

@Suite struct VerdictTests {
  private func verdict(
    margin: Double, loss: Double = 0.6, drift: Double = -0.01, isHeldOut: Bool = true,
    objective: String = "sigmoid", answers: OwnAnswers? = nil, chosenTokens: Double = 20
  ) -> Verdict {
    var record = MetricsRecord()
    record.lengthsChosen = chosenTokens
    record.rewardsMargins = margin
    record.loss = loss
    record.driftChosen = drift
    record.accuracy = 0.75
    return Verdict(record, of: objective, isHeldOut: isHeldOut, answers: answers)
  }

  private func answers(
    empty: (Double, Double) = (0, 0), unfinished: (Double, Double) = (0, 0), kl: Double = 0.1,
    shown: (Double, Double)? = nil
  ) -> OwnAnswers {
    OwnAnswers(
      before: .init(empty: empty.0, unfinished: unfinished.0),
      after: .init(empty: empty.1, unfinished: unfinished.1), klPerToken: kl,
      shown: shown.map { (before: $0.0, after: $0.1) })
  }

  @Test("the model's own answers tell where margins look good") func ownAnswers() {
    func verdict(_ answers: OwnAnswers, chosenTokens: Double = 20) -> Verdict {
      self.verdict(margin: 5, answers: answers, chosenTokens: chosenTokens)
    }
    let moved = Verdict.moved(margin: 5, accuracy: 0.75)
    #expect(verdict(answers()) == moved)
    #expect(verdict(answers(empty: (0, 0.125))) == moved)
    #expect(
      verdict(answers(empty: (0, 0.25))) == .movedTooFar(.emptyAnswers(0.25, before: 0)))
    #expect(verdict(answers(shown: (0, 1.0 / 3))) == moved)
    #expect(
      verdict(answers(shown: (0, 2.0 / 3))) == .movedTooFar(.emptyAnswers(2.0 / 3, before: 0)))
    // What was empty before says nothing of the run.
    #expect(verdict(answers(empty: (0.875, 1))) == moved)
    #expect(
      verdict(answers(unfinished: (0.25, 0.75)))
        == .movedTooFar(.endlessAnswers(0.75, before: 0.25)))
    #expect(verdict(answers(unfinished: (0.25, 0.75)), chosenTokens: 64) == moved)
    #expect(verdict(answers(unfinished: (0.25, 0.625))) == moved)
    #expect(verdict(answers(kl: 0.5)) == moved)
    #expect(verdict(answers(kl: 0.6)) == .movedTooFar(.ownDivergence(0.6)))
    #expect(
      verdict(answers(empty: (0, 1))).wording
        == "moved too far: 100.0 % of the model's answers are empty, 0.0 % before")
    #expect(
      verdict(answers(unfinished: (0, 1))).wording
        == "moved too far: 100.0 % of the model's own answers do not end within 64 tokens, 0.0 % before"
    )
    #expect(
      verdict(answers(kl: 4.6)).wording
        == "moved too far: the model's own answers are 4.6 nats a token from the reference")
  }

  @Test("where there is none, it says what is missing") func none() {
    func conclusion(
      _ change: (inout MetricsRecord) -> Void, hasReference: Bool = true,
      answers: OwnAnswers? = nil
    ) -> Conclusion {
      var record = MetricsRecord()
      record.rewardsMargins = 1
      change(&record)
      return Conclusion(
        record, of: "x", isHeldOut: true, hasReference: hasReference, answers: answers)
    }
    #expect(conclusion { _ in }.verdict == .moved(margin: 1, accuracy: 0))
    #expect(conclusion({ _ in }, hasReference: false) == .none(.noReference))
    #expect(conclusion { $0.isScalar = true } == .none(.rewardModel))
    let judged = { (record: inout MetricsRecord) in
      (record.comparesAnswers, record.judgesAnswers) = (false, true)
    }
    #expect(conclusion(judged) == .none(.judgedAnswers))
    #expect(conclusion { $0.comparesAnswers = false } == .none(.oneAnswer))
    // Silence is a verdict whatever was minimised; distance is none, where it is what was asked for.
    #expect(
      conclusion(judged, answers: answers(empty: (0, 1)))
        == .verdict(.movedTooFar(.emptyAnswers(1, before: 0))))
    #expect(conclusion(judged, answers: answers(kl: 9)) == .none(.judgedAnswers))
    #expect(
      Conclusion.none(.noReference).wording
        == "none: without a reference a margin is a level, not a change: it does not say how far the model has moved"
    )
  }

  @Test("tells the three apart") func kinds() {
    #expect(verdict(margin: 0.05) == .barelyMoved(margin: 0.05))
    #expect(verdict(margin: 0.5) == .moved(margin: 0.5, accuracy: 0.75))
    #expect(verdict(margin: -0.5, loss: 0.8) == .wrongWay(margin: -0.5))
    #expect(verdict(margin: 5, loss: 0.8) == .movedTooFar(.heldOutLoss(0.8)))
    #expect(verdict(margin: 5, loss: 0.8, isHeldOut: false) == .moved(margin: 5, accuracy: 0.75))
    #expect(verdict(margin: 5, drift: -0.6) == .movedTooFar(.chosenDrift(-0.6)))
    // ipo begins at (1 / 2β)²: another loss has another zero.
    #expect(
      verdict(margin: 0.5, loss: 24.9, objective: "ipo") == .moved(margin: 0.5, accuracy: 0.75))
  }

  @Test("says it with the option to change") func wording() {
    #expect(verdict(margin: 0.05).wording == "barely moved: the mean margin is 0.05")
    #expect(verdict(margin: 5, drift: -0.6).advice == "lower --learning-rate, or raise --beta")
    #expect(verdict(margin: 0.5).advice == nil)
  }
}
