import PenchantCore
import PenchantData
import Testing

@Suite struct DataErrorTests {
  static let names = """
    trl-standard, trl-conversational, trl-implicit, trl-unpaired, trl-stepwise, openai, nemo-rl, nemo-aligner, \
    axolotl-argilla, axolotl-intel, axolotl-icr, nectar, axolotl-chat, alpaca, sharegpt, alpaca-kto, sharegpt-kto, \
    bedrock, messages-kto, ms-swift, sagemaker, hh, tinker, arena, kaggle-arena, label-studio, label-studio-min, \
    argilla, argilla-flat, messages, sharegpt-chat, prompt-completion
    """

  @Test func suggestsTheNearestFormat() throws {
    let file = try TemporaryFile("{}")
    let error = try #require(throws: DataError.self) { try file.read(format: "share-gpt") }
    #expect(error.category == .usage)
    #expect(error.identifier == "data-unknown-format")
    #expect(
      error.description
        == "there is no format 'share-gpt'\n  did you mean 'sharegpt'? formats: " + Self.names)
  }

  @Test func listsTheFormatsForAnUnknownShape() throws {
    let file = try TemporaryFile(#"{"text": ""}"#)
    let error = try #require(throws: DataError.self) { try file.read() }
    #expect(error.category == .input)
    #expect(
      error.remedy
        == "formats read: \(Self.names); 'penchant convert --help' shows their members")
  }

  @Test func tellsWhatToDo() {
    #expect(
      DataError(.missingKey(anywhere, key: "chosen", format: "hh")).remedy
        == "correct the row, or leave out such rows and have them counted with --skip-bad")
    #expect(
      DataError(.unsupportedKind(path: "p.zst", kind: "zstd")).remedy
        == "decompress it first; .jsonl, .json, .csv, .tsv and .parquet are read, and .gz of them")
    #expect(
      DataError(.noDuckDB(path: "p.parquet", tried: ["a", "b"])).description
        == "p.parquet: Parquet files are read through DuckDB's library, which is not on this machine\n"
        + "  install libduckdb (duckdb.org, C/C++ library) or set PENCHANT_DUCKDB to its path; tried: a, b"
    )
    #expect(
      DataError(.wrongCellCount(anywhere, expected: 3, found: 2)).message
        == "pairs.jsonl:9: the record has 2 cells, the header 3")
    #expect(
      DataError(.refusedShape(anywhere, format: "trl-stepwise", reason: "it judges steps")).message
        == "pairs.jsonl:9: rows of trl-stepwise cannot be used: it judges steps")
    #expect(
      DataError(.fractionOutOfRange(1)).description
        == "the share of prompts to hold out must be at least 0 and below 1, not 1.0")
    #expect(
      DataError(.trainedOn(rows: 7, of: 9, first: [.init(row: anywhere, trained: anywhere)]))
        .description
        == "7 of 9 rows to measure on are trained on as they stand: pairs.jsonl:9 is pairs.jsonl:9 and 6 more\n"
        + "  what is measured on them is memory: take them out of --eval-data, or out of --data with the patch that "
        + "'penchant audit --eval-data' writes; --holdout puts rows of --data aside")
  }
}
