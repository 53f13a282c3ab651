/// Rows in which one answer alone is or does something.
struct SideContrast {
  /// Rows looked at.
  let population: Int
  /// Rows where the chosen answer alone does.
  private(set) var chosen: [Int] = []
  /// Rows where the rejected answer alone does.
  private(set) var rejected: [Int] = []
  /// Answers that do, those of pairs where both do included.
  private(set) var answers = (chosen: 0, rejected: 0)

  /// - Parameter within: the rows to look at; nil for all.
  init(_ table: RowTable, within: [Int]? = nil, _ has: (AnswerFacts) -> Bool) {
    let indices = within ?? Array(table.rows.indices)
    population = indices.count
    for index in indices {
      let (left, right) = (has(table.rows[index].chosenFacts), has(table.rows[index].rejectedFacts))
      if left { answers.chosen += 1 }
      if right { answers.rejected += 1 }
      if left && !right { chosen.append(index) }
      if right && !left { rejected.append(index) }
    }
  }

  var excess: Int { chosen.count - rejected.count }
  /// Of the two-sided sign test.
  var p: Double { Statistics.signTest(chosen.count, rejected.count) }
  /// The rows of the side that has it more often.
  var prevailing: [Int] { excess > 0 ? chosen : rejected }
  var side: String { excess > 0 ? "chosen" : "rejected" }

  var figures: [Finding.Figure] {
    [
      .init("chosen only", Double(chosen.count)), .init("rejected only", Double(rejected.count)),
      .init("p", p),
    ]
  }
}
