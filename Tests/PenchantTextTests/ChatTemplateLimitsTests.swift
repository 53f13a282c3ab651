import PenchantCore
import PenchantText
import Testing

/// Hostile templates end in an error, soon and without a trap.
@Suite struct ChatTemplateLimitsTests {
  private static func nested(_ open: String, _ close: String, _ count: Int) -> String {
    String(repeating: open, count: count) + "1" + String(repeating: close, count: count)
  }

  static let deep: [String] = [
    "{{ \(nested("(", ")", 5_000)) }}",
    "{{ \(nested("[", "]", 5_000)) }}",
    "{{ \(nested("{1:", "}", 5_000)) }}",
    "{{ \(nested("-", "", 5_000)) }}",
    "{{ \(nested("not ", "", 5_000)) }}",
    "{{ \(nested("x[", "]", 5_000)) }}",
    "{{ \(nested("x(", ")", 5_000)) }}",
    "{{ \(nested("1 if 1 else ", "", 5_000)) }}",
    "{{ 1\(nested(" if 1", "", 5_000)) }}",
    "{{ \(nested("x|default(", ")", 5_000)) }}",
    "{{ \(nested("x is eq(", ")", 5_000)) }}",
    "{% set \(nested("(", ")", 5_000)) = 1 %}",
    nested("{% if 1 %}", "{% endif %}", 5_000),
    nested("{% for x in y %}", "", 5_000),
    nested("{% macro m() %}", "", 5_000),
  ]

  @Test(arguments: deep)
  func nestingInTheSourceIsBounded(_ source: String) throws {
    let error = try #require(ChatTemplateFixtures.error(source))
    switch error.code {
    case .nestingExceeded(limit: 64), .syntax: break
    default: Issue.record("\(error)")
    }
  }

  @Test func longChainsAreNotNesting() throws {
    let sum = Array(repeating: "1", count: 10_000).joined(separator: " + ")
    #expect(try ChatTemplateFixtures.text("{{ \(sum) }}") == "10000")
    let text = Array(repeating: "'a'", count: 1_000).joined(separator: " ~ ")
    #expect(try ChatTemplateFixtures.text("{{ (\(text))|length }}") == "1000")
    let filters = String(repeating: "|upper|lower", count: 1_000)
    #expect(try ChatTemplateFixtures.text("{{ 'a'\(filters) }}") == "a")
    let either = Array(repeating: "0", count: 10_000).joined(separator: " or ")
    #expect(try ChatTemplateFixtures.text("{{ \(either) }}") == "0")
    let branches = String(repeating: "{% elif 0 %}", count: 5_000)
    #expect(try ChatTemplateFixtures.text("{% if 0 %}\(branches)x{% else %}y{% endif %}") == "y")
  }

