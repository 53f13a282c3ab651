import PenchantCore
import PenchantText
import Testing

@Suite("PreTokenizer and CanonicalForm") struct TokenizerSplitTests {
  @Test("splits as the tokenizers library does")
  func splits() throws {
    let rows = try #require(TokenizerFixtures.load("tokenizer-splits.json")["splits"]?.array)
    #expect(rows.count > 80)
    for row in rows {
      let component = try #require(row["component"])
      let text = try #require(row["text"]?.string)
      let pieces = try #require(row["pieces"]?.array).compactMap(\.string)
      let splitter = try PreTokenizer(json: TinyTokenizer.splitting(component))
      #expect(splitter.spelledPieces(of: text) == pieces, "\(component.text()) of \(text)")
    }
  }

  @Test("composes and decomposes as the tokenizers library does")
  func canonicalForms() throws {
    let rows = try #require(TokenizerFixtures.load("tokenizer-splits.json")["forms"]?.array)
    var changes = 0
    for row in rows {
      let text = Array(try #require(row["text"]?.string).utf8)
      for (form, key) in [(CanonicalForm.nfc, "nfc"), (.nfd, "nfd")] {
        let expected = Array(try #require(row[key]?.string).utf8)
        let result = form.normalized(text)
        if result != nil, expected != text { changes += 1 }
        #expect(result ?? text == expected, "\(key)")
      }
    }
    #expect(changes > 10)
  }

  @Test("leaves text alone that is in the form")
  func quickCheck() {
    #expect(CanonicalForm.nfc.normalized(Array("Plain text, Ünïcödé, 東京, 각".utf8)) == nil)
    #expect(CanonicalForm.nfd.normalized(Array("Plain text, 東京".utf8)) == nil)
    #expect(CanonicalForm.nfc.normalized([]) == nil)
  }
}
