import Foundation
import Testing

/// What `--device` takes, finds, and says where it finds nothing.
@Suite struct DeviceTests {
  private static func inspection() throws -> [String: Any] {
    let outcome = try Program.run(["inspect", "--devices", "--json"])
    #expect(outcome.status == 0, "\(outcome.error)")
    let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
    return try #require(object as? [String: Any])
  }

  /// What `auto` takes here.
  private static let auto = (try? inspection())?["auto"] as? String ?? ""
  private static let hasGPU = auto != "cpu"

  private static func score(_ device: String, _ folder: Folder) throws -> Program.Outcome {
    try Program.run([
      "score", "--model", Example.model, "--data", Example.pairs, "--limit", "2", "--device",
      device, "--output", folder.path("scores.jsonl"),
    ])
  }

  @Test func everythingThereIsIsListed() throws {
    let object = try Self.inspection()
    let devices = try #require(object["devices"] as? [[String: Any]])
    #expect(devices[0]["name"] as? String == "cpu")
    #expect(devices[0]["threads"] as? Int ?? 0 > 0)
    #expect((devices[0]["available_instruction_sets"] as? [String])?.contains("plain") == true)
    for gpu in devices.dropFirst() {
      #expect((gpu["name"] as? String)?.hasPrefix("cuda:") == true)
      #expect(gpu["memory_bytes"] as? Int ?? 0 > 0)
      // It can be used, or it is said why not.
      #expect(gpu["memory_free_bytes"] is Int || gpu["problem"] is String)
    }
    let libraries = try #require(object["cuda_libraries"] as? [[String: Any]])
    #expect(libraries.compactMap { $0["name"] as? String } == ["driver", "NVRTC", "cuBLASLt"])
    #expect(libraries.allSatisfy { $0["path"] is String || $0["problem"] is String })
    #expect(devices.contains { $0["name"] as? String == object["auto"] as? String })

    let text = try Program.run(["inspect", "--devices"]).output
    #expect(text.contains("\ncuda  "), "\(text)")
    #expect(text.hasSuffix("auto  takes \(Self.auto)\n"), "\(text)")
  }

  @Test(.enabled(if: !hasGPU, "there is a GPU here"))
  func aGPUThatIsNotThereIsAnErrorThatSaysWhatIsMissing() throws {
    let folder = try Folder()
    let outcome = try Self.score("cuda", folder)
    #expect(outcome.status == 2)
    let missing = "\nerror: no GPU can be used: driver: none of libcuda.so.1, libcuda.so was found"
    #expect(outcome.error.contains(missing), "\(outcome.error)")
    #expect(!folder.exists("scores.jsonl"))
    // By itself the program takes what there is.
    #expect(try Self.score("auto", folder).status == 0)
  }

  @Test(arguments: ["cuda:x", "cuda:", "cuda:-1", "cuda:1:2", "gpu", ""])
  func aNameNobodyKnowsIsRefused(name: String) throws {
    let outcome = try Self.score(name, try Folder())
    #expect(outcome.status == 2)
    #expect(outcome.error.contains("--device"), "\(outcome.error)")
    #expect(outcome.error.contains("'cuda:N'"), "\(outcome.error)")
  }

  @Test(arguments: [
    "tune", "sft", "reward", "score", "chat", "generate", "inspect", "audit", "label", "bench",
  ])
  func everyVerbThatComputesTakesIt(verb: String) throws {
    let help = try Program.run([verb, "--help"]).output
      .split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(help.contains("--device <device>"), "\(help)")
    #expect(help.contains("auto, cpu, cuda, cuda:N; default: auto"), "\(help)")
  }

  @Test func whatARunComputedOnIsSavedAndGoneOnWith() throws {
    let folder = try Folder()
    let asked = [
      "tune", "--model", Example.model, "--data", Example.pairs, "--limit", "8", "--max-steps", "2",
      "--output", folder.path("run"),
    ]
    let outcome = try Program.run(asked)
    #expect(outcome.status == 0, "\(outcome.error)")
    #expect(outcome.output.contains("--device \(Self.auto) "), "\(outcome.output)")
    let saved = try folder.text("run/config.yaml")
    #expect(saved.contains("device: \(quoted(Self.auto))\n"), "\(saved)")
    if !Self.hasGPU { #expect(saved.contains("micro-tokens: 2048\n"), "\(saved)") }
    #expect(try Program.run(["tune", "--output", folder.path("run"), "--resume"]).status == 0)
  }

  /// A text as config.yaml has it.
  private func quoted(_ text: String) -> String { "\"\(text)\"" }

  @Test(.enabled(if: hasGPU, "there is no GPU that can be used here"))
  func bothDevicesTuneToTheSameFiguresWithinRounding() throws {
    let folder = try Folder()
    func losses(_ device: String) throws -> [Double] {
      let outcome = try Program.run([
        "tune", "--model", Example.model, "--data", Example.pairs, "--limit", "40", "--max-steps",
        "10", "--learning-rate", "1e-3", "--seed", "1", "--device", device, "--output",
        folder.path(device),
      ])
      #expect(outcome.status == 0, "\(outcome.error)")
      return try folder.lines("\(device)/metrics.jsonl").compactMap { line in
        let row = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        return row?["loss"] as? Double
      }
    }
    let (cpu, gpu) = (try losses("cpu"), try losses("cuda"))
    #expect(cpu.count == gpu.count && cpu.first == gpu.first)
    // bfloat16 has 2⁻⁸; a loss is a mean over pairs of sums over tokens.
    for (one, other) in zip(cpu, gpu) { #expect(abs(one - other) < 0.02 * one) }
  }
}
