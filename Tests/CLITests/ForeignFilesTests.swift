import Foundation
import Testing

/// What is the user's own is neither removed nor written over, whatever the command.
@Suite struct ForeignFilesTests {
  private static let fast = [
    "--limit", "16", "--batch-size", "4", "--epochs", "1", "--sample-prompts", "none",
  ]

  /// Every file below a folder with its bytes, links as what they lead to.
  private static func tree(_ folder: Folder) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for name in FileManager.default.enumerator(atPath: folder.url.path) ?? .init() {
      guard let name = name as? String else { continue }
      files[name] = FileManager.default.contents(atPath: folder.path(name)) ?? Data()
    }
    return files
  }

  private static func copy(_ example: String, to path: String) throws {
    try FileManager.default.copyItem(
      atPath: Program.root.appendingPathComponent(example).path, toPath: path)
  }

  /// A folder as people have it who begin: a model, pairs, and something of their own.
  private static func project() throws -> Folder {
    let folder = try Folder()
    try copy(Example.model, to: folder.path("model"))
    try copy(Example.pairs, to: folder.path("pairs.jsonl"))
    for name in ["audit", "dpo", "beta-0.1", "checkpoints/step-000001"] {
      try FileManager.default.createDirectory(
        atPath: folder.path(name), withIntermediateDirectories: true)
      _ = try folder.write(name + "/thesis.tex", "mine\n")
    }
    _ = try folder.write("train.jsonl", "mine\n")
    return folder
  }

  @Test(arguments: [
    ["tune"], ["sft"], ["reward"], ["tune", "--sweep", "beta=0.1,0.3"], ["demo"], ["audit"],
  ])
  func aFolderOfTheUserIsNotReplaced(command: [String]) throws {
    let folder = try Self.project()
    let before = try Self.tree(folder)
    var words = command + ["--output", folder.url.path]
    if command[0] != "demo" {
      words += ["--model", folder.path("model"), "--data", folder.path("pairs.jsonl")]
    }
    if !["demo", "audit"].contains(command[0]) { words += Self.fast }
    for more in [[], ["--overwrite"]] {
      let outcome = try Program.run(words + more)
      #expect(outcome.status == 2, "\(outcome.error)")
      #expect(
        outcome.error.contains("\(folder.url.path) is there already and "), "\(outcome.error)")
      #expect(outcome.error.contains("nothing there was touched; name another --output"))
      #expect(!outcome.error.contains("--overwrite") && outcome.output == "")
      #expect(try Self.tree(folder) == before)
    }
    // A file in place of a folder.
    let file = folder.path("pairs.jsonl")
    words = words.map { $0 == folder.url.path ? file : $0 } + ["--overwrite"]
    let outcome = try Program.run(words)
    #expect(outcome.status == 2 && outcome.error == "error: \(file) is not a folder\n")
    #expect(try Self.tree(folder) == before)
  }

  @Test func aRunDoesNotRemoveWhatItReads() throws {
    let folder = try Folder()
    let run = folder.path("run")
    func tune(_ more: [String], model: String = Example.model, data: String = Example.pairs) throws
      -> Program.Outcome
    {
      try Program.run(
        ["tune", "--output", run, "--model", model, "--data", data] + Self.fast.dropLast(2) + more)
    }
    let first = try tune(["--full", "--learning-rate", "1e-4", "--sample-prompts", "none"])
    #expect(first.status == 0, "\(first.error)")
    let prompts = try folder.write("run/checkpoints/p.jsonl", #"{"prompt": "Why?"}"# + "\n")
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("link"), withDestinationPath: run + "/model")
    try Self.copy(Example.pairs, to: folder.path("own.jsonl"))
    try FileManager.default.linkItem(
      atPath: folder.path("own.jsonl"), toPath: run + "/heldout.jsonl")
    let before = try Self.tree(folder)
    let refused: [(String, String, Program.Outcome)] = [
      ("model", "model is", try tune(["--overwrite"], model: run + "/model")),
      ("model", "model is", try tune(["--overwrite"], model: folder.path("link"))),
      ("data", "pairs.jsonl is", try tune(["--overwrite"], data: run + "/pairs.jsonl")),
      ("data", "heldout.jsonl is", try tune(["--overwrite"], data: folder.path("own.jsonl"))),
      (
        "eval-data", "metrics.jsonl is",
        try tune(["--overwrite", "--eval-data", run + "/../run/metrics.jsonl"])
      ),
      (
        "patch", "dropped.jsonl is", try tune(["--overwrite", "--patch", run + "/dropped.jsonl"])
      ),
      (
        "chat-template", "report.html is",
        try tune(["--overwrite", "--chat-template", run + "/report.html"])
      ),
      (
        "sample-prompts", "checkpoints holds",
        try tune(["--overwrite", "--sample-prompts", prompts])
      ),
      (
        "config", "config.yaml is",
        try tune(["--overwrite", "--config", run + "/config.yaml", "--full"])
      ),
    ]
    for (option, what, outcome) in refused {
      #expect(outcome.status == 2, "\(option): \(outcome.error)")
      #expect(
        outcome.error == """
          error: \(run)/\(what) what --\(option) reads, and would be replaced
            nothing was touched; name another --output

          """)
    }
    #expect(try Self.tree(folder) == before)
    // Without them it is a run like any other.
    let again = try tune(["--overwrite", "--sample-prompts", "none"])
    #expect(again.status == 0, "\(again.error)")
    #expect(!folder.exists("run/model") && folder.exists("run/adapter"))
    #expect(folder.exists("own.jsonl"))
    for option in ["--init-adapter=", "--reference=adapter:"] {
      let outcome = try tune(["--overwrite", option + run + "/adapter"])
      #expect(outcome.status == 2)
      #expect(outcome.error.contains("\(run)/adapter is what --"), "\(outcome.error)")
    }
    #expect(folder.exists("run/adapter/adapter_model.safetensors"))
  }

  @Test func anOutputIsNeverItsOwnInput() throws {
    let folder = try Self.project()
    let (data, model) = (folder.path("pairs.jsonl"), folder.path("model"))
    try FileManager.default.createSymbolicLink(
      atPath: folder.path("link.jsonl"), withDestinationPath: data)
    try FileManager.default.linkItem(atPath: data, toPath: folder.path("hard.jsonl"))
    try Self.copy(Example.pairs, to: folder.path("pairs.json.sidecar.jsonl"))
    let trl = try folder.write("trl.yaml", "beta: 0.1\nlearning_rate: 1e-5\n")
    let before = try Self.tree(folder)
    let sidecar = folder.path("pairs.json.sidecar.jsonl")
    let cases: [(words: [String], target: String, option: String)] = [
      (["score", "--model", model, "--data", data, "--output", data], data, "data"),
      (
        ["score", "--model", model, "--data", data, "--output", folder.path("link.jsonl")],
        folder.path("link.jsonl"), "data"
      ),
      (
        ["score", "--model", model, "--data", data, "--output", model + "/config.json"],
        model + "/config.json", "model"
      ),
      (
        ["generate", "--model", model, "--data", data, "--output", folder.path("hard.jsonl")],
        folder.path("hard.jsonl"), "data"
      ),
      (["convert", "--data", data, "--to", "sharegpt", "--output", data], data, "data"),
      (
        ["convert", "--data", sidecar, "--to", "sharegpt", "--output", folder.path("pairs.json")],
        sidecar, "data"
      ),
      (["convert", "--config", trl, "--output", trl], trl, "config"),
    ]
    for (words, target, option) in cases {
      for more in [[], ["--overwrite"]] {
        let outcome = try Program.run(words + more)
        #expect(outcome.status == 2)
        #expect(
          outcome.error == """
            error: \(target) is what --\(option) reads, and would be replaced
              nothing was touched; name another --output

            """)
      }
    }
    #expect(try Self.tree(folder) == before)
    // An audit's folder that holds what is audited.
    let audit = ["audit", "--data", data, "--fail-on", "none", "--output", folder.path("first")]
    #expect(try Program.run(audit).status == 0)
    let patched = try Program.run(
      ["audit", "--data", folder.path("first/patch.jsonl"), "--output", folder.path("first")]
        + ["--overwrite"])
    #expect(patched.status == 2)
    #expect(patched.error.contains("first holds what --data reads, and would be replaced"))
    #expect(try Program.run(audit + ["--overwrite"]).status == 0)
  }

  @Test func judgementsAreNotExportedOverTheirStore() throws {
    let folder = try Folder()
    let studio = try LabelStudio(folder)
    _ = try studio.start(["--data", Example.pairs, "--limit", "2"])
    #expect(studio.stop() == 0)
    let store = folder.path("S.sqlite")
    let before = try Data(contentsOf: URL(fileURLWithPath: store))
    for more in [[], ["--overwrite"]] {
      let outcome = try Program.run(["label", "--store", store, "--export", store] + more)
      #expect(outcome.status == 2)
      #expect(
        outcome.error == """
          error: \(store) is what --store reads, and would be replaced
            nothing was touched; name another --export

          """)
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: store)) == before)
  }
}

