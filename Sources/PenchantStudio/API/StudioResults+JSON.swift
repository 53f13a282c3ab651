package import PenchantCore

extension StudioResults {
  /// What `GET /api/results` answers and `penchant label --statistics --json` prints.
  package var json: JSON {
    [
      "items": .count(items), "gold_items": .count(goldItems), "judgements": .count(judgements),
      "annotators": .array(people.map(\.json)),
      "agreement": agreement.json, "ceiling": .optional(ceiling),
      "verdicts": .array(
        verdicts.map { ["verdict": .string($0.verdict.rawValue), "count": .count($0.count)] }),
      "sides": sides?.json ?? nil,
      "exports": .array(
        exports.map {
          [
            "rule": .string($0.rule.rawValue), "pairs": .count($0.pairs),
            "dropped": .count($0.dropped), "explanation": .string($0.rule.explanation),
          ]
        }),
    ]
  }
}

extension StudioResults.Estimate {
  var json: JSON {
    ["value": .optional(value), "lower": .optional(lower), "upper": .optional(upper)]
  }
}

extension StudioResults.Sides {
  var json: JSON { ["left": .count(left), "right": .count(right), "p": .optional(p)] }
}

extension StudioResults.Tally {
  var json: JSON { ["right": .count(right), "count": .count(count)] }
}

extension StudioResults.Agreement {
  var json: JSON {
    [
      "items": .count(items), "alpha": alpha?.json ?? nil,
      "alpha_ordinal": alphaOrdinal?.json ?? nil, "percent": percent?.json ?? nil,
      "gwet_ac1": .optional(gwet), "fleiss_kappa": .optional(fleiss), "noise": .optional(noise),
    ]
  }
}

extension StudioResults.Person {
  var json: JSON {
    [
      "name": .string(name), "role": .string(role.rawValue), "link_active": .bool(linkIsActive),
      "done": .count(progress.done), "total": .count(progress.total),
      "skipped": .count(progress.skipped), "judged": .count(judged), "comments": .count(comments),
      "agreement": agreement?.json ?? nil, "agreement_pairs": .count(agreementPairs),
      "side_bias": sides?.json ?? nil, "median_seconds": .optional(medianSeconds),
      "fast_share": .optional(fastShare), "self_consistency": selfConsistency?.json ?? nil,
      "gold": gold?.json ?? nil, "last_at": lastAt.map(JSON.count) ?? nil,
    ]
  }
}

extension JSON {
  static func count(_ value: Int) -> JSON { .number(JSONNumber(value)) }

  static func optional(_ value: Double?) -> JSON {
    value.map { .number(JSONNumber($0)) } ?? .null
  }
}
