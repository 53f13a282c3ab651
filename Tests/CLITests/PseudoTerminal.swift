import Foundation
import Testing

/// The program on a terminal at which the test is the person.
final class PseudoTerminal {
  let process = Process()
  private let person: Int32
  private let slave: FileHandle
  private var bytes: [UInt8] = []

  /// Long enough for a machine that does much else; a test that passes waits for nothing.
  private static let patience: TimeInterval = 60

  init(_ arguments: [String]) throws {
    var ends: (person: Int32, program: Int32) = (-1, -1)
    try #require(openpty(&ends.person, &ends.program, nil, nil, nil) == 0)
    person = ends.person
    slave = FileHandle(fileDescriptor: ends.program, closeOnDealloc: true)
    process.executableURL = Program.executable
    process.arguments = arguments
    process.currentDirectoryURL = Program.root
    process.environment = ProcessInfo.processInfo.environment.merging(["TERM": "xterm"]) { $1 }
    process.standardInput = slave
    process.standardOutput = slave
    process.standardError = slave
    try process.run()
  }

  deinit {
    if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    close(person)
  }

  /// Everything shown so far.
  var shown: String { String(decoding: bytes, as: UTF8.self) }

  func type(_ text: String) {
    let keys = Array(text.utf8)
    #expect(write(person, keys, keys.count) == keys.count)
  }

  /// Reads what is shown until `text` is part of it.
  func wait(for text: String) throws {
    let limit = Date(timeIntervalSinceNow: Self.patience)
    while !shown.contains(text) {
      try #require(Date() < limit && readSome(), "\(text) is not in \(shown)")
    }
  }

  /// Waits for the end.
  /// - Returns: the exit status.
  func end() throws -> Int32 {
    let limit = Date(timeIntervalSinceNow: Self.patience)
    while process.isRunning {
      try #require(Date() < limit, "it does not end: \(shown)")
      _ = readSome()
    }
    while readSome(waiting: 0) {}
    return process.terminationStatus
  }

  /// false once nobody has the terminal open any more, or nothing came.
  private func readSome(waiting: Int32 = 100) -> Bool {
    var wanted = pollfd(fd: person, events: Int16(POLLIN), revents: 0)
    guard poll(&wanted, 1, waiting) > 0 else { return waiting > 0 }
    var piece = [UInt8](repeating: 0, count: 4096)
    let count = read(person, &piece, piece.count)
    bytes += piece.prefix(max(0, count))
    return count > 0
  }
}
