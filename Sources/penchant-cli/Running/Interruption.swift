import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// What SIGINT and SIGTERM do: the first asks the work to stop at the next safe point, the second ends the
/// program at once.
enum Interruption {
  /// The first signal that arrived, 0 for none.
  private static let received = Atomic<Int32>(0)

  /// Starts listening; to be called once, before any work.
  static func install() {
    // Touched here so that no handler is the first to initialise it.
    received.store(0, ordering: .relaxed)
    listen(restartsReading: true)
  }

  /// Lets a signal end the wait for a line of input.
  static func endReading() { listen(restartsReading: false) }

  private static func listen(restartsReading: Bool) {
    let handler: @convention(c) (Int32) -> Void = { number in
      // Only what is allowed in a handler: an atomic and _exit.
      let exchange = Interruption.received.compareExchange(
        expected: 0, desired: number, ordering: .relaxed)
      if !exchange.exchanged { _exit(128 + number) }
    }
    var action = sigaction()
    #if canImport(Glibc)
      action.__sigaction_handler.sa_handler = handler
    #else
      action.__sigaction_u.__sa_handler = handler
    #endif
    action.sa_flags = restartsReading ? SA_RESTART : 0
    // Whoever started the program may have blocked them, as worker threads do, and a program inherits that.
    var heard = sigset_t()
    sigemptyset(&heard)
    for number in [SIGINT, SIGTERM] {
      sigaction(number, &action, nil)
      sigaddset(&heard, number)
    }
    pthread_sigmask(SIG_UNBLOCK, &heard, nil)
  }

  /// The signal that asked to stop, if any did.
  static var signalNumber: Int32? {
    let number = received.load(ordering: .relaxed)
    return number == 0 ? nil : number
  }

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