  /// What runs forever, or nearly so, and what would take more memory than there is.
  static let endless: [String] = [
    "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "{% for a in range(99999) %}{% for b in range(99999) %}x{% endfor %}{% endfor %}",
    "{{ 'x' * 1000000000 }}",
    "{{ 1000000000000000000 * 'xy' }}",
    "{{ [0] * 9223372036854775807 }}",
    "{{ [0, 1] * 1000000000 }}",
    "{% set ns = namespace(s='xx') %}{% for i in range(99) %}{% set ns.s = ns.s ~ ns.s %}{% endfor %}",
    "{% set ns = namespace(s='xx') %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
    "{% set ns = namespace(s=[1]) %}{% for i in range(99) %}{% set ns.s = ns.s + ns.s %}{% endfor %}",
    "{% set ns = namespace(s='aa') %}{% for i in range(99) %}{% set ns.s = ns.s.replace('a', ns.s) %}{% endfor %}",
    "{% set ns = namespace(s=[1, 1]) %}{% for i in range(99) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s }}",
    "{% set ns = namespace(s=[1, 1]) %}{% for i in range(99) %}{% set ns.s = [ns.s, ns.s] %}{% endfor %}{{ ns.s|tojson }}",
    "{% set ns = namespace(s=[1], t=[1]) %}{% for i in range(99) %}{% set ns.s = [ns.s, ns.s] %}{% set ns.t = [ns.t, ns.t] %}{% endfor %}{{ ns.s == ns.t }}",
    "{% set s = 'a' * 4000000 %}{% for i in range(99999) %}{% if s[3000000] %}{% endif %}{% endfor %}",
    "{% set s = 'a' * 4000000 %}{% for i in range(99999) %}{% if 'aaaaaaaaab' in s %}{% endif %}{% endfor %}",
    "{% set s = 'a' * 4000000 %}{{ (s * 2).find(s ~ 'b') }}",
    "{% set s = 'a' * 4000000 %}{% for i in range(99999) %}{% set t = s|upper %}{% endfor %}",
    "{% set s = 'a' * 4000000 %}{% set l = [s] * 50000 %}{{ l|sort|length }}",
    "{% set s = 'a' * 4000000 %}{% set l = [s] * 50000 %}{{ l|join|length }}",
    "{% set s = 'a' * 4000000 %}{% set l = [s] * 50000 %}{{ l|unique|list|length }}",
    "{% set s = 'a' * 4000000 %}{% set l = [s] * 50000 %}{{ l|map('length')|sum }}",
    "{% set s = 'a' * 4000000 %}{{ s|list|length }}",
    "{{ ('a\n' * 400000)|indent('x' * 4000000) }}",
    "{{ [[[[1]]]]|tojson(indent=1000000000) }}",
    "{% set s = '\\x01' * 400000 %}{% for i in range(99) %}{% set t = [s] ~ '' %}{% endfor %}",
    "{{ 'a'.zfill(9223372036854775807) }}",
    "{{ [1]|batch(9223372036854775807, 0)|list }}",
    "{% for i in range(99999) %}{{ range(99999)|list|length }}{% endfor %}",
    "{{ 'a'.center(9223372036854775807) }}",
    "{{ 'a'|center(9223372036854775807) }}",
    "{{ [1]|slice(9223372036854775807)|list }}",
    "{{ ('%1000000d' * 400)|format(*([1] * 400)) }}",
    "{{ ('{0:1000000}' * 400).format(1) }}",
    "{{ ('{0:.1000000f}' * 400).format(1) }}",
    "{% set s = 'a ' * 2000000 %}{% for i in range(99999) %}{{ s|wordcount }}{% endfor %}",
    "{% set s = 'a ' * 2000000 %}{{ s|pprint|length }}{{ s|pprint|length }}{{ s|pprint|length }}",
    "{% set s = '<a' * 2000000 %}{% for i in range(99) %}{% set t = s|striptags %}{% endfor %}",
    "{% set s = '&' * 2000000 %}{% for i in range(99) %}{% set t = s|e|urlencode %}{% endfor %}",
    "{% set l = [{'k': 'a' * 4000000}] * 50000 %}{{ l|groupby('k')|length }}",
    "{% for i in range(99999) %}{{ strftime_now('%c' * 100000)|length }}{% endfor %}",
  ]

  @Test(arguments: endless)
  func workIsBounded(_ source: String) throws {
    let clock = ContinuousClock()
    let start = clock.now
    // A fifth of the standard, so that code that is not optimised ends soon as well.
    let limits = ChatTemplateLimits(steps: 200_000)
    let error = try #require(ChatTemplateFixtures.error(source, limits: limits))
    switch error.code {
    case .stepsExceeded(limit: 200_000), .outputExceeded(limit: 16_777_216): break
    default: Issue.record("\(error)")
    }
    // A second where the code is optimised and the machine is idle; the margin is for neither.
    #expect(start.duration(to: clock.now) < .seconds(30))
  }

