import PenchantCore
import PenchantText
import Testing

@Suite struct ChatTemplateTests {
  private let messages: [JSON] = [
    ["role": "user", "content": "Grüße"], ["role": "assistant", "content": "né"],
  ]

  @Test func marksWhatTheAssistantSaysInBytes() throws {
    let template = try ChatTemplate(
      source: """
        {%- for m in messages -%}
        {%- if m.role == 'assistant' -%}
        {%- generation -%}{{ m.content }}</s>{%- endgeneration -%}
        {%- else -%}{{ m.content }}|{%- endif -%}
        {%- endfor -%}
        """)
    let rendering = try template.render(messages: messages, addGenerationPrompt: false)
    #expect(rendering.text == "Grüße|né</s>")
    #expect(rendering.generationSpans == [8..<15])
    #expect(rendering.unplacedGenerations == 0)
    #expect(template.marksGeneration)
    #expect(try !ChatTemplate(source: "generation").marksGeneration)
  }

  @Test func countsGenerationBlocksItCannotPlace() throws {
    let sources = [
      "{% macro m() %}a{% generation %}b{% endgeneration %}{% endmacro %}{{ m() }}",
      "{% set x %}a{% generation %}b{% endgeneration %}{% endset %}{{ x }}",
      "{% filter lower %}A{% generation %}B{% endgeneration %}{% endfilter %}",
    ]
    for source in sources {
      let template = try ChatTemplate(source: source)
      #expect(!template.marksGeneration)
      let rendering = try template.render(messages: [], addGenerationPrompt: false)
      #expect(rendering.text == "ab")
      #expect(rendering.generationSpans.isEmpty)
      #expect(rendering.unplacedGenerations == 1)
    }
  }

  @Test func variablesWinOverTheStandardNames() throws {
    let template = try ChatTemplate(source: "{{ add_generation_prompt }}{{ tools }}{{ bos_token }}")
    let rendering = try template.render(
      messages: [], addGenerationPrompt: true,
      variables: JSONObject(["bos_token": "<s>", "tools": [1]]))
    #expect(rendering.text == "True[1]<s>")
  }

  @Test func rendersTheSameFromSeveralTasksAtOnce() async throws {
    let template = try ChatTemplate(
      source: "{% for m in messages %}{{ loop.index }}{{ m.content }}{% endfor %}")
    let messages = messages
    try await withThrowingTaskGroup(of: String.self) { group in
      for _ in 0..<8 {
        group.addTask { try template.render(messages: messages, addGenerationPrompt: false).text }
      }
      for try await text in group { #expect(text == "1Grüße2né") }
    }
  }

  /// Expected values from Python's `datetime.strftime`.
  @Test(arguments: [
    (2024, 12, 30, "Mon 365 52 53 01 2025"), (2021, 1, 3, "Sun 003 01 00 53 2020"),
    (2023, 1, 1, "Sun 001 01 00 52 2022"), (2020, 2, 29, "Sat 060 08 08 09 2020"),
    (2026, 12, 31, "Thu 365 52 52 53 2026"), (2000, 3, 1, "Wed 061 09 09 09 2000"),
    (1900, 3, 1, "Thu 060 08 09 09 1900"), (2027, 1, 4, "Mon 004 01 01 01 2027"),
  ])
  func datesKnowTheirDayAndWeek(_ year: Int, _ month: Int, _ day: Int, _ expected: String) throws {
    let template = try ChatTemplate(source: "{{ strftime_now('%a %j %U %W %V %G') }}")
    let rendering = try template.render(
      messages: [], addGenerationPrompt: false,
      now: { ChatTemplateDate(year: year, month: month, day: day) })
    #expect(rendering.text == expected)
  }

  @Test func theClockRunsUnlessItIsGiven() throws {
    let template = try ChatTemplate(source: "{{ strftime_now('%Y') }}")
    let year = try template.render(messages: [], addGenerationPrompt: false).text
    #expect(try #require(Int(year)) >= 2024)
  }
}
