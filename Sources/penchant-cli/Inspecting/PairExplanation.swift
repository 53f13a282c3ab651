import PenchantCore
import PenchantData
import PenchantModel
import PenchantText
import PenchantTuning

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// One pair followed from its text to the gradient, with every formula and every number.
///
/// The numbers come from the code that trains: the scorer gives the log-probabilities, the objective the loss
/// and its derivative. Nothing is computed a second way here.
struct PairExplanation {
  let pair: Pair
  let example: TokenizedExample
  /// Chosen, rejected.
  let policy: [BranchScore]
  let reference: [BranchScore]
  let objective: Sigmoid
  let view: TokenView
  /// Whether policy and reference are the same model.
  let isUntuned: Bool

  private static let tokensShown = 8
  private static let names = ["chosen", "rejected"]

  private var width: Int { view.terminal.textWidth ?? .max }
  private var beta: Double { objective.beta }
  private func rho(_ branch: Int) -> Double { policy[branch].sum - reference[branch].sum }
  private func reward(_ branch: Int) -> Double { beta * rho(branch) }

  /// What the objective makes of the pair, as a step of this pair alone would.
  private var outcome: PairOutcome? {
    let input = PairInput(
      facts: example.facts,
      branches: policy.indices.map { branch in
        BranchInput(
          policy: policy[branch].tokenLogProbabilities.map(Double.init),
          reference: reference[branch].tokenLogProbabilities.map(Double.init))
      })
    return objective.evaluate(
      [input], denominators: objective.shares(of: example.facts), state: ObjectiveState()
    ).pairs.first
  }

  var text: String {
    [
      row, reading, likelihoods, fourNumbers, rewards, margin, loss, gradient,
    ].joined(separator: "\n")
  }

  private func heading(_ number: Int, _ title: String) -> String {
    view.terminal.style("\(number). \(title)", .bold) + "\n"
  }

  /// Prose, broken at the width of the page.
  private func prose(_ text: String) -> String {
    TextWrapping.lines(text, width: min(92, width - 3)).map { "   " + $0 + "\n" }.joined()
  }

  private func quoted(_ name: String, _ text: String) -> String {
    let lines = TextWrapping.lines(Terminal.harmless(text), width: min(80, width - 13))
    return lines.enumerated().map { index, line in
      let label = index == 0 ? name : ""
      return "   " + label + String(repeating: " ", count: 10 - label.count) + line + "\n"
    }.joined()
  }

  // MARK: - The steps

  private var row: String {
    heading(1, "The row") + prose("\(pair.source), id \(pair.id)")
      + quoted("prompt", pair.lastQuestion) + quoted("chosen", pair.chosen.text)
      + quoted("rejected", pair.rejected?.text ?? "")
  }

  private var reading: String {
    let (p, c, r) = (
      example.prompt.count, example.branches[0].tokens.count, example.branches[1].tokens.count
    )
    let padded = 2 * (p + max(c, r))
    return heading(2, "What the model reads")
      + prose(
        "The chat template (or the text as it is) becomes tokens. The prompt is read once; each answer continues "
          + "it. Only marked tokens are trained on.")
      + "   \(view.legend)\n"
      + "   prompt    \(view.prompt(example, indent: 13))\n"
      + "   chosen    \(view.branch(0, of: example, indent: 13))\n"
      + "   rejected  \(view.branch(1, of: example, indent: 13))\n"
      + prose(
        "\(p) + \(c) + \(r) = \(p + c + r) tokens are computed. With the prompt repeated for each answer and both "
          + "padded to one length it would be 2 x (\(p) + \(max(c, r))) = \(padded).")
  }

