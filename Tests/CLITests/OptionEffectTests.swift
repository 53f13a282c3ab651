import Foundation
import Testing

/// An option changes the result or is refused: every option of `tune` is tried, and one nobody thought of fails here.
@Suite(.serialized) struct OptionEffectTests {
  /// What a run is made of when nothing is changed.
  private static let base = [
    "--model", Example.model, "--limit", "12", "--batch-size", "4", "--max-steps", "4",
    "--learning-rate", "3e-3", "--holdout", "0",
  ]

  /// An option with the arguments beside which it has a meaning.
  private struct Trial {
    var without: [String] = []
    let with: [String]
    var data: String?
  }

  /// Options that decide where, how fast or whether at all, and are tested for that elsewhere.
  private static let others: Set<String> = [
    "model", "data", "output", "format", "on-mismatch", "device", "threads", "micro-tokens",
    "save-every",
    "resume", "overwrite", "patch", "ranking", "json", "config", "help", "version", "eval-data",
    "reference-cache",
    "tensorboard", "sweep",
  ]

  private static func trials(_ folder: Folder) throws -> [String: Trial] {
    let strings = try folder.write(
      "strings.jsonl",
      (1...12).map {
        #"{"prompt": "Question \#($0)", "chosen": "a good answer \#($0)", "rejected": "no"}"# + "\n"
      }.joined())
    let turns =
      #"[{"role": "assistant", "content": "one"}, {"role": "assistant", "content": "two"}]"#
    let long = try folder.write(
      "turns.jsonl",
      (1...8).map {
        #"{"prompt": [{"role": "user", "content": "q\#($0)"}], "chosen": \#(turns), "rejected": "#
          + #"[{"role": "assistant", "content": "no \#($0)"}]}"# + "\n"
      }.joined())
    let broken = try folder.write(
      "broken.jsonl", try String(contentsOfFile: strings, encoding: .utf8) + "{}\n")
    let template = try folder.write(
      "plain.jinja",
      "{% for message in messages %}{{ message['content'] + '<|im_end|>' }}{% endfor %}")
    let adapter = folder.path("first/adapter")
    func objective(_ name: String, _ more: String...) -> [String] { ["--objective", name] + more }
    func number(_ option: String, _ value: String, of name: String? = nil) -> Trial {
      Trial(without: name.map { objective($0) } ?? [], with: ["--\(option)", value])
    }
    return [
      "objective": Trial(with: objective("ipo")),
      "beta": number("beta", "0.5"),
      "label-smoothing": number("label-smoothing", "0.3", of: "cdpo"),
      "gamma": number("gamma", "0.2", of: "simpo"),
      "alpha": number("alpha", "0.3", of: "r-dpo"),
      // Against a tuned reference the chosen answers have been lost from the start, which is what λ is about.
      "lambda": Trial(
        without: objective("dpop", "--reference", "adapter:\(adapter)"), with: ["--lambda", "3"]),
      "tau": number("tau", "0.4", of: "discopop"),
      "sft-weight": number("sft-weight", "0.1", of: "cpo"),
      "desirable-weight": number("desirable-weight", "2", of: "kto"),
      "undesirable-weight": number("undesirable-weight", "2", of: "kto"),
      "center-rewards": number("center-rewards", "0.5", of: "reward"),
      "ld-alpha": number("ld-alpha", "0.2"),
      "f-divergence": number("f-divergence", "js"),
      "f-alpha": Trial(without: ["--f-divergence", "alpha"], with: ["--f-alpha", "0.95"]),
      "wpo": Trial(with: ["--wpo"]),
      "reference": Trial(
        without: ["--init-adapter", adapter], with: ["--reference", "base"]),
      "reference-sync": number("reference-sync", "2"),
      "reference-mix": Trial(without: ["--reference-sync", "2"], with: ["--reference-mix", "1"]),
      "semantics": Trial(
        without: objective("sigmoid:1,sft:1"), with: ["--semantics", "trl-1", "--micro-pairs", "1"]),
      "micro-pairs": Trial(
        without: objective("sigmoid:1,sft:1", "--semantics", "trl-1", "--micro-pairs", "1"),
        with: ["--micro-pairs", "3"]),
      "prompt-format": Trial(with: ["--prompt-format", "raw"], data: strings),
      "chat-template": Trial(with: ["--chat-template", template], data: strings),
      "train-on": Trial(
        without: ["--train-on", "assistant"], with: ["--train-on", "last-turn"], data: long),
      "max-length": Trial(
        without: ["--truncation", "keep-start", "--max-length", "90"], with: ["--max-length", "60"]),
      "truncation": Trial(
        without: ["--truncation", "keep-start", "--max-length", "140"],
        with: ["--truncation", "drop"]),
      "lora-rank": number("lora-rank", "4"), "lora-alpha": number("lora-alpha", "8"),
      "lora-targets": number("lora-targets", "q_proj,v_proj"), "full": Trial(with: ["--full"]),
      "init-adapter": number("init-adapter", adapter),
      "epochs": Trial(without: ["--max-steps", "9", "--epochs", "1"], with: ["--epochs", "2"]),
      "max-steps": number("max-steps", "3"), "batch-size": number("batch-size", "3"),
      "learning-rate": number("learning-rate", "1e-3"), "schedule": number("schedule", "constant"),
      "warmup-ratio": number("warmup-ratio", "0.5"), "weight-decay": number("weight-decay", "0.5"),
      "max-grad-norm": number("max-grad-norm", "0.01"), "seed": number("seed", "1"),
      "no-shuffle": Trial(with: ["--no-shuffle"]), "holdout": number("holdout", "0.3"),
      "eval-every": Trial(without: ["--holdout", "0.3"], with: ["--eval-every", "1"]),
      "sample-every": number("sample-every", "2"),
      "sample-prompts": number("sample-prompts", "none"),
      "stop-when": number("stop-when", "grad_norm>1e-9"),
      "limit": number("limit", "8"), "dtype": number("dtype", "float32"),
      "base-weights": number("base-weights", "int8"),
      "skip-bad": Trial(
        without: ["--limit", "13"], with: ["--skip-bad"], data: broken),
    ]
  }

