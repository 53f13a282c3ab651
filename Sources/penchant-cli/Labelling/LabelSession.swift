#if Studio
  import PenchantCore
  import PenchantStudio

  /// A studio from its opening to its closing.
  struct LabelSession: Sendable {
    let studio: Studio
    let store: String

    /// Items put in together: one transaction each.
    private static let together = 500

    /// Puts items in and says what became of them.
    func add(gold: [StudioItem], items: [StudioItem]) async throws {
      // Gold first: a pair that is both is a gold question.
      for (items, name) in [(gold, "gold questions"), (items, "items")] where !items.isEmpty {
        var report = ItemReport()
        for start in stride(from: 0, to: items.count, by: Self.together) {
          try Interruption.check()
          report += try await studio.add(
            Array(items[start..<min(items.count, start + Self.together)]))
        }
        Self.tell(report, name)
      }
    }

    static func tell(_ report: ItemReport, _ name: String) {
      var text = "\(report.added) \(name) added"
      if report.known > 0 { text += ", \(report.known) known already" }
      if report.identical > 0 {
        text += ", \(report.identical) left out: their answers are the same"
      }
      Terminal.output.line(text)
    }

    /// Serves the page until a signal comes, and closes the store.
    func serve(people: [String], _ configuration: StudioServerConfiguration) throws {
      try AsyncWork.wait { [self] in
        let items = try await studio.itemCount()
        guard items > 0 else { throw StudioError(.nothingToJudge(path: store)) }
        let host = try await studio.hostLink()
        var links = [("host", host)]
        for name in people { links.append((name, try await studio.link(for: name))) }
        let known = links
        try await StudioServer.run(studio, configuration) { address in
          Self.greet(address, known, items: items)
          if !["127.0.0.1", "::1", "localhost"].contains(configuration.host) {
            Terminal.output.line(
              "others on the network can reach this page; each link admits one browser; nothing is encrypted on the way"
            )
          }
          Terminal.output.line("stop with Ctrl-C; the same command goes on")
        }
        let count = try await studio.judgementCount()
        await studio.close()
        Terminal.output.line(
          "closed; \(count) \(count == 1 ? "judgement" : "judgements") in \(store)")
      }
    }

    private static func greet(
      _ address: String, _ links: [(name: String, token: String)], items: Int
    ) {
      Terminal.output.line(
        "\(items) \(items == 1 ? "item" : "items") to judge; open a link, each in one browser:")
      let width = links.map(\.name.count).max() ?? 0
      for (name, token) in links {
        let padding = String(repeating: " ", count: width - name.count)
        Terminal.output.line("  \(name)\(padding)  \(address)/join/\(token)")
      }
    }
  }

  extension ItemReport {
    static func += (left: inout ItemReport, right: ItemReport) {
      left.added += right.added
      left.known += right.known
      left.identical += right.identical
    }
  }
#endif
