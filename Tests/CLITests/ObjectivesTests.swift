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

  @Test func oneObjectiveIsShownWithItsOptions() throws {
    let outcome = try Program.run(["objectives", "aot_pair"])
    #expect(
      outcome.output == """
        aot_unpaired (also: aot_pair)
          loss   -log sigmoid(beta d) by rank, rho_chosen and rho_rejected sorted over the step
          use    as aot, where answers to different prompts can be compared
          needs  pairs; a reference
          takes  --beta, default 0.1: the DPO paper's and TRL's
                 --label-smoothing, default 0: labels as they are
          also   --ld-alpha
          lists  can be a term of a weighted list
          from   AOT, arXiv 2406.05882
          page   docs/objectives/aot_unpaired.md

        """)
  }

  @Test func anUnknownNameIsAUsageError() throws {
    let outcome = try Program.run(["objectives", "simpoo"])
    #expect(outcome.status == 2)
    #expect(outcome.error.contains("did you mean simpo?"))
  }
}
