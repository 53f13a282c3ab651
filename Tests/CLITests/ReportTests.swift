import Foundation
import Testing

@Suite struct ReportTests {
  private static let fast = [
    "--model", Example.model, "--data", Example.pairs, "--limit", "24", "--batch-size", "4",
    "--learning-rate", "1e-3", "--epochs", "1",
  ]

  private func tune(
    _ folder: Folder, _ more: [String], cache: String? = nil
  ) throws -> Program.Outcome {
    try Program.run(
      ["tune", "--output", folder.path("run")] + Self.fast + more,
      environment: cache.map { ["XDG_CACHE_HOME": $0] } ?? [:])
  }

  @Test func everyRunEndsWithAPageThatCanBeMadeAgain() throws {
    let folder = try Folder()
    let outcome = try tune(folder, ["--holdout", "0.25"])
    #expect(outcome.status == 0, "\(outcome.error)")
    #expect(outcome.output.contains("report    \(folder.path("run"))/report.html\n"))
    let page = try folder.text("run/report.html")
    for part in [
      "Preference tuning: run", "--learning-rate", "the DPO paper&#39;s and TRL&#39;s",
      "penchant chat <span class=\"option\">--model</span> \(Example.model)", "weights, SHA-256",
      "Before and after",
      "The model&#39;s own answers in the course of the run",
    ] {
      #expect(page.contains(part), "\(part)")
    }
    #expect(!page.contains("<script") && !page.contains("http://") && !page.contains("https://"))
    try FileManager.default.removeItem(atPath: folder.path("run/report.html"))
    let again = try Program.run(["report", folder.path("run")])
    #expect(again.status == 0, "\(again.error)")
    #expect(again.output == "\(folder.path("run"))/report.html\n")
    #expect(try folder.text("run/report.html") == page)
  }

  @Test func aFolderThatIsNoRunIsAnError() throws {
    let folder = try Folder()
    func failure(_ path: String) throws -> String {
      let outcome = try Program.run(["report", path])
      #expect(outcome.status == 2)
      return outcome.error
    }
    let remedy = "\n  name the folder that was the --output of tune, sft or reward\n"
    #expect(
      try failure(Example.model)
        == "error: \(Example.model) is no run: it holds no metrics.jsonl" + remedy)
    #expect(try failure("/nowhere") == "error: /nowhere does not exist" + remedy)
    let run = folder.path("run")
    try FileManager.default.createDirectory(
      atPath: run + "/checkpoints/step-000001", withIntermediateDirectories: true)
    _ = try folder.write("run/sweep.json", "{}")
    #expect(try failure(run).hasPrefix("error: \(run) is a sweep of several runs\n"))
    _ = try folder.write("run/metrics.jsonl", "")
    let stopped = try failure(run)
    #expect(stopped.contains("the run was stopped before its end\n  --resume goes on with it"))
    try FileManager.default.createDirectory(
      atPath: run + "/adapter", withIntermediateDirectories: true)
    let whole = try failure(run)
    #expect(whole.contains("what made the run wrote none") && !whole.contains("--resume"))
  }

  @Test func theReferenceIsComputedOnce() throws {
    let (first, second) = (try Folder(), try Folder())
    let cache = first.path("cache")
    #expect(
      try tune(first, [], cache: cache).error.contains("reference cache: 0 of 24 pairs known"))
    let again = try tune(second, ["--beta", "0.3"], cache: cache)
    #expect(again.error.contains("reference cache: 24 of 24 pairs known"))
    let off = try tune(try Folder(), ["--reference-cache", "off", "--beta", "0.3"], cache: cache)
    #expect(off.status == 0 && !off.error.contains("reference cache:"))
  }

  /// As in a container whose home cannot be written: a file stands where the folder should be.
  @Test func aCacheFolderThatCannotBeHadIsSaidAndNotNeeded() throws {
    let folder = try Folder()
    let file = try folder.write("file", "")
    let outcome = try tune(folder, [], cache: file)
    #expect(outcome.status == 0, "\(outcome.error)")
    #expect(
      outcome.output.contains(
        "cache     the reference is not kept for other runs: \(file) is not a folder"))
    #expect(folder.exists("run/adapter/adapter_model.safetensors"))
    #expect(try folder.text("run/report.html").contains("reference cache"))
    // A folder that was asked for is another matter.
    let asked = try tune(try Folder(), ["--reference-cache", "\(file)/mine"])
    #expect(asked.status == 2)
    #expect(asked.error.contains("error: \(file) is not a folder\n"))
  }

  @Test func aStoppedRunIsWholeAndSaysWhy() throws {
    let folder = try Folder()
    let outcome = try tune(folder, ["--stop-when", "grad_norm>1e-6"])
    #expect(outcome.status == 0, "\(outcome.error)")
    #expect(outcome.output.contains("stopped   after step 1: grad_norm is "))
    #expect(folder.exists("run/adapter/adapter_model.safetensors"))
    #expect(try folder.text("run/report.html").contains("Stopped after step 1 of 6: grad_norm is "))
  }

  @Test(arguments: [
    (["--stop-when", "kl"], "--stop-when kl is out of range: a figure, > or <, and a number"),
    (["--stop-when", "reward>1"], "there is no figure reward"),
    (["--stop-when", "eval_loss>1"], "this run has no figure eval_loss: no pairs are held out"),
    (["--stop-when", "kl>1", "--sample-prompts", "none"], "this run has no figure kl"),
    (["--sample-every", "5", "--sample-prompts", "none"], "--sample-prompts and --sample-every"),
    (["--sample-every=-1"], "--sample-every -1 is out of range"),
    (["--sample-prompts", "/nowhere.jsonl"], "/nowhere.jsonl does not exist"),
    (["--objective", "sft", "--reference-cache", "x"], "--reference-cache has no meaning"),
  ])
  func choicesThatMakeNoSenseAreRefused(options: [String], message: String) throws {
    let folder = try Folder()
    let outcome = try tune(folder, options)
    #expect(outcome.status == 2, "\(outcome.error)")
    #expect(outcome.error.contains(message), "\(outcome.error)")
    #expect(!folder.exists("run"))
  }

  @Test func samplingChangesWhatIsWrittenAndNothingThatIsTrained() throws {
    let prompts = try Folder()
    let file = try prompts.write("p.jsonl", #"{"id": "mine", "prompt": "Why?"}"# + "\n")
    var adapters: [Data] = []
    for (options, lines) in [
      (["--sample-prompts", "none"], 0), (["--sample-every", "2", "--sample-prompts", file], 4),
      (["--sample-prompts", file, "--tensorboard"], 2),
    ] {
      let folder = try Folder()
      let outcome = try tune(folder, options)
      #expect(outcome.status == 0)
      #expect((outcome.output + outcome.error).contains("before and after") == (lines > 0))
      let samples = folder.exists("run/samples.jsonl") ? try folder.lines("run/samples.jsonl") : []
      #expect(samples.count == lines && samples.allSatisfy { $0.contains(#""id": "mine""#) })
      #expect(folder.exists("run/tensorboard") == options.contains("--tensorboard"))
      adapters.append(
        try Data(
          contentsOf: URL(fileURLWithPath: folder.path("run/adapter/adapter_model.safetensors"))))
    }
    #expect(adapters[0] == adapters[1] && adapters[1] == adapters[2])
  }
}
