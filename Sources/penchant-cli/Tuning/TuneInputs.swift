import PenchantCore
import PenchantTuning

extension CommandInputs {
  /// What a run reads besides its own folder.
  ///
  /// What is small is read at once: a run that cannot begin says so before its data are read.
  init(_ asked: TuneConfiguration, _ options: RunOptions) throws {
    try add(model: asked.model)
    try add("data", data: asked.data)
    try add("eval-data", data: asked.evalData)
    try add("patch", files: [asked.patch])
    try add("init-adapter", adapter: asked.initAdapter)
    if asked.reference.hasPrefix("adapter:") {
      try add("reference", adapter: String(asked.reference.dropFirst("adapter:".count)))
    }
    try add(template: asked.chatTemplate)
    if asked.samplesAnswers, let prompts = asked.samplePrompts {
      _ = try PromptFile.read(prompts, limit: nil)
      try add("sample-prompts", files: [prompts])
    }
    try add("config", files: [options.configurationOption.config])
  }
}
