import Foundation
import Testing

/// What a person meets at the prompt.
@Suite struct ChatTests {
  private static let chat = ["chat", "--model", Example.model]

  /// Every signal that asks to stop ends the wait for a line, at once and with its own status.
  @Test(
    arguments: [(SIGINT, "interrupted"), (SIGTERM, "terminated")]
      + (HangUp.isIgnored ? [] : [(SIGHUP, "hung up")]))
  func aSignalAtThePromptEndsTheConversation(signal: Int32, word: String) throws {
    let terminal = try PseudoTerminal(Self.chat)
    try terminal.wait(for: "you> ")
    kill(terminal.process.processIdentifier, signal)
    #expect(try terminal.end() == 128 + signal)
    // On a line of its own, not behind the prompt.
    #expect(terminal.shown.hasSuffix("\r\n\(word)\r\n"), "\(terminal.shown)")
  }

  @Test func theEndOfTheInputEndsTheConversation() throws {
    let terminal = try PseudoTerminal(Self.chat)
    try terminal.wait(for: "you> ")
    terminal.type("/nonsense\n")
    try terminal.wait(for: "there is no command /nonsense; /help lists them")
    terminal.type("\u{4}")
    #expect(try terminal.end() == 0)
  }

  @Test func aLineThatTheTerminalCutIsNotAnswered() throws {
    let terminal = try PseudoTerminal(Self.chat)
    try terminal.wait(for: "you> ")
    for _ in 0..<50 { terminal.type(String(repeating: "a", count: 100)) }
    terminal.type("\n")
    try terminal.wait(for: "so this one may be cut; pipe it in")
    #expect(!terminal.shown.contains("model> "))
  }

  /// Pieces end where they like: inside a character, before a line's end.
  @Test func pipedLinesArriveWhole() throws {
    let input = Pipe()
    let long = "/" + String(repeating: "ü", count: 150_000)
    let pieces: [[UInt8]] = [
      Array("/gr".utf8) + [0xc3], [0xbc] + Array("n\r".utf8), Array("\n\n\(long)\n".utf8),
      Array("/temperature -1".utf8),
    ]
    let writer = Thread {
      for piece in pieces {
        input.fileHandleForWriting.write(Data(piece))
        usleep(30_000)
      }
      try? input.fileHandleForWriting.close()
    }
    let outcome = try Program.run(Self.chat, standardInput: input) { _ in writer.start() }
    #expect(outcome.status == 0, "\(outcome.error)")
    #expect(
      outcome.output
        == "there is no command /grün; /help lists them\nthere is no command \(long); /help lists them\n"
        + "/temperature takes a number of 0 or more\n")
  }

  #if os(Linux)
    /// `F_SETPIPE_SZ` of Linux's fcntl.h, which the C library's module does not have.
    private static let setPipeSize: Int32 = 1031

    /// The answer cannot end before the signal comes: nobody reads it until then, and what takes it is nearly full.
    @Test func aSignalDuringAnAnswerStopsTheAnswerAlone() throws {
      let (input, output) = (Pipe(), Pipe())
      let (reader, writer) = (output.fileHandleForReading, output.fileHandleForWriting)
      let capacity = Int(fcntl(writer.fileDescriptor, Self.setPipeSize, 4096))
      try #require(capacity > 0)
      let filler = capacity - 64
      writer.write(Data(repeating: UInt8(ascii: "."), count: filler))
      input.fileHandleForWriting.write(Data("Hello\n".utf8))
      let outcome = try Program.run(
        Self.chat + ["--max-new-tokens", "500"], standardInput: input, standardOutput: output
      ) { process in
        try writer.close()
        var waiting: Int32 = 0
        while Int(waiting) < filler + "model> ".utf8.count, process.isRunning {
          usleep(1000)
          _ = ioctl(reader.fileDescriptor, UInt(FIONREAD), &waiting)
        }
        process.interrupt()
        // Until the signal is there the answer must stay stuck.
        usleep(50_000)
        input.fileHandleForWriting.write(Data("/nonsense\n/quit\n".utf8))
        try input.fileHandleForWriting.close()
        let shown = String(decoding: try reader.readToEnd() ?? Data(), as: UTF8.self)
        #expect(shown.dropFirst(filler).hasPrefix("model> "))
        #expect(
          shown.hasSuffix(" (stopped)\nthere is no command /nonsense; /help lists them\n"),
          "\(shown.suffix(200))")
      }
      #expect(outcome.status == 0, "\(outcome.error)")
    }
  #endif
}
