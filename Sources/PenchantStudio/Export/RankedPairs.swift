/// An order that contradicts as little as possible of what people said of more than two answers.
///
/// Tideman's ranked pairs (Social Choice and Welfare 4, 1987): majorities are taken from the largest on, and one that
/// would close a circle with those taken already is left out.
package enum RankedPairs {
  /// A majority for one answer over another.
  package struct Majority: Sendable, Equatable {
    package let winner: Int
    package let loser: Int
    /// Votes for the winner minus votes for the loser.
    package let margin: Int

    package init(winner: Int, loser: Int, margin: Int) {
      self.winner = winner
      self.loser = loser
      self.margin = margin
    }
  }

  /// The majorities that hold together; equal margins in the order of the answers.
  package static func locked(_ majorities: [Majority], answers: Int) -> [Majority] {
    var beats = [Set<Int>](repeating: [], count: answers)
    var locked: [Majority] = []
    let order = majorities.sorted {
      ($1.margin, $0.winner, $0.loser) < ($0.margin, $1.winner, $1.loser)
    }
    for majority in order where !reaches(majority.loser, majority.winner, beats) {
      beats[majority.winner].insert(majority.loser)
      locked.append(majority)
    }
    return locked
  }

  private static func reaches(_ start: Int, _ goal: Int, _ beats: [Set<Int>]) -> Bool {
    var seen: Set<Int> = [start]
    var open = [start]
    while let place = open.popLast() {
      if place == goal { return true }
      for next in beats[place] where seen.insert(next).inserted { open.append(next) }
    }
    return false
  }
}
