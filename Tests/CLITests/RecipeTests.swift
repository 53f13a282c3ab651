import Foundation
import Testing

/// Every recipe runs as its head says.
@Suite struct RecipeTests {
  private static let folder = "Examples/recipes"

  static var recipes: [String] {
    let path = Program.root.appendingPathComponent(folder).path
    let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
    return names.filter { $0.hasSuffix(".yaml") }.sorted()
  }

  /// The commands of a recipe's head, as words; runs go into `runs`.
  private func commands(of recipe: String, runs: String) throws -> [[String]] {
    let url = Program.root.appendingPathComponent(Self.folder).appendingPathComponent(recipe)
    let text = String(decoding: try Data(contentsOf: url), as: UTF8.self)
    return text.split(separator: "\n").filter { $0.hasPrefix("#   penchant ") }.map { line in
      line.split(separator: " ").dropFirst(2).map { word in
        word.hasPrefix("runs/") ? runs + word.dropFirst("runs".count) : String(word)
      }
    }
  }

  @Test(arguments: recipes) func runsAsWritten(recipe: String) throws {
    let folder = try Folder()
    let commands = try commands(of: recipe, runs: folder.url.path)
    #expect(!commands.isEmpty)
    #expect(commands.last?.contains("Examples/recipes/\(recipe)") == true)
    for command in commands {
      let outcome = try Program.run(command)
      #expect(outcome.status == 0, "\(outcome.error)")
    }
  }

  @Test func thereAreRecipes() {
    #expect(Self.recipes.count >= 5)
  }
}
