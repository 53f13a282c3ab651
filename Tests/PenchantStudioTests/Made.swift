import Foundation
import GRDB
import PenchantCore
import PenchantData
import PenchantStudio
import Synchronization
import Testing

/// A folder that goes away with its owner.
final class Folder {
  let path: String

  init() {
    path = NSTemporaryDirectory() + "penchant-studio-" + UUID().uuidString
    try? FileManager.default.createDirectory(
      atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  var store: String { path + "/S.sqlite" }
}

/// A clock that is set by hand.
final class Clock: Sendable {
  private let time = Mutex<Int64>(1_800_000_000_000)
  var now: @Sendable () -> Int64 { { self.time.withLock { $0 } } }
  func advance(seconds: Int64) { time.withLock { $0 += seconds * 1000 } }
}

enum Made {
  static func pair(_ number: Int, file: String = "made.jsonl") throws -> StudioItem {
    try StudioItem(
      Pair(
        id: "row-\(number)", prompt: .text("Question \(number)?"),
        chosen: .text("Good answer \(number)"), rejected: .text("Poor answer \(number)"),
        source: RowLocation(file: file, row: number, line: number)))
  }

  static func pairs(_ count: Int) throws -> [StudioItem] { try (1...count).map { try pair($0) } }

  static func ranking(_ number: Int, answers: Int) -> StudioItem {
    let shared = Pair(
      id: "list-\(number)", prompt: .text("List \(number)?"), chosen: .text(""),
      rejected: nil, source: RowLocation(file: "made.jsonl", row: number, line: number))
    return StudioItem(
      RankedAnswers(
        shared: shared,
        answers: (0..<answers).map { .init(completion: .text("answer \($0)"), rank: Double($0)) }))
  }

  /// A studio with items and annotators `a1`, `a2`, ….
  static func studio(
    _ folder: Folder, items: [StudioItem], people: Int, rules: RoundRules, clock: Clock? = nil
  ) async throws -> (Studio, [Annotator]) {
    let studio = try Studio(
      path: folder.store,
      StudioOptions(changeRules: { $0 = rules }, now: clock?.now ?? StudioOptions.systemClock))
    _ = try await studio.add(items)
    var annotators: [Annotator] = []
    for number in 0..<people {
      let token = try await studio.link(for: "a\(number + 1)")
      annotators.append(try await studio.join(token: token, cookie: nil).annotator)
    }
    return (studio, annotators)
  }

  /// One judgement each, nothing doubled, no gold, no repeats.
  static let plain = RoundRules(votes: 1, overlap: 0, goldShare: 0, repeatShare: 0)

  static func judgement(
    _ task: JudgingTask, _ verdict: Verdict = .left, uuid: String = UUID().uuidString
  ) -> Judgement {
    guard task.kind == .ranking, verdict != .skip, verdict != .bothBad else {
      return Judgement(
        clientUUID: uuid, taskID: task.id, verdict: verdict, millisecondsVisible: 4000)
    }
    return Judgement(
      clientUUID: uuid, taskID: task.id, verdict: .ranked,
      ranking: task.answers.indices.map { [$0] }, millisecondsVisible: 9000)
  }
}

extension Studio {
  /// The next task, which there must be.
  func task(for annotator: Annotator) async throws -> JudgingTask {
    guard case .task(let task) = try await next(for: annotator) else {
      throw StudioError(.unknownTask)
    }
    return task
  }

  /// One column of the first row of a query, for looking into the store.
  func peek(_ sql: String) async throws -> Int64 {
    try await store.read { try Int64.fetchOne($0, sql: sql) ?? -1 }
  }

  func peekText(_ sql: String) async throws -> String? {
    try await store.read { try String.fetchOne($0, sql: sql) }
  }
}
