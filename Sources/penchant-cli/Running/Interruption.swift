import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What SIGINT, SIGTERM and SIGHUP do: the first asks the work to stop at the next safe point, the second ends the
/// program at once.
enum Interruption {
  /// The first signal that arrived, 0 for none.
  private static let received = Atomic<Int32>(0)

  /// Starts listening; to be called once, before any work.
  static func install() {
    // Touched here so that no handler is the first to initialise it.
    received.store(0, ordering: .relaxed)
    let handler: @convention(c) (Int32) -> Void = { number in
      // Only what is allowed in a handler: an atomic and _exit.
      let exchange = Interruption.received.compareExchange(
        expected: 0, desired: number, ordering: .relaxed)
      // When a terminal goes away, system and shell send a SIGHUP each: the second is no haste.
      if !exchange.exchanged, number != SIGHUP { _exit(128 + number) }
    }
    var action = sigaction()
    #if canImport(Glibc)
      action.__sigaction_handler.sa_handler = handler
    #else
      action.__sigaction_u.__sa_handler = handler
    #endif
    action.sa_flags = SA_RESTART
    // Whoever started the program may have blocked them, as worker threads do, and a program inherits that.
    var heard = sigset_t()
    sigemptyset(&heard)
    for number in [SIGINT, SIGTERM, SIGHUP] where number != SIGHUP || !isIgnored(SIGHUP) {
      sigaction(number, &action, nil)
      sigaddset(&heard, number)
    }
    pthread_sigmask(SIG_UNBLOCK, &heard, nil)
  }

  /// Whether a signal is ignored; `nohup` starts programs so that outlive their terminal.
  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    sigaction(number, nil, &action)
    #if canImport(Glibc)
      let handler = action.__sigaction_handler.sa_handler
    #else
      let handler = action.__sigaction_u.__sa_handler
    #endif
    return unsafeBitCast(handler, to: Int.self) == unsafeBitCast(SIG_IGN, to: Int.self)
  }

  /// The signal that asked to stop, if any did.
  static var signalNumber: Int32? {
    let number = received.load(ordering: .relaxed)
    return number == 0 ? nil : number
  }

  /// What a signal did to the program.
  static func word(for number: Int32) -> String {
    switch number {
    case SIGTERM: "terminated"
    case SIGHUP: "hung up"
    default: "interrupted"
    }
  }

  /// Whether it was Ctrl-C.
  static var isFromKeyboard: Bool { signalNumber == SIGINT }

  /// Whether the work should stop.
  static var isRequested: Bool { signalNumber != nil }

  /// Forgets a first SIGINT, where it meant only the reply in progress.
  static func clear() { received.store(0, ordering: .relaxed) }

  /// Stops here if that was asked for.
  /// - Throws: ``CommandError`` that ends the program with the signal's exit code.
  static func check() throws(CommandError) {
    if isRequested { throw CommandError(.interrupted) }
  }
}