/// What can be known before the work is said before it.
@Suite struct EarlyRefusalTests {
  private static let run = ["tune", "--model", Example.model, "--data", Example.pairs]

  @Test(arguments: [
    (["--init-adapter", "/nowhere"], "/nowhere/adapter_config.json does not exist"),
    (["--reference", "adapter:/nowhere"], "/nowhere/adapter_config.json does not exist"),
    (["--init-adapter", Example.model], "\(Example.model) is a model, not an adapter"),
    (["--sample-prompts", "/nowhere.jsonl"], "/nowhere.jsonl does not exist"),
    (["--patch", "/nowhere.jsonl"], "/nowhere.jsonl does not exist"),
    (["--eval-data", "/nowhere.jsonl"], "/nowhere.jsonl does not exist"),
    (["--chat-template", "/nowhere.jinja"], "/nowhere.jinja does not exist"),
  ])
  func whatARunReadsIsThereBeforeItBegins(options: [String], message: String) throws {
    let folder = try Folder()
    for more in [[], ["--sweep", "beta=0.1,0.3"]] {
      let outcome = try Program.run(
        Self.run + ["--output", folder.path("run")] + options + more)
      #expect(outcome.status == 2)
      #expect(outcome.error.hasPrefix("error: \(message)\n"), "\(outcome.error)")
      // Nothing was read, and nothing is in the way of the next try.
      #expect(outcome.output == "" && !folder.exists("run"))
    }
  }

