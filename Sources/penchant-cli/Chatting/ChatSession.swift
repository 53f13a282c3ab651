import PenchantEngine

/// The loop of a chat: reads lines, obeys commands, shows answers.
struct ChatSession {
  let sides: [Conversation]
  let terminal: Terminal
  var input = InputReader()

  /// Two answers stand side by side from this width on.
  private static let widthForColumns = 100

  static let help = """
    /retry            answer the last message again
    /reset            forget the conversation
    /system TEXT      begin anew with a system message (none without TEXT)
    /temperature T    0 is greedy
    /quit             end

    """

  /// Runs until the input ends.
  /// - Throws: `CommandError` if a signal ended it, as Ctrl-C at the prompt does.
  mutating func run() throws {
    if terminal.isInteractive { terminal.line("/help lists the commands") }
    while let line = try prompt() {
      guard !line.isEmpty else { continue }
      guard !input.mayBeCut(line) else {
        terminal.line(
          "a terminal hands over \(InputReader.mostTyped) bytes of a line at most, so this one may be cut; pipe it in"
        )
        continue
      }
      if line.hasPrefix("/") {
        guard try obey(line) else { return }
      } else {
        try answer(line)
      }
    }
    // What ended it, Ctrl-C or Ctrl-D, was typed on the prompt's line.
    if terminal.isInteractive { terminal.line() }
    try Interruption.check()
  }

  private mutating func prompt() throws -> String? {
    if terminal.isInteractive { terminal.write(terminal.style("you> ", .bold, .cyan)) }
    return try input.next()
  }

  /// Follows a command; false when it ends the chat.
  private func obey(_ line: String) throws -> Bool {
    let parts = line.split(separator: " ", maxSplits: 1)
    let argument = parts.count > 1 ? String(parts[1]) : nil
    switch parts[0] {
    case "/help": terminal.write(Self.help)
    case "/quit", "/exit": return false
    case "/reset":
      for side in sides { side.reset() }
    case "/system":
      for side in sides { side.begin(system: argument) }
    case "/temperature":
      guard let value = argument.flatMap(Double.init), value >= 0, value.isFinite else {
        terminal.line("/temperature takes a number of 0 or more")
        break
      }
      for side in sides { side.set(temperature: value) }
    case "/retry":
      let messages = sides.map { $0.takeBack() }
      guard let message = messages.first ?? nil else {
        terminal.line("there is nothing to answer again")
        break
      }
      try answer(message)
    default: terminal.line("there is no command \(parts[0]); /help lists them")
    }
    return true
  }

  private func answer(_ text: String) throws {
    do {
      if sides.count > 1, terminal.isInteractive, terminal.width >= Self.widthForColumns {
        try answerInColumns(text)
      } else {
        for side in sides { try answerBelow(text, side) }
      }
    } catch let error as EngineError where error.code == .cancelled {
      // Ctrl-C meant this answer; a request to terminate means the program.
      guard Interruption.isFromKeyboard else { throw error }
      Interruption.clear()
      terminal.line(terminal.style(" (stopped)", .dim))
    }
  }

  private func answerBelow(_ text: String, _ side: Conversation) throws {
    let label = side.name.map { "\($0)> " } ?? "model> "
    terminal.write(terminal.style(label, .bold, side.name == "before" ? .yellow : .green))
    _ = try side.answer(text) { terminal.write(Terminal.harmless($0)) }
    terminal.line()
  }

  private func answerInColumns(_ text: String) throws {
    let replies = try sides.map { side in
      terminal.write("\r\u{1b}[K" + terminal.style("\(side.name ?? "") …", .dim))
      return try side.answer(text) { _ in }
    }
    terminal.write("\r\u{1b}[K")
    let width = (terminal.width - 3) / 2
    let columns = zip(sides, replies).map { side, reply in
      [side.name ?? ""] + TextWrapping.lines(Terminal.harmless(reply), width: width)
    }
    terminal.write(TextWrapping.sideBySide(columns[0], columns[1], width: width))
  }
}
