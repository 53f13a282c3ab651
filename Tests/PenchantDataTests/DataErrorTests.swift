import PenchantCore
import PenchantData
import Testing

@Suite struct DataErrorTests {
  @Test func suggestsTheNearestFormat() throws {
    let file = try TemporaryFile("{}")
    let error = try #require(throws: DataError.self) { try file.read(format: "share-gpt") }
    #expect(error.category == .usage)
    #expect(error.identifier == "data-unknown-format")
    #expect(
      error.description
        == "there is no format 'share-gpt'\n  did you mean 'sharegpt'? "
        + "formats: trl-standard, trl-conversational, trl-implicit, sharegpt, hh, messages, "
        + "sharegpt-chat, prompt-completion, unpaired")
  }

  @Test func listsTheFormatsForAnUnknownShape() throws {
    let file = try TemporaryFile(#"{"text": ""}"#)
    let error = try #require(throws: DataError.self) { try file.read() }
    #expect(error.category == .input)
    #expect(
      error.remedy
        == "formats read: trl-standard {prompt, chosen, rejected} of strings; "
        + "trl-conversational {prompt, chosen, rejected} of message lists; prompt may be a string; "
        + "trl-implicit {chosen, rejected} that begin with the same prompt; "
        + "sharegpt {conversations: [{from, value}], chosen: {from, value}, rejected}; "
        + #"hh {chosen, rejected} of \n\nHuman: … \n\nAssistant: … transcripts; "#
        + "messages {messages} of one conversation; "
        + "sharegpt-chat {conversations: [{from, value}]} of one conversation; "
        + "prompt-completion {prompt, completion} of strings or message lists; "
        + "unpaired {prompt, completion, label} with a label of true or false")
  }

  @Test func tellsWhatToDo() {
    #expect(
      DataError(.missingKey(anywhere, key: "chosen", format: "hh")).remedy
        == "correct the row, or leave out such rows and have them counted with --skip-bad")
    #expect(
      DataError(.unsupportedKind(path: "p.gz", kind: "gzip")).remedy
        == "decompress it first; .jsonl and .json are read")
    #expect(
      DataError(.fractionOutOfRange(1)).description
        == "the share of prompts to hold out must be at least 0 and below 1, not 1.0")
  }
}
