import PenchantAudit
import PenchantCore
import PenchantData
import Testing

@Suite("Checks of annotators") struct AnnotatorCheckTests {
  /// What one person said of a row.
  private func said(
    _ name: String, _ preferred: String, side: String = "left", seconds: Double = 60
  ) -> JSON {
    [
      "annotator": .string(name), "preferred": .string(preferred), "chosen_side": .string(side),
      "seconds": .number(JSONNumber(seconds)),
    ]
  }

  private func audit(_ judgements: (Int, inout PhiloxGenerator) -> [JSON]) throws -> Audit {
    var random = Philox(seed: 5, stream: .synthetic).generator()
    var pairs = Made.clean(120)
    for index in pairs.indices {
      pairs[index].extra["judgements"] = .array(judgements(index, &random))
    }
    return try Audit(pairs)
  }

  private func finding(_ audit: Audit, _ id: String) -> Finding? {
    audit.findings.first { $0.check.id == id }
  }

  @Test("careful people who agree are no finding") func clean() throws {
    let audit = try audit { index, random in
      ["ada", "ben"].map { name in
        let errs = random.nextInt(below: 10) == 0
        return said(
          name, errs ? "rejected" : "chosen",
          side: random.nextInt(below: 2) == 0 ? "left" : "right")
      }
    }
    #expect(finding(audit, "careless-annotators") == nil)
    // Chosen is what most said: the orientation of α must not come from it.
    #expect(finding(audit, "annotator-agreement") == nil)
    #expect(!audit.skipped.contains { $0.check.id == "careless-annotators" })
  }

  @Test("one who always takes the left side, and one who does not take the time") func careless()
    throws
  {
    let audit = try audit { index, random in
      let side = random.nextInt(below: 2) == 0 ? "left" : "right"
      return [
        said("ada", "chosen", side: side),
        said("ben", side == "left" ? "chosen" : "rejected", side: side),
        said("cleo", "chosen", side: side, seconds: 0.4),
      ]
    }
    let found = try #require(finding(audit, "careless-annotators"))
    #expect(found.severity == .warn)
    #expect(found.summary.hasPrefix("Of 3 annotators 2: ben: 120 times left and 0 times right; "))
    #expect(found.summary.hasSuffix("cleo: 100.0 % faster than anybody reads."))
    #expect(Set(found.rows.map(\.note)) == ["judged by ben", "judged by cleo"])
  }

  @Test("labels by lot agree as chance does") func chance() throws {
    let audit = try audit { _, random in
      ["ada", "ben"].map { said($0, random.nextInt(below: 2) == 0 ? "chosen" : "rejected") }
    }
    let found = try #require(finding(audit, "annotator-agreement"))
    #expect(found.summary.contains("which chance gives too"))
  }

  @Test("one who contradicts the rest is named") func outsider() throws {
    let audit = try audit { index, random in
      ["ada", "ben", "cleo", "dan"].map { name in
        let errs = random.nextInt(below: 10) == 0
        let isContrary = name == "dan" && index % 2 == 0
        return said(name, errs != isContrary ? "rejected" : "chosen")
      }
    }
    let found = try #require(finding(audit, "annotator-agreement"))
    #expect(found.summary.contains("dan agrees with others in "))
    #expect(!found.summary.contains("ada agrees"))
    #expect(found.rows.allSatisfy { $0.note == "judged by dan" })
  }

  @Test("without judgements the checks are said to be left out") func absent() throws {
    let audit = try Audit(Made.clean(40))
    #expect(audit.skipped.contains { $0.check.id == "careless-annotators" })
    #expect(audit.skipped.contains { $0.check.id == "annotator-agreement" })
  }
}