  /// What a run came to, timings left out; the message where it was refused.
  private func outcome(_ folder: Folder, _ arguments: [String], data: String?) throws -> String {
    let run = "run-\(UUID().uuidString)"
    // The last of an option given twice holds, for a run as for a person.
    let outcome = try Program.run(
      ["tune", "--output", folder.path(run), "--data", data ?? Example.pairs]
        + Self.merged(Self.base + arguments))
    guard outcome.status == 0 else { return outcome.error }
    let metrics = try folder.lines("\(run)/metrics.jsonl").map { line in
      line.components(separatedBy: ", \"step_seconds\"")[0]
    }
    let result = ["adapter/adapter_model.safetensors", "model/model.safetensors"]
      .first { folder.exists("\(run)/\($0)") }
    let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.path("\(run)/\(result ?? "")")))
    return metrics.joined(separator: "\n") + bytes.base64EncodedString()
  }

  /// Each option once, with its last value.
  private static func merged(_ arguments: [String]) -> [String] {
    var order: [String] = []
    var values: [String: [String]] = [:]
    var current = ""
    for word in arguments {
      if word.hasPrefix("--") {
        current = word
        if values[word] == nil { order.append(word) }
        values[word] = []
      } else {
        values[current, default: []].append(word)
      }
    }
    return order.flatMap { [$0] + (values[$0] ?? []) }
  }

  /// The options of `tune`, as the program itself lists them.
  private static func options() throws -> Set<String> {
    let dump = try Program.run(["--experimental-dump-help"]).output
    let json = try JSONSerialization.jsonObject(with: Data(dump.utf8)) as? [String: Any]
    let commands = (json?["command"] as? [String: Any])?["subcommands"] as? [[String: Any]] ?? []
    let tune = commands.first { $0["commandName"] as? String == "tune" }
    let arguments = tune?["arguments"] as? [[String: Any]] ?? []
    return Set(
      arguments.compactMap { argument in
        (argument["names"] as? [[String: Any]] ?? [])
          .first { $0["kind"] as? String == "long" }?["name"] as? String
      })
  }

  @Test func everyOptionChangesTheResult() throws {
    let folder = try Folder()
    let first = try Program.run(
      ["tune", "--output", folder.path("first"), "--data", Example.pairs] + Self.base)
    #expect(first.status == 0, "\(first.error)")
    let trials = try Self.trials(folder)
    let known = Set(trials.keys).union(Self.others)
    #expect(try Self.options().subtracting(known).isEmpty, "options without a trial")
    var plain: [String: String] = [:]
    for (option, trial) in trials.sorted(by: { $0.key < $1.key }) {
      let key = "\(trial.without) \(trial.data ?? "")"
      let before = try plain[key] ?? outcome(folder, trial.without, data: trial.data)
      plain[key] = before
      let after = try outcome(folder, trial.without + trial.with, data: trial.data)
      #expect(!after.hasPrefix("error"), "--\(option): \(after)")
      #expect(before != after, "--\(option) changes nothing")
    }
  }
}
