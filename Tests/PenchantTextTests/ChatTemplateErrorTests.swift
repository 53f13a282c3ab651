import PenchantCore
import PenchantText
import Testing

@Suite struct ChatTemplateErrorTests {
  @Test(arguments: [
    ("a\n{{ 'x' | nope }}", "chat template, line 2: there is no filter named 'nope'"),
    ("\n\n{{ x is nope }}", "chat template, line 3: there is no test named 'nope'"),
    ("{{ nope(1) }}", "chat template, line 1: there is no function named 'nope'"),
    ("{{ cycler('a') }}", "chat template, line 1: there is no function named 'cycler'"),
    (
      "{{ 'a'.encode() }}",
      "chat template, line 1: the method 'encode' of a string is not supported"
    ),
    ("{{\nx.y }}", "chat template, line 2: 'x' is undefined"),
    ("{{ {}['key'].y }}", "chat template, line 1: 'key' is undefined"),
    ("{{ {}['k' ~ 'ey'].y }}", "chat template, line 1: 'item' is undefined"),
    (
      "{{ [].append(1) }}",
      "chat template, line 1: 'append' would change a list, which is not allowed"
    ),
    ("{{ 1 + 'a' }}", "chat template, line 1: '+' cannot be applied to integer and string"),
    ("{{ 'a'.upper(1) }}", "chat template, line 1: 'upper' was given arguments it does not take"),
    ("{% set a, b = [1] %}", "chat template, line 1: expected 2 values to unpack, found 1"),
    ("{{ 'a'.split('') }}", "chat template, line 1: 'split' was given a value out of its range"),
    ("{{ 1 // 0 }}", "chat template, line 1: division by zero"),
    ("{{ range }}", "chat template, line 1: a function has no text"),
    ("{% if 1 %}", "chat template, line 1: '{% if %}' is not closed"),
    ("{% for x in y", "chat template, line 1: a tag has no end"),
    ("a\n{# b\n c", "chat template, line 2: a comment has no end"),
    ("\n{% raw %}", "chat template, line 2: a raw block has no end"),
    ("{{ 'a }}", "chat template, line 1: a string has no end"),
    ("{% nope %}", "chat template, line 1: there is no statement named 'nope'"),
    ("{% include 'x' %}", "chat template, line 1: the statement 'include' is not supported"),
    ("{{ 1 2 }}", "chat template, line 1: expected '}}', found a number"),
    ("{{ * }}", "chat template, line 1: unexpected '*'"),
    ("{{ ? }}", "chat template, line 1: unexpected character U+3f"),
    ("{{ '\\x' }}", "chat template, line 1: invalid escape in a string"),
    ("{{ 007 }}", "chat template, line 1: invalid number"),
    (
      "{% set true = 1 %}",
      "chat template, line 1: only names and attributes of namespaces can be assigned to"
    ),
    ("{% break %}", "chat template, line 1: 'break' outside of a loop"),
  ])
  func saysWhatIsWrongAndWhere(_ source: String, _ message: String) {
    #expect(ChatTemplateFixtures.error(source)?.message == message)
  }

  @Test func passesOnWhatTheTemplateRaises() throws {
    let source = "\n{{ raise_exception('Roles must alternate') }}"
    let error = try #require(ChatTemplateFixtures.error(source))
    #expect(error == ChatTemplateError(code: .raised("Roles must alternate"), line: 2))
    #expect(
      error.description == """
        chat template, line 2: Roles must alternate
          the template refuses this conversation; see which roles and order it asks for
        """)
    #expect(error.category == .input)
    #expect(error.identifier == "chat-template-raised")
  }

  @Test func namesItsLimits() throws {
    let error = try #require(ChatTemplateFixtures.error("{{ 'x' * 1000000000 }}"))
    #expect(error.identifier == "chat-template-limit")
    #expect(
      error.description == """
        chat template, line 1: the rendering takes more than 1000000 steps
          check where the template comes from: no published one needs this much
        """)
  }

  /// Pieces of templates in every order: whatever they make, it is a text or an error.
  @Test func disorderlySourcesNeverTrap() {
    let pieces = [
      "{{", "}}", "{%", "%}", "{#", "#}", "-", "+", " ", "\n", "if", "for", "x", "in", "[", "]",
      "(",
      ")", "{", "}", "'", "\"", "\\", "1", ".", "|", "is", "not", "set", "=", ":", ",", "endif",
      "endfor", "macro", "raw", "endraw", "~", "*", "**", "/", "%", "else", "length", "é", "\u{0}",
      "9999999999999999999", "1e999", "0x", "generation", "endgeneration", "call", "with", "filter",
    ]
    var state: UInt64 = 42
    var rendered = 0
    for _ in 0..<5_000 {
      var source = ""
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      for _ in 0..<(1 + state >> 60) {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        source += pieces[Int(state >> 33) % pieces.count]
      }
      if (try? ChatTemplateFixtures.text(source)) != nil { rendered += 1 }
    }
    #expect(rendered > 20)
  }
}