  @Test func outputIsBounded() {
    let limits = ChatTemplateLimits(outputBytes: 100)
    let source = "{% for i in range(21) %}hello{% endfor %}"
    #expect(ChatTemplateFixtures.error(source, limits: limits)?.code == .outputExceeded(limit: 100))
    #expect(
      ChatTemplateFixtures.error("{{ 'x' * 101 }}", limits: limits)?.code
        == .outputExceeded(limit: 100))
  }

  @Test func sourceIsBounded() {
    let error = ChatTemplateFixtures.error("12345", limits: ChatTemplateLimits(sourceBytes: 4))
    #expect(error == ChatTemplateError(code: .sourceTooLong(limit: 4), line: 1))
  }

  @Test func rangesAreBounded() {
    for source in [
      "range(1000000000)", "range(100001)", "range(0, -100001, -1)",
      "range(-9223372036854775807, 9223372036854775807)",
    ] {
      #expect(
        ChatTemplateFixtures.error("{% for i in \(source) %}{% endfor %}")?.code
          == .rangeExceeded(limit: 100_000))
    }
  }

  @Test func rangesAtTheEdgeOfIntegersDoNotTrap() throws {
    let edge = "range(9223372036854775800, 9223372036854775807, 4)|list"
    #expect(
      try ChatTemplateFixtures.text("{{ \(edge) }}")
        == "[9223372036854775800, 9223372036854775804]")
    let down = "range(-9223372036854775807, -9223372036854775807 - 1, -9223372036854775807)|list"
    #expect(try ChatTemplateFixtures.text("{{ \(down) }}") == "[-9223372036854775807]")
  }

  @Test(arguments: [
    "9223372036854775807 + 1", "-9223372036854775807 - 2", "9223372036854775807 * 2", "10 ** 400",
    "2 ** 63", "(-2) ** 9223372036854775807", "(-9223372036854775807 - 1) // -1",
    "-(-9223372036854775807 - 1)", "(-9223372036854775807 - 1)|abs", "9223372036854775808",
    "'9223372036854775808'|int", "1e300|int", "'inf'|float|int", "[9223372036854775807, 1]|sum",
    "(-9223372036854775807 - 1) * -1",
  ])
  func integersThatDoNotFitAreErrors(_ expression: String) {
    #expect(ChatTemplateFixtures.error("{{ \(expression) }}")?.code == .integerOverflow)
  }

  @Test(arguments: [
    ("(-9223372036854775807 - 1) % -1", "0"), ("'abc'[9223372036854775807]", ""),
    ("'abc'[-9223372036854775807 - 1]", ""), ("'abc'[::9223372036854775807]", "a"),
    ("'abc'[::-9223372036854775807 - 1]", "c"), ("'abc'[-9223372036854775807 - 1:]", "abc"),
    ("[1][9223372036854775807]", ""), ("'x' * (-9223372036854775807 - 1)", ""),
    ("'' * 9223372036854775807", ""), ("[] * 9223372036854775807", "[]"),
    ("'a'.split('b', -9223372036854775807 - 1)", "['a']"),
    ("'5'.zfill(-9223372036854775807 - 1)", "5"), ("1 ** 9223372036854775807", "1"),
    ("'aa'.replace('a', 'b', 9223372036854775807)", "bb"),
    ("'aa'|truncate(9223372036854775807)", "aa"),
    ("'aa'.center(-9223372036854775807 - 1)", "aa"),
    ("'%d' % (-9223372036854775807 - 1)", "-9223372036854775808"),
    ("'%.20d' % (-9223372036854775807 - 1)", "-09223372036854775808"),
    ("'{:,}'.format(-9223372036854775807 - 1)", "-9,223,372,036,854,775,808"),
    ("[1]|slice(-9223372036854775807 - 1)|list", "[]"),
  ])
  func extremeNumbersDoNotTrap(_ expression: String, _ expected: String) throws {
    #expect(try ChatTemplateFixtures.text("{{ \(expression) }}") == expected)
  }

  @Test(arguments: [
    "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "{% macro a() %}{{ b() }}{% endmacro %}{% macro b() %}{{ a() }}{% endmacro %}{{ a() }}",
    "{% macro m(x) %}{% for i in [1] %}{% if x %}{{ (m(x)) }}{% endif %}{% endfor %}{% endmacro %}{{ m(1) }}",
    "{% macro m(x=m()) %}{% endmacro %}{{ m() }}",
    "{% macro m() %}{% call m() %}{{ caller() }}{% endcall %}{{ caller() }}{% endmacro %}{% call m() %}{% endcall %}",
    "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
  ])
  func recursionIsBounded(_ source: String) throws {
    let error = try #require(ChatTemplateFixtures.error(source))
    guard case .nestingExceeded = error.code else {
      Issue.record("\(error)")
      return
    }
  }

  @Test func nestedValuesAreBounded() {
    for wrapped in ["[ns.x]", "{'a': ns.x}", "(ns.x,)", "[ns.x.index]", "dict(a=ns.x)"] {
      let source =
        "{% set ns = namespace(x=[]) %}{% for i in range(99999) %}{% set ns.x = \(wrapped) %}{% endfor %}"
      let error = ChatTemplateFixtures.error(source)
      #expect(error?.code == .nestingExceeded(limit: 192), "\(wrapped)")
    }
  }

  @Test func knotsOfNamespacesLoopsAndMacrosAreHarmless() throws {
    let source = """
      {% set ns = namespace() %}{% set ns.self = ns %}{% for i in range(20000) -%}
      {% set ns.x = namespace(x=ns.x) %}{% set ns.loop = [ns.loop, loop][1] %}{% for j in [ns.loop] -%}
      {% set ns.loop = loop %}{{ '' if loop.changed(loop) }}{% endfor -%}
      {% endfor %}{{ ns.self.self.self is defined }}
      """
    #expect(try ChatTemplateFixtures.text(source) == "True")
  }

  @Test func deepInputIsAnError() {
    var json: JSON = "x"
    for _ in 0..<300 { json = .array([json]) }
    #expect(throws: ChatTemplateError(code: .nestingExceeded(limit: 192), line: 1)) {
      try ChatTemplateFixtures.text("", variables: JSONObject(["deep": json]))
    }
  }
}
