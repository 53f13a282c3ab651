#if Studio
  import PenchantCore
  import PenchantData
  import PenchantEngine
  import PenchantModel
  import PenchantStudio

  /// Answers each prompt twice and puts the pairs into a store, wave by wave.
  struct LabelAnswers {
    /// Who answers.
    struct Voice {
      let name: String
      let model: LanguageModel
      let policy: Policy
      /// The tokens of every prompt.
      let prompts: [[Int32]]
    }

    let rows: [PromptFile.Row]
    /// Two.
    let voices: [Voice]
    let sampling: SamplingOptions
    let format: EncodingOptions.PromptFormat
    let batchSize: Int

    /// The second answers' sequences are numbered from here on: other random numbers, whatever the first ones' count.
    private static let secondNumber: UInt64 = 1 << 40

    /// Names a generation, so that one that was stopped goes on where it was.
    private var key: String {
      var hasher = Digest.Hasher()
      hasher.update(voices.map(\.name).joined(separator: "\n"))
      hasher.update("\n\(sampling.sampler) \(sampling.maxNewTokens) \(sampling.stop) \(format)\n")
      for row in rows { hasher.update(row.prompt.json.text() + "\n") }
      return String(hasher.finish().hex.prefix(32))
    }

    func run(into studio: Studio) throws {
      let key = key
      let begun = try AsyncWork.wait { try await studio.generated(key) }
      let progress = ProgressLine()
      defer { progress.clear() }
      if let voice = voices.first,
        let shortage = sampling.shortage(
          voice.prompts, context: voice.model.architecture.maxPositions)
      {
        progress.note(shortage)
      }
      var report = ItemReport()
      let generators = voices.map {
        TextGenerator(
          $0.model, policy: $0.policy, sampler: sampling.sampler,
          limits: sampling.limits(together: batchSize))
      }
      for start in stride(from: min(begun, rows.count), to: rows.count, by: batchSize) {
        let wave = Array(rows[start..<min(rows.count, start + batchSize)])
        var answers: [[GeneratedText]] = []
        for (index, generator) in generators.enumerated() {
          let number = UInt64(start) + (index == 0 ? 0 : Self.secondNumber)
          answers.append(
            try generator.generate(
              Array(voices[index].prompts[start..<start + wave.count]), firstNumber: number))
        }
        let items = wave.indices.map { item(wave[$0], [answers[0][$0], answers[1][$0]]) }
        let end = start + wave.count
        report += try AsyncWork.wait { try await studio.add(items, generated: (key, end)) }
        progress.update(
          stage: "answering twice", completed: end, total: rows.count, unit: "prompts")
      }
      progress.clear()
      if begun > 0 {
        Terminal.output.line(
          "answered before: \(NumberText.counted(min(begun, rows.count), "prompt"))")
      }
      LabelSession.tell(report, "items")
    }

    private func item(_ row: PromptFile.Row, _ answers: [GeneratedText]) -> StudioItem {
      var shared = row.asPair
      shared.rejected = nil
      return StudioItem(
        shared: shared,
        answers: zip(answers, voices).map { answer, voice in
          let completion: Completion =
            switch row.prompt {
            case .text: .text(answer.text)
            case .messages: .messages([Message(role: "assistant", content: answer.text)])
            }
          return StudioItem.Answer(
            completion,
            details: JSONObject([
              "*_model": .string(voice.name), "*_finish_reason": .string(answer.finish.rawValue),
            ]))
        }, original: nil, gold: nil)
    }
  }
#endif
