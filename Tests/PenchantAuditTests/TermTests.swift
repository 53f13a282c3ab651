import PenchantAudit
import Testing

@Suite("Words found in texts, and exchanged") struct TermTests {
  private static let lexicon = Lexicon<Int>([
    ("he", 1), ("you are", 2), ("you are late", 3), ("don't", 4), ("late", 5),
  ])

  private static func found(_ text: String) -> [Int] {
    lexicon.matches(in: Array(text.utf8)).map(\.entry)
  }

  @Test("whole words alone, in any case") func words() {
    #expect(Self.found("He said: “he” (HE) he's he’s") == [1, 1, 1, 1, 1])
    #expect(Self.found("the she heat Hé héhe he2 ehe") == [])
    #expect(Self.found("") == [])
    #expect(Self.found("…") == [])
    #expect(Self.found("_he_ he-man") == [1, 1])
  }

  @Test("the longest phrase, over spaces and apostrophes only") func phrases() {
    #expect(Self.found("you are late") == [3])
    #expect(Self.found("you are lately") == [2])
    #expect(Self.found("you  are\nlate, you. are late") == [3, 5])
    #expect(Self.found("Don’t don't dont don t") == [4, 4, 4])
    #expect(Self.found("you are") == [2])
  }

  @Test("found where they stand") func ranges() throws {
    let text = Array("ü — You are he".utf8)
    let matches = Self.lexicon.matches(in: text)
    #expect(matches.map { String(decoding: text[$0.range], as: UTF8.self) } == ["You are", "he"])
  }

  @Test(
    "terms are exchanged, case kept",
    arguments: [
      ("gender", "He said that she came.", "She said that he came."),
      ("gender", "HE IS A KING", "SHE IS A QUEEN"),
      ("gender", "his book and her book", "her book and his book"),
      ("gender", "It is his. It is hers!", "It is hers. It is his!"),
      ("gender", "I saw him. I saw her.", "I saw her. I saw him."),
      ("gender", "I told her that his\nmother’s son", "I told him that her\nfather’s daughter"),
      (
        "gender", "Give her the key, make her feel at home",
        "Give him the key, make him feel at home"
      ),
      ("gender", "Mr Smith, theme, human, woman’s", "Ms Smith, theme, human, man’s"),
      ("given names", "John met mary and Mary.", "Jennifer met mary and James."),
      ("nationality", "A turkey from Turkey", "A turkey from Germany"),
      ("nationality", "French and CHINESE food", "Chinese and FRENCH food"),
      ("religion", "The Bible in a church", "The Quran in a mosque"),
      ("religion", "He met her", "He met her"),
    ])
  func exchanged(kind: String, text: String, wanted: String) {
    #expect(TermExchange.exchanged(text, kind: kind) == wanted)
    #expect(TermExchange.exchanged(wanted, kind: kind) == text)
  }

  @Test("insults, slurs, threats, and groups of people, each for itself") func toxic() {
    func counts(_ text: String) -> [UInt8] {
      let counts = ToxicTerms.counts(in: Array(text.utf8))
      return ToxicTerms.Sort.allCases.map { counts[$0.rawValue] }
    }
    #expect(counts("You IDIOT. Shut up, you’re stupid!") == [3, 0, 0, 0])
    #expect(counts("I'll kill you, you retard") == [0, 1, 1, 0])
    // What a group is called is no insult, and parts of words are nothing.
    #expect(counts("A Muslim, two Jews, black people and a gay couple") == [0, 0, 0, 4])
    #expect(counts("Scunthorpe, Dick Turpin, gaylord, a class assessment") == [0, 0, 0, 0])
    #expect(counts(String(repeating: "moron ", count: 300)) == [255, 0, 0, 0])
  }
}
