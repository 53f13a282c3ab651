import Foundation
import Testing

/// What becomes of results that cannot be written.
@Suite struct OutputTests {
  #if os(Linux)
    @Test(arguments: [
      ["objectives"], ["objectives", "--json"], ["--help"],
      ["inspect", "--model", Example.model, "--json"],
    ])
    func aFullDiskIsAFailure(arguments: [String]) throws {
      let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
      let outcome = try Program.run(arguments, standardOutput: full)
      #expect(outcome.status == 3)
      #expect(outcome.error == "error: cannot write the standard output: No space left on device\n")
    }

    /// "No" would be an answer, and who asked has not got it.
    @Test func aNoThatIsLostIsAFailure() throws {
      let folder = try Folder()
      let data = try folder.write(
        "pairs.jsonl", #"{"prompt": "a", "chosen": "b", "rejected": "b"}"# + "\n")
      let arguments = ["audit", "--data", data, "--json", "--output", folder.path("audit")]
      #expect(try Program.run(arguments).status == 1)
      let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
      #expect(try Program.run(arguments + ["--overwrite"], standardOutput: full).status == 3)
    }
  #endif

  @Test func aReaderThatGoesAwayIsNoFailure() throws {
    let pipe = Pipe()
    try pipe.fileHandleForReading.close()
    let outcome = try Program.run(["objectives"], standardOutput: pipe.fileHandleForWriting)
    #expect(outcome.status == 0)
    #expect(outcome.error == "")
  }

  /// A file that the program opens must not take the place of an output it was started without.
  @Test func anOutputThatIsMissingIsNoFile() throws {
    let folder = try Folder()
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments =
      ["-c", "exec \"$@\" >&-", "sh", Program.executable.path]
      + ["score", "--model", Example.model, "--data", Example.pairs, "--limit", "2", "--output"]
      + [folder.path("scores.jsonl")]
    process.currentDirectoryURL = Program.root
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 3)
    let lines = try folder.lines("scores.jsonl")
    #expect(lines.count == 2 && lines.allSatisfy { $0.hasPrefix("{") })
  }
}
