import PenchantCore
import Synchronization

/// Shows how far a piece of work is: one live line on a terminal, a plain line now and then elsewhere.
///
/// Whatever stands on the live line is dropped from the right when the window is narrow: say the most
/// important first. Can be called from any thread.
final class ProgressLine: Sendable {
  private struct State {
    var stage = ""
    var started = ContinuousClock.now
    var shown: ContinuousClock.Instant?
    /// Whether the live line stands on the screen.
    var isVisible = false
  }

  private let terminal: Terminal
  private let state = Mutex(State())

  /// A live line is redrawn at most this often, a plain line written at most that often.
  private static let liveInterval: Duration = .milliseconds(100)
  private static let plainInterval: Duration = .seconds(10)

  init(terminal: Terminal = .error) { self.terminal = terminal }

  /// Columns to break text at, where a person looks.
  var textWidth: Int? { terminal.textWidth }

  /// A handler for what rooms below emit.
  var handler: ProgressHandler { { self.update($0) } }

  /// Shows how far an event's work is.
  func update(_ event: ProgressEvent) {
    update(stage: event.stage, completed: event.completed, total: event.total, unit: event.unit)
  }

  /// Shows how far the work is.
  /// - Parameters:
  ///   - stage: what is being done; a new stage starts a new clock.
  ///   - details: what else is worth knowing, most important first.
  ///   - rate: how fast it goes, where that is not `completed` by the time it took.
  ///   - remaining: seconds left, where the caller knows better than the share that is done.
  func update(
    stage: String, completed: Int, total: Int?, unit: String, details: [String] = [],
    rate: String? = nil, remaining: Double? = nil
  ) {
    state.withLock { state in
      let now = ContinuousClock.now
      if state.stage != stage {
        state.stage = stage
        state.started = now
        state.shown = nil
      }
      let isLast = total.map { completed >= $0 } ?? false
      let interval = terminal.isInteractive ? Self.liveInterval : Self.plainInterval
      if let shown = state.shown, now - shown < interval, !isLast { return }
      // Without a terminal, work that ends before the first interval is not worth a line.
      if !terminal.isInteractive, state.shown == nil, !isLast, now - state.started < interval {
        return
      }
      if !terminal.isInteractive, isLast, now - state.started < interval { return }
      state.shown = now
      let elapsed = (now - state.started) / .seconds(1)
      let left =
        remaining
        ?? total.flatMap {
          completed > 0 ? elapsed / Double(completed) * Double($0 - completed) : nil
        }
      show(
        Self.parts(
          stage: stage, completed: completed, total: total, unit: unit, details: details,
          rate: rate, elapsed: elapsed, left: left), &state)
    }
  }

  /// The pieces of a line, most important first: what is left matters more than how fast it goes.
  private static func parts(
    stage: String, completed: Int, total: Int?, unit: String, details: [String], rate: String?,
    elapsed: Double, left: Double?
  ) -> [String] {
    let count = total.map { "\(completed)/\($0)" } ?? "\(completed)"
    var parts = ["\(stage) \(count)\(unit.isEmpty ? "" : " \(unit)")"] + details
    let hasBegun = elapsed > 1 && completed > 0
    if hasBegun, let left, completed < total ?? .max {
      parts.append("\(NumberText.duration(left)) left")
    }
    if let rate {
      parts.append(rate)
    } else if hasBegun, details.isEmpty {
      parts.append(perTime(Double(completed) / elapsed))
    }
    return parts
  }

  /// `12/s`; in minutes or hours what takes longer than a second: `3.4/min`.
  private static func perTime(_ perSecond: Double) -> String {
    for (unit, seconds) in [("s", 1.0), ("min", 60)] where perSecond * seconds >= 1 {
      let value = perSecond * seconds
      return (value < 10 ? NumberText.fixed(value, 1) : NumberText.short(value)) + "/\(unit)"
    }
    return NumberText.fixed(perSecond * 3600, 1) + "/h"
  }

  private func show(_ parts: [String], _ state: inout State) {
    guard terminal.isInteractive else {
      terminal.write(parts.joined(separator: "  ") + "\n")
      return
    }
    var line = ""
    for (index, part) in parts.enumerated() {
      let longer = index == 0 ? part : line + "  " + part
      guard DisplayWidth.of(longer) < terminal.width || index == 0 else { break }
      line = longer
    }
    // Back to the first column, the line, and what stood behind it erased.
    terminal.write("\r\(line)\u{1b}[K")
    state.isVisible = true
  }

  /// Writes a line that stays, above the live one; what does not fit in it follows indented.
  func note(_ text: String) {
    clear()
    let indent = text.prefix { $0 == " " }
    let lines = TextWrapping.hanging(
      String(indent), String(text.dropFirst(indent.count)), width: terminal.textWidth.map { $0 - 2 }
    )
    for (index, line) in lines.enumerated() { terminal.line(index == 0 ? line : "  " + line) }
  }

  /// Takes the live line away.
  func clear() {
    state.withLock { state in
      if state.isVisible { terminal.write("\r\u{1b}[K") }
      state.isVisible = false
      state.shown = nil
    }
  }
}