  @Test func aPlaceWhereNothingCanBeWrittenIsSaidFirst() throws {
    let folder = try Folder()
    let file = try folder.write("file", "mine")
    for words in [
      Self.run, Self.run + ["--sweep", "beta=0.1,0.3"], ["demo"],
      ["audit", "--data", Example.pairs],
    ] {
      let outcome = try Program.run(words + ["--output", file + "/below/it"])
      #expect(outcome.status == 2)
      #expect(outcome.error == "error: \(file) is not a folder\n")
      #expect(outcome.output == "")
    }
    let none = folder.path("none")
    for words in [
      ["score", "--model", Example.model, "--data", Example.pairs, "--output", none + "/x"],
      ["generate", "--model", Example.model, "--data", Example.pairs, "--output", none + "/x"],
      ["convert", "--data", Example.pairs, "--to", "sharegpt", "--output", none + "/x"],
      ["label", "--data", Example.pairs, "--store", none + "/x"],
    ] {
      let outcome = try Program.run(words)
      #expect(outcome.status == 2)
      #expect(
        outcome.error == """
          error: there is no folder \(none)
            make it first, or choose another place

          """)
    }
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["file"])
  }

  /// Its figures may say why it failed; what is in the way says the one thing that works.
  @Test func aRunThatFailedAfterAStepIsBegunAnew() throws {
    let folder = try Folder()
    let words =
      Self.run + [
        "--limit", "16", "--batch-size", "4", "--epochs", "1", "--sample-prompts", "none",
      ]
    // A learning rate that makes numbers which are none, before the first checkpoint.
    let failing = words + ["--learning-rate", "1e30", "--max-grad-norm", "0"]
    for (name, more) in [("run", []), ("sweep", ["--sweep", "beta=0.1,0.3"])] {
      let place = more + ["--output", folder.path(name)]
      let failed = try Program.run(failing + place)
      #expect(failed.status == 3 && failed.error.contains("not finite"), "\(failed.error)")
      let again = try Program.run(failing + place)
      #expect(again.status == 2 && again.error.contains("--overwrite"), "\(again.error)")
      let anew = try Program.run(words + place + ["--overwrite"])
      #expect(anew.status == 0, "\(anew.error)")
    }
    #expect(folder.exists("run/adapter/adapter_model.safetensors"))
  }

  @Test func theFolderThatIsMeantIsNamed() throws {
    let folder = try Folder()
    let run = folder.path("run")
    let words = Self.run.dropFirst(3) + ["--limit", "4"]
    let tuned = try Program.run(
      ["tune", "--model", Example.model, "--output", run, "--sample-prompts", "none"] + words)
    #expect(tuned.status == 0, "\(tuned.error)")
    let score = ["score", "--output", folder.path("scores.jsonl")] + words
    let adapter = try Program.run(score + ["--model", Example.model, "--adapter", run])
    #expect(adapter.status == 2)
    #expect(
      adapter.error == """
        error: \(run) is not an adapter, but holds one
          name \(run)/adapter

        """)
    let model = try Program.run(score + ["--model", run + "/adapter"])
    #expect(model.status == 2)
    #expect(
      model.error == """
        error: \(run)/adapter is an adapter, not a model
          name the model it was trained on, and \(run)/adapter as the adapter

        """)
  }

  @Test func aRankThatCouldNotBeReadAgainIsRefused() throws {
    let folder = try Folder()
    let outcome = try Program.run(
      Self.run + ["--output", folder.path("run"), "--lora-rank", "200000"])
    #expect(outcome.status == 2)
    #expect(outcome.error.hasPrefix("error: --lora-rank 200000 is out of range: 1 to 65536\n"))
    #expect(!folder.exists("run"))
  }
}
