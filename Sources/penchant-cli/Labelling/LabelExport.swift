#if Studio
  import PenchantCore
  import PenchantStudio

  /// `penchant label --export`: judgements as pairs.
  enum LabelExport {
    static func run(
      _ store: String, _ rule: ExportRule, to path: String, overwrite: Bool, config: String?
    ) throws {
      let studio = try Studio(path: store, StudioOptions(mayCreate: false))
      var inputs = CommandInputs()
      // SQLite keeps what is not yet in the store beside it.
      let files = ["", "-wal", "-shm", ".lock"].map { store + $0 }
      try inputs.add("store", files: files.filter(FileSystem.exists))
      try inputs.add("config", files: [config])
      try inputs.protect(from: [path], output: "export")
      let report = try AsyncWork.wait {
        let file = try AtomicFile(path: path, overwrite: overwrite)
        let report = try await studio.export(rule) { lines in
          try Interruption.check()
          try file.append(lines)
        }
        try file.commit()
        await studio.close()
        return report
      }
      Terminal.output.line(
        "wrote \(NumberText.counted(report.pairs, "pair")) by \(rule.rawValue) -> \(path)")
      Terminal.output.line("  \(rule.rawValue): \(rule.explanation)")
      for (number, what) in [
        (report.ties, "ties among them, which training leaves out"),
        (report.edits, "among them prefer an edited answer to what it was made of"),
        (report.dropped, "judged pairs are left out by the rule"),
      ] where number > 0 { Terminal.output.line("  \(number) \(what)") }
      if report.pairs > 0 {
        Terminal.output.line("next:")
        Terminal.output.line(
          "  penchant audit --data \(ShellWord.quoted(path)) --output audits/labels")
      }
    }
  }
#endif
