import Foundation
import Testing

@Suite struct ObjectivesTests {
  @Test func everyObjectiveHasItsFormula() throws {
    let outcome = try Program.run(["objectives"])
    #expect(outcome.status == 0)
    #expect(outcome.output.hasPrefix("sigmoid (also: dpo)\n  loss  "))
  }

  @Test func jsonCanBeRead() throws {
    let outcome = try Program.run(["objectives", "--json"])
    let list = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [[String: Any]]
    #expect(list?.contains { $0["name"] as? String == "sigmoid" } == true)
  }
}
