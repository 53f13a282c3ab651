import PenchantCore
import PenchantData
import Testing

/// One row of every shape, as its tool writes it, and what it says.
struct Shape: CustomStringConvertible, Sendable {
  let format: String
  let row: String
  /// What the row says, in our own spelling: prompt, chosen, rejected, and what else a pair holds.
  let pairs: [String]

  var description: String { format }

  private static let q = #"[{"role": "user", "content": "Q"}]"#
  private static let c = #"[{"role": "assistant", "content": "C"}]"#
  private static let r = #"[{"role": "assistant", "content": "R"}]"#
  private static let turns =
    #""prompt": [{"role": "user", "content": "Q"}], "chosen": [{"role": "assistant", "content": "C"}], "#
    + #""rejected": [{"role": "assistant", "content": "R"}]"#
  private static let texts = #""prompt": "Q", "chosen": "C", "rejected": "R""#

  static let all: [Shape] = [
    Shape(
      format: "trl-standard", row: #"{"prompt": "Q", "chosen": "C", "rejected": "R", "n": 1}"#,
      pairs: [#"{"id": "1", \#(texts), "n": 1}"#]),
    // mlx-lm-lora
    Shape(
      format: "trl-standard",
      row: #"{"system": "S", "prompt": "Q", "chosen": "C", "rejected": "R"}"#,
      pairs: [#"{"id": "1", "system": "S", \#(texts)}"#]),
    Shape(
      format: "trl-conversational",
      row: #"{"prompt": \#(q), "chosen": \#(c), "rejected": \#(r), "weight": 0.5}"#,
      pairs: [#"{"id": "1", \#(turns), "weight": 0.5}"#]),
    Shape(
      format: "trl-conversational",
      row:
        #"{"prompt": \#(q), "chosen": {"role": "assistant", "content": "C"}, "rejected": {"role": "assistant", "content": "R"}}"#,
      pairs: [#"{"id": "1", \#(turns)}"#]),
    // UltraFeedback, binarized
    Shape(
      format: "trl-conversational",
      row:
        #"{"prompt": "Q", "prompt_id": "p", "chosen": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "C"}], "rejected": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "R"}], "messages": [{"role": "user", "content": "Q"}], "score_chosen": 8.5}"#,
      pairs: [
        #"{"id": "1", \#(turns), "prompt_id": "p", "messages": [{"role": "user", "content": "Q"}], "score_chosen": 8.5}"#
      ]),
    Shape(
      format: "trl-implicit",
      row:
        #"{"chosen": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "C"}], "rejected": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "R"}]}"#,
      pairs: [#"{"id": "1", \#(turns)}"#]),
    Shape(
      format: "trl-unpaired", row: #"{"prompt": "Q", "completion": "C", "label": false}"#,
      pairs: [#"{"id": "1", "prompt": "Q", "completion": "C", "label": false}"#]),
    Shape(
      format: "openai",
      row:
        #"{"input": {"messages": \#(q), "tools": [{"type": "function"}], "parallel_tool_calls": true}, "preferred_output": \#(c), "non_preferred_output": \#(r)}"#,
      pairs: [
        #"{"id": "1", \#(turns), "tools": [{"type": "function"}], "input": {"parallel_tool_calls": true}}"#
      ]),
    Shape(
      format: "nemo-rl",
      row:
        #"{"context": \#(q), "completions": [{"rank": 1, "completion": \#(r)}, {"rank": 0, "completion": \#(c), "reward": 2.5}], "task_name": "t"}"#,
      pairs: [
        #"{"id": "1", \#(turns), "task_name": "t", "chosen_details": {"rank": 0, "reward": 2.5}, "rejected_details": {"rank": 1}}"#
      ]),
    Shape(
      format: "nemo-aligner",
      row:
        #"{"prompt": "Q", "chosen_response": "C", "rejected_response": "R", "chosen_reward": 1.5}"#,
      pairs: [#"{"id": "1", \#(texts), "chosen_reward": 1.5}"#]),
    Shape(
      format: "axolotl-argilla",
      row:
        #"{"system": "S", "instruction": "Q", "chosen_response": "C", "rejected_response": "R"}"#,
      pairs: [#"{"id": "1", "system": "S", \#(texts)}"#]),
    Shape(
      format: "axolotl-intel",
      row: #"{"system": "S", "question": "Q", "chosen": "C", "rejected": "R"}"#,
      pairs: [#"{"id": "1", "system": "S", \#(texts)}"#]),
    Shape(
      format: "axolotl-icr", row: #"{"system": "S", "input": "Q", "chosen": "C", "rejected": "R"}"#,
      pairs: [#"{"id": "1", "system": "S", \#(texts)}"#]),
    Shape(
      format: "nectar",
      row:
        #"{"prompt": "Q", "answers": [{"answer": "M", "rank": 2.0}, {"answer": "C", "rank": 1.0, "model": "a"}, {"answer": "R", "rank": 3.0}], "turns": 1}"#,
      pairs: [
        #"{"id": "1", \#(texts), "turns": 1, "chosen_details": {"rank": 1.0, "model": "a"}, "rejected_details": {"rank": 3.0}}"#
      ]),
    Shape(
      format: "axolotl-chat",
      row:
        #"{"messages": \#(q), "chosen": {"role": "assistant", "content": "C"}, "rejected": {"role": "assistant", "content": "R"}}"#,
      pairs: [#"{"id": "1", \#(turns)}"#]),
    Shape(
      format: "alpaca",
      row: #"{"instruction": "Q", "input": "more", "chosen": "C", "rejected": "R", "history": []}"#,
      pairs: [
        #"{"id": "1", "prompt": "Q\nmore", "chosen": "C", "rejected": "R"}"#
      ]),
    Shape(
      format: "alpaca",
      row:
        #"{"instruction": "Q2", "input": "", "system": "S", "history": [["Q", "A"]], "chosen": "C", "rejected": "R"}"#,
      pairs: [
        #"{"id": "1", "prompt": [{"role": "system", "content": "S"}, {"role": "user", "content": "Q"}, {"role": "assistant", "content": "A"}, {"role": "user", "content": "Q2"}], "chosen": \#(c), "rejected": \#(r)}"#
      ]),
    Shape(
      format: "sharegpt",
      row:
        #"{"conversations": [{"from": "human", "value": "Q"}], "chosen": {"from": "gpt", "value": "C"}, "rejected": {"from": "gpt", "value": "R"}}"#,
      pairs: [#"{"id": "1", \#(turns)}"#]),
    Shape(
      format: "alpaca-kto",
      row: #"{"instruction": "Q", "input": "", "output": "C", "kto_tag": true}"#,
      pairs: [#"{"id": "1", "prompt": "Q", "completion": "C", "label": true}"#]),
    Shape(
      format: "sharegpt-kto",
      row:
        #"{"conversations": [{"from": "human", "value": "Q"}, {"from": "gpt", "value": "C"}], "kto_tag": false}"#,
      pairs: [#"{"id": "1", "prompt": \#(q), "completion": \#(c), "label": false}"#]),
    Shape(
      format: "messages-kto",
      row:
        #"{"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "C"}], "label": true}"#,
      pairs: [#"{"id": "1", "prompt": \#(q), "completion": \#(c), "label": true}"#]),
    Shape(
      format: "ms-swift",
      row:
        #"{"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "C"}], "rejected_response": "R"}"#,
      pairs: [#"{"id": "1", \#(turns)}"#]),
    Shape(
      format: "ms-swift",
      row:
        #"{"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "C"}], "rejected_messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "R"}]}"#,
      pairs: [#"{"id": "1", \#(turns)}"#]),
    Shape(
      format: "sagemaker",
      row:
        #"{"chosen": {"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "C"}]}, "rejected": {"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "R"}]}}"#,
      pairs: [#"{"id": "1", \#(turns)}"#]),
    Shape(
      format: "bedrock",
      row:
        #"{"system": [{"text": "S"}], "messages": [{"role": "user", "content": [{"text": "Q"}]}, {"role": "assistant", "candidates": [{"content": [{"text": "R"}], "preferenceLabel": "non-preferred"}, {"content": [{"text": "C"}], "preferenceLabel": "preferred"}]}]}"#,
      pairs: [
        #"{"id": "1", "prompt": [{"role": "system", "content": "S"}, {"role": "user", "content": "Q"}], "chosen": \#(c), "rejected": \#(r)}"#
      ]),
    Shape(
      format: "kaggle-arena",
      row:
        #"{"id": "7", "model_a": "m", "model_b": "n", "prompt": "Q", "response_a": "R", "response_b": "C", "winner": "model_b", "language": "en"}"#,
      pairs: [
        #"{"id": "7", "prompt": "Q", "chosen": "C", "rejected": "R", "model_a": "m", "model_b": "n", "winner": "model_b", "language": "en"}"#
      ]),
    Shape(
      format: "label-studio-min",
      row:
        #"{"id": 3, "prompt": "Q", "answer1": "R", "answer2": "C", "comparison": [{"selected": "right"}], "annotator": 1, "lead_time": 2.5}"#,
      pairs: [
        #"{"id": "3", "prompt": "Q", "chosen": "C", "rejected": "R", "annotator": 1, "lead_time": 2.5, "votes": {"w": 1, "l": 0, "t": 0, "bb": 0}}"#
      ]),
    Shape(
      format: "argilla-flat",
      row:
        #"{"id": "1", "prompt": "Q", "response1": "R", "response2": "C", "ranking.responses": [["response2", "response1"], ["response1", "response2"]], "ranking.responses.status": ["submitted", "draft"]}"#,
      pairs: [
        #"{"id": "1", "prompt": "Q", "chosen": "C", "rejected": "R", "ranking.responses": [["response2", "response1"], ["response1", "response2"]], "ranking.responses.status": ["submitted", "draft"], "chosen_details": {"field": "response2"}, "rejected_details": {"field": "response1"}}"#
      ]),
    Shape(
      format: "hh",
      row:
        #"{"chosen": "\n\nHuman: Q\n\nAssistant: C", "rejected": "\n\nHuman: Q\n\nAssistant: R"}"#,
      pairs: [
        #"{"id": "1", "prompt": "\n\nHuman: Q\n\nAssistant:", "chosen": " C", "rejected": " R"}"#
      ]),
    Shape(
      format: "tinker",
      row:
        #"{"comparison": {"prompt_conversation": \#(q), "completion_A": \#(r), "completion_B": \#(c)}, "label": "B"}"#,
      pairs: [#"{"id": "1", \#(turns)}"#]),
    Shape(
      format: "tinker",
      row:
        #"{"comparison": {"prompt_conversation": \#(q), "completion_A": \#(c), "completion_B": \#(r)}, "label": "Tie"}"#,
      pairs: [#"{"id": "1", \#(turns), "tie": true}"#]),
    Shape(
      format: "arena",
      row:
        #"{"question_id": "x", "model_a": "m", "model_b": "n", "winner": "model_b", "conversation_a": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "R"}], "conversation_b": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "C"}]}"#,
      pairs: [
        #"{"id": "x", \#(turns), "question_id": "x", "model_a": "m", "model_b": "n", "winner": "model_b"}"#
      ]),
    Shape(
      format: "arena",
      row:
        #"{"winner": "tie (bothbad)", "conversation_a": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "C"}], "conversation_b": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "R"}]}"#,
      pairs: [
        #"{"id": "1/1", "prompt": \#(q), "completion": \#(c), "label": false, "winner": "tie (bothbad)"}"#,
        #"{"id": "1/2", "prompt": \#(q), "completion": \#(r), "label": false, "winner": "tie (bothbad)"}"#,
      ]),
    Shape(
      format: "label-studio",
      row:
        #"{"id": 7, "data": {"prompt": "Q", "answer1": "R", "answer2": "C"}, "annotations": [{"completed_by": 1, "result": [{"type": "pairwise", "to_name": "answer1,answer2", "value": {"selected": "right"}}]}, {"was_cancelled": true, "result": []}]}"#,
      pairs: [
        #"{"id": "7", \#(texts), "annotations": [{"completed_by": 1, "result": [{"type": "pairwise", "to_name": "answer1,answer2", "value": {"selected": "right"}}]}, {"was_cancelled": true, "result": []}], "votes": {"w": 1, "l": 0, "t": 0, "bb": 0}}"#
      ]),
    Shape(
      format: "argilla",
      row:
        #"{"id": "a", "fields": {"prompt": "Q", "response1": "R", "response2": "C"}, "responses": {"rank": [{"value": [{"value": "response2", "rank": 1}, {"value": "response1", "rank": 2}], "user_id": "u", "status": "submitted"}, {"value": ["response1", "response2"], "status": "draft"}]}}"#,
      pairs: [
        #"{"id": "a", \#(texts), "responses": {"rank": [{"value": [{"value": "response2", "rank": 1}, {"value": "response1", "rank": 2}], "user_id": "u", "status": "submitted"}, {"value": ["response1", "response2"], "status": "draft"}]}, "chosen_details": {"field": "response2"}, "rejected_details": {"field": "response1"}}"#
      ]),
    Shape(
      format: "argilla",
      row:
        #"{"fields": {"prompt": "Q", "response1": "C", "response2": "R"}, "responses": [{"values": {"better": {"value": "response1"}}, "status": "submitted"}]}"#,
      pairs: [
        #"{"id": "1", \#(texts), "responses": [{"values": {"better": {"value": "response1"}}, "status": "submitted"}], "chosen_details": {"field": "response1"}, "rejected_details": {"field": "response2"}}"#
      ]),
    Shape(
      format: "messages",
      row:
        #"{"messages": [{"role": "user", "content": "Q"}, {"role": "assistant", "content": "C"}]}"#,
      pairs: [#"{"id": "1", "prompt": \#(q), "completion": \#(c)}"#]),
    Shape(
      format: "prompt-completion", row: #"{"prompt": "Q", "completion": "C"}"#,
      pairs: [#"{"id": "1", "prompt": "Q", "completion": "C"}"#]),
  ]
}

@Suite struct ShapeTests {
  @Test(arguments: Shape.all)
  func isRecognisedAndRead(shape: Shape) throws {
    let file = try TemporaryFile(shape.row)
    let result = try file.read()
    #expect(result.format == shape.format)
    let expected = try shape.pairs.map { try JSON.parse($0).sortedByKey }
    #expect(result.pairs.map { PairWriter.json($0).sortedByKey } == expected)
    let forced = try file.read(format: shape.format)
    #expect(forced.pairs == result.pairs)
  }

  @Test func stepwiseRowsAreRefusedByName() throws {
    let file = try TemporaryFile(#"{"prompt": "Q", "completions": ["a"], "labels": [true]}"#)
    #expect(
      file.failure()
        == "pairs:1: rows of trl-stepwise cannot be used: "
        + "its labels judge the steps of one answer, not answers")
  }

  @Test func aRowThatNobodyJudgedIsAnError() throws {
    let file = try TemporaryFile(
      #"{"data": {"prompt": "Q", "answer1": "a", "answer2": "b"}, "annotations": []}"#)
    #expect(file.failure() == "pairs:1: nobody has judged the answers of this row")
  }

  @Test func votesDecideByMajorityAndTieWhereTheyAreEven() throws {
    func vote(_ sides: [String]) throws -> Pair {
      let annotations = sides.map {
        #"{"result": [{"type": "pairwise", "value": {"selected": "\#($0)"}}]}"#
      }.joined(separator: ", ")
      return try read(
        LabelStudioFormat(),
        #"{"data": {"prompt": "Q", "answer1": "a", "answer2": "b"}, "annotations": [\#(annotations)]}"#
      )
    }
    let won = try vote(["left", "answer2", "right"])
    #expect(won.chosen == .text("b") && !won.isTie)
    #expect(won.extra["votes"] == ["w": 2, "l": 1, "t": 0, "bb": 0])
    #expect(try vote(["left", "right"]).isTie)
  }

  @Test func kaggleBattlesMayHaveTurnsAndFlags() throws {
    let csv = #"""
      id,model_a,model_b,prompt,response_a,response_b,winner_model_a,winner_model_b,winner_tie
      30,m,n,"[""Q1"",""Q2""]","[""A1"",""A2""]","[""B1"",""B2""]",0,1,0
      31,m,n,"[""Q""]","[""A""]","[""B""]",0,0,1
      32,m,n,[Q],A,B,1,0,0

      """#
    let file = try TemporaryFile(csv, name: "train.csv")
    let read = try file.read()
    #expect(read.summary.hasPrefix("read 3 pairs as kaggle-arena, 1 tie among them"))
    let turns = read.pairs[0]
    #expect(turns.prompt == .messages([Message(role: "user", content: "Q1")]))
    #expect(
      turns.chosen
        == .messages([
          Message(role: "assistant", content: "B1"), Message(role: "user", content: "Q2"),
          Message(role: "assistant", content: "B2"),
        ]))
    #expect(read.pairs[1].isTie && read.pairs[1].prompt == .text("Q"))
    // A prompt that begins with a bracket is no list.
    #expect(read.pairs[2].prompt == .text("[Q]") && read.pairs[2].chosen == .text("A"))

    #expect(
      try failure(
        KaggleArenaFormat(),
        #"{"prompt": ["a", "b"], "response_a": ["x"], "response_b": ["y", "z"], "winner": "tie"}"#)
        == "pairs.jsonl:9: 'response_a' must be as many turns as the prompt has, 2")
    #expect(
      try failure(
        KaggleArenaFormat(),
        #"{"prompt": "a", "response_a": "x", "response_b": "y", "winner_model_a": 1, "winner_model_b": 1, "winner_tie": 0}"#
      )
        == "pairs.jsonl:9: 'winner_model_a' must be 1 for one of the three winners and 0 for the others"
    )
  }

  @Test func bedrockRowsWithImagesOrWithoutAPreferenceAreErrors() throws {
    func row(_ content: String, _ labels: [String]) -> String {
      let candidates = labels.map {
        #"{"content": [{"text": "x"}], "preferenceLabel": "\#($0)"}"#
      }.joined(separator: ", ")
      return
        #"{"messages": [{"role": "user", "content": [\#(content)]}, {"role": "assistant", "candidates": [\#(candidates)]}]}"#
    }
    let words = #"{"text": "Q"}"#
    #expect(
      try failure(
        BedrockFormat(), row(#"{"image": {"format": "png"}}"#, ["preferred", "non-preferred"]))
        == "pairs.jsonl:9: 'messages[0].content[0]' is not supported, only text can be tuned on")
    #expect(
      try failure(BedrockFormat(), row(words, ["preferred", "preferred"]))
        == "pairs.jsonl:9: 'messages[1].candidates[1].preferenceLabel' must be preferred for one candidate "
        + "and non-preferred for another")
    #expect(
      try failure(BedrockFormat(), row(words, ["preferred"]))
        == "pairs.jsonl:9: 'messages[1].candidates[1]' is missing, which bedrock needs")
  }

  @Test func flatArgillaRecordsOfEitherVersionAreRead() throws {
    let first = try read(
      ArgillaFlatFormat(),
      #"""
      {"instruction": "Q", "response-1": "a", "response-2": "b", "ranking": [
       {"user_id": "u", "status": "submitted", "value": {"rank": [2, 1], "value": ["response-1", "response-2"]}},
       {"user_id": "v", "status": "discarded", "value": {"rank": [1, 2], "value": ["response-1", "response-2"]}}],
       "external_id": null}
      """#)
    #expect(first.chosen == .text("b") && !first.isTie)
    let rated = try read(
      ArgillaFlatFormat(),
      #"{"prompt": "Q", "response1": "a", "response2": "b", "rating_response1.responses": [4, 5], "rating_response2.responses": [3]}"#
    )
    #expect(rated.chosen == .text("a"))
    #expect(
      try failure(
        ArgillaFlatFormat(),
        #"{"prompt": "Q", "response1": "a", "response2": "b", "q.responses": []}"#)
        == "pairs.jsonl:9: nobody has judged the answers of this row")
  }

  @Test func argillaTakesTheMeanRank() throws {
    let pair = try read(
      ArgillaFormat(),
      #"""
      {"fields": {"prompt": "Q", "response1": "a", "response2": "b"}, "responses": {"q": [
       {"value": ["response1", "response2"]}, {"value": ["response2", "response1"]}, {"value": "tie"}]}}
      """#)
    #expect(pair.isTie)
    let rated = try read(
      ArgillaFormat(),
      #"""
      {"fields": {"prompt": "Q", "response1": "a", "response2": "b"}, "responses": {
       "rating_response1": [{"value": 2}], "rating_response2": [{"value": 5}]}}
      """#)
    #expect(rated.chosen == .text("b") && !rated.isTie)
  }
}

@Suite struct RankingTests {
  private func list(_ ranks: [Int]) -> String {
    let answers = ranks.enumerated().map { #"{"answer": "a\#($0)", "rank": \#($1)}"# }
    return #"{"prompt": "Q", "answers": [\#(answers.joined(separator: ", "))]}"#
  }

  private func pairs(_ ranks: [Int], _ rule: RankingRule) throws -> [String] {
    let file = try TemporaryFile(list(ranks))
    return try PairReader.read(path: file.path, options: .init(ranking: rule)).pairs.map {
      "\($0.id) \($0.chosen.text)>\($0.rejected?.text ?? "")\($0.isTie ? " tie" : "")"
    }
  }

  @Test func bestWorstTakesTheFirstOfEqualRanks() throws {
    #expect(try pairs([2, 1, 3, 1, 3], .bestWorst) == ["1 a1>a2"])
    #expect(try pairs([1, 2], .bestWorst) == ["1 a0>a1"])
  }

  @Test func allTakesEveryTwoOfDifferentRankAndNoTies() throws {
    #expect(try pairs([1, 2, 2], .all) == ["1/1 a0>a1", "1/2 a0>a2"])
    #expect(try pairs([3, 1, 2], .all) == ["1/1 a1>a0", "1/2 a1>a2", "1/3 a2>a0"])
  }

  @Test func equalRanksThroughoutAreATie() throws {
    for rule in RankingRule.allCases { #expect(try pairs([1, 1, 1], rule) == ["1 a0>a1 tie"]) }
  }

  @Test func theSummarySaysWhatWasMadeOfThem() throws {
    let file = try TemporaryFile(list([1, 2, 3]) + "\n" + list([1, 1]))
    #expect(
      try file.read().summary
        == "read 2 pairs as nectar, 1 tie among them, from 2 ranked lists "
        + "(best against worst, 1 answer between unused)")
    let all = try PairReader.read(path: file.path, options: .init(ranking: .all))
    #expect(
      all.summary
        == "read 4 pairs as nectar, 1 tie among them, from 2 ranked lists (all pairs of different rank)"
    )
  }

  @Test(arguments: [
    (#"[{"answer": "a", "rank": 1}]"#, "'answers' must be two answers or more"),
    (
      #"[{"answer": "a"}, {"answer": "b", "rank": 1}]"#,
      "'answers[0].rank' is missing, which nectar needs"
    ),
    (
      #"[{"answer": "a", "rank": "x"}, {"answer": "b", "rank": 1}]"#,
      "'answers[0].rank' must be a number, not a string"
    ),
  ])
  func namesWhatIsWrong(answers: String, message: String) throws {
    #expect(
      try failure(NectarFormat(), #"{"prompt": "Q", "answers": \#(answers)}"#)
        == "pairs.jsonl:9: " + message)
  }
}

extension JSON {
  /// The same value with the members of its objects in the order of their keys.
  var sortedByKey: JSON {
    switch self {
    case .object(let object):
      var sorted = JSONObject()
      for (key, value) in object.members.sorted(by: { $0.0 < $1.0 }) {
        sorted[key] = value.sortedByKey
      }
      return .object(sorted)
    case .array(let list): return .array(list.map(\.sortedByKey))
    default: return self
    }
  }
}
