/// What a check found in a set of pairs.
package struct Finding: Sendable {
  /// A row, and what is the matter with it in a few words of our own.
  package struct Row: Sendable, Equatable {
    /// Index into the pairs.
    package let index: Int
    /// Never a text from the data.
    package let note: String

    package init(_ index: Int, _ note: String) {
      self.index = index
      self.note = note
    }
  }

  /// A figure by name: `share in chosen answers`.
  package struct Figure: Sendable, Equatable {
    package let name: String
    package let value: Double

    package init(_ name: String, _ value: Double) {
      self.name = name
      self.value = value
    }
  }

  /// Figures that are read side by side, in words: the report shows it.
  package struct Table: Sendable, Equatable {
    package let columns: [String]
    /// A cell for each column, the first its row's name.
    package let rows: [[String]]
  }

  package let check: Check
  /// That of the check, unless the finding is milder.
  package let severity: Severity
  /// Rows concerned.
  package let count: Int
  /// Rows looked at.
  package let population: Int
  /// The finding in one sentence with its figures.
  package let summary: String
  package let figures: [Figure]
  /// The rows concerned, in order; empty where the finding is about the whole.
  package let rows: [Row]
  /// What the patch does to rows of the finding.
  package let edits: [PatchEdit]
  package let table: Table?

  init(
    _ check: Check, severity: Severity? = nil, count: Int, of population: Int, summary: String,
    figures: [Figure] = [], rows: [Row] = [], edits: [PatchEdit] = [],
    table: Table? = nil
  ) {
    self.check = check
    self.severity = severity ?? check.severity
    self.count = count
    self.population = population
    self.summary = summary
    self.figures = figures
    self.rows = rows
    self.edits = edits
    self.table = table
  }

  /// `count` as a share of `population`.
  package var share: Double { population == 0 ? 0 : Double(count) / Double(population) }
}
