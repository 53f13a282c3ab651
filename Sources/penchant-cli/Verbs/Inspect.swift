import ArgumentParser
import PenchantCore
import PenchantData
import PenchantEngine
import PenchantModel
import PenchantTuning

/// `penchant inspect`: what would be trained.
struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "What would be trained: the model, tokens with their mask, memory and time.",
    discussion: """
      Without --data the model's facts; with it also what the pairs are made of, how long they are, one pair's \
      tokens marked by what is trained on, where a prompt alone is not how prompt + answer begins, and a forecast. \
      --explain follows that pair from its text through its \
      four log-probabilities to reward, loss and gradient, with every formula. Nothing is written.

      Example:
        penchant inspect --model Examples/tiny-model \\
          --data Examples/pairs.jsonl --explain
        penchant inspect --devices
      """)

  @Option(help: ArgumentHelp("Folder of the model.", valueName: "folder"))
  var model: String?

  @OptionGroup(title: "Model") var engine: EngineOptions

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("JSONL or JSON files of pairs; the format is recognised.", valueName: "file")
  )
  var data: [String] = []

  @OptionGroup(title: "Data") var reading: ReadingOptions
  @OptionGroup(title: "Encoding") var encoding: EncodingChoices

  @Option(help: ArgumentHelp("Which pair to show, by its number from 1.", valueName: "n"))
  var pair = 1

  @Flag(help: "Follow the pair from text to gradient.")
  var explain = false

  @Option(help: ArgumentHelp("PEFT folder of the policy that --explain uses.", valueName: "folder"))
  var adapter: String?

  @Option(
    help: ArgumentHelp("Strength of the pull towards the reference, for --explain.", valueName: "b")
  )
  var beta = 0.1

  @Flag(help: "List what this machine can compute with, and what a GPU lacks to be used.")
  var devices = false

  @Flag(help: "Print JSON.")
  var json = false

  @OptionGroup var configurationOption: ConfigurationOption

  func validate() throws {
    guard devices || model != nil else {
      throw CommandError(.unparsable(verb: "inspect", text: "--model or --devices is needed"))
    }
    if explain, data.isEmpty { throw CommandError(.requires(option: "explain", other: "data")) }
    if adapter != nil, !explain {
      throw CommandError(.requires(option: "adapter", other: "explain"))
    }
    if explain, json {
      throw CommandError(.conflict("--explain", "--json", reason: "the page is for people"))
    }
    if devices, engine.device != .auto {
      throw CommandError(.conflict("--devices", "--device", reason: "all devices are listed"))
    }
    if devices, model != nil {
      throw CommandError(
        .conflict("--devices", "--model", reason: "devices do not depend on a model"))
    }
    guard pair > 0 else {
      throw CommandError(.outOfRange(option: "pair", value: "\(pair)", expected: "at least 1"))
    }
  }

  func run() throws {
    guard let model else { return try showDevices() }
    let opened = try engine.load(model)
    let summary = ModelSummary(opened, adapter: LoRAConfiguration())
    guard !data.isEmpty else {
      show(model: summary, opened, data: nil)
      return
    }
    var notes: [String] = []
    let pairs = try SurveyedPairs(data, reading) { notes.append($0) }
    let inspection = try DataInspection(
      pairs, notes: notes, model: opened, encoding: encoding, number: pair)
    guard explain else {
      show(model: summary, opened, data: inspection)
      return
    }
    let explanation = try explanation(inspection, opened)
    Terminal.output.write(
      TextWrapping.page(explanation.text, width: Terminal.output.textWidth))
  }

  private func show(model summary: ModelSummary, _ model: LanguageModel, data: DataInspection?) {
    let out = Terminal.output
    if json {
      var object = JSONObject(["model": summary.json])
      object["data"] = data?.json
      out.line(JSON.object(object).text(.pretty))
      return
    }
    out.line(out.style(model.folder, .bold))
    out.write(summary.text(width: out.textWidth))
    guard let data else { return }
    out.line()
    let text = data.text(TokenView(tokenizer: model.tokenizer, terminal: out))
    out.write(TextWrapping.page(text, width: out.textWidth))
  }

  private func explanation(
    _ inspection: DataInspection, _ model: LanguageModel
  ) throws -> PairExplanation {
    guard let example = inspection.example else {
      throw CommandError(
        .row(
          path: inspection.pair.source.file, line: inspection.pair.source.line,
          problem: "the prompt is not how prompt + answer begins, so there is nothing to explain; "
            + "choose --on-mismatch split, or look without --explain"))
    }
    let policy = try model.policy(adapter: adapter)
    let scorer = try Scorer(
      model.decoder, longest: example.tokenCount, tokenBudget: example.tokenCount,
      rank: policy.adapter?.configuration.rank ?? 0)
    let ours = try scorer.score([example], policy: policy)[0]
    let theirs = adapter == nil ? ours : try scorer.score([example], policy: model.basePolicy)[0]
    return PairExplanation(
      pair: inspection.pair, example: example, policy: ours, reference: theirs,
      objective: try Sigmoid(beta: beta),
      view: TokenView(tokenizer: model.tokenizer, terminal: .output), isUntuned: adapter == nil)
  }

  private func showDevices() throws {
    let inspection = try DeviceInspection(threads: engine.threads)
    Terminal.output.write(json ? inspection.json.text(.pretty) + "\n" : inspection.text)
  }
}