  private var likelihoods: String {
    var table = TextTable([.left, .left, .right, .right, .right], indent: 3)
    table.add("", "token", "log p, policy", "log p, reference", "difference")
    for branch in 0..<2 {
      let tokens = example.scoredTokens(branch)
      let ours = policy[branch].tokenLogProbabilities
      let theirs = reference[branch].tokenLogProbabilities
      for (index, token) in tokens.enumerated().prefix(Self.tokensShown) {
        table.add(
          index == 0 ? Self.names[branch] : "", view.spelling(token),
          NumberText.fixed(Double(ours[index]), 4), NumberText.fixed(Double(theirs[index]), 4),
          NumberText.fixed(Double(ours[index]) - Double(theirs[index]), 4))
      }
      if tokens.count > Self.tokensShown {
        table.add("", "… \(tokens.count - Self.tokensShown) more", "", "", "")
      }
    }
    return heading(3, "How likely is each token?")
      + prose(
        "After every token the model holds a probability for each possible next one. log p is the logarithm of "
          + "what it gave to the token that stands there: 0 is certain, -0.69 an even bet, "
          + "\(NumberText.fixed(-log(Double(view.tokenizer.vocabularySize)), 2)) a blind guess among "
          + "\(view.tokenizer.vocabularySize). The policy is the model being tuned, the reference what it was before"
          + (isUntuned ? "; here nothing has been tuned yet, so they are the same." : "."))
      + table.text
  }

  private var fourNumbers: String {
    var table = TextTable([.left, .right, .right], indent: 3)
    table.add("", "chosen y_w", "rejected y_l")
    table.add(
      "policy     log pi(y|x)", NumberText.fixed(policy[0].sum, 4),
      NumberText.fixed(policy[1].sum, 4))
    table.add(
      "reference  log pi_ref(y|x)", NumberText.fixed(reference[0].sum, 4),
      NumberText.fixed(reference[1].sum, 4))
    return heading(4, "Four numbers")
      + prose(
        "log pi(y|x) = sum over the answer's tokens of log p(y_t | x, y_<t): the log-probability of the whole answer. "
          + "Longer answers have more terms, hence lower sums.")
      + table.text
  }

  private var rewards: String {
    var table = TextTable([.left, .right, .right], indent: 3)
    table.add("", "chosen", "rejected")
    table.add(
      "rho = log pi - log pi_ref", NumberText.fixed(rho(0), 4), NumberText.fixed(rho(1), 4))
    table.add(
      "reward r = beta rho", NumberText.fixed(reward(0), 4), NumberText.fixed(reward(1), 4))
    return heading(5, "Rewards")
      + prose(
        "rho says how much likelier tuning has made an answer. Times beta = \(NumberText.significant(beta)) it is the "
          + "implicit reward (Rafailov et al. 2023, arXiv 2305.18290, section 4): no reward model is needed, the "
          + "policy is one.")
      + table.text
  }

  private var z: Double { reward(0) - reward(1) - (pair.margin ?? 0) }

  private var margin: String {
    let own = pair.margin.map { " - \(NumberText.significant($0)) (the row's margin)" } ?? ""
    let bet = 1 / (1 + exp(-z))
    return heading(6, "Margin")
      + "   z = r_w - r_l\(own) = \(NumberText.fixed(z, 4))\n"
      + prose(
        "Read as a bet (Bradley-Terry), the policy says the chosen answer is better with probability sigma(z) = "
          + "1 / (1 + e^-z) = \(NumberText.percent(bet)).")
  }

  private var loss: String {
    heading(7, "Loss")
      + "   L = -log sigma(z) = \(NumberText.fixed(outcome?.loss ?? .nan, 4))\n"
      + prose(
        "It is ln 2 = 0.6931 where z = 0, as before the first step, and falls towards 0 as z grows."
      )
  }

  private var gradient: String {
    let wrong = 1 / (1 + exp(z))
    let slopes = (outcome?.gradients ?? []).map { $0.first ?? 0 }
    let (w, l) = (slopes.first ?? 0, slopes.last ?? 0)
    let counts = policy.map(\.tokenLogProbabilities.count)
    return heading(8, "Gradient")
      + "   dL / d log p(y_w,t) = -beta sigma(-z) = \(NumberText.significant(w, 4)) for each chosen token\n"
      + "   dL / d log p(y_l,t) = +beta sigma(-z) = \(NumberText.significant(l, 4)) for each rejected token\n"
      + prose(
        "sigma(-z) = \(NumberText.percent(wrong)) is how wrong the bet still is: a pair the policy has understood "
          + "hardly moves it. A step goes against the gradient: all \(counts[0]) chosen tokens become likelier, all "
          + "\(counts[1]) rejected ones less likely, each pushed equally hard. In a batch of n pairs these numbers are "
          + "divided by n. From here they flow back through the head and the layers, and become the gradients of the "
          + "adapter's A and B.")
  }
}
