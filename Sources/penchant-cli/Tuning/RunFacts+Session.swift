import PenchantCore
import PenchantEngine
import PenchantFormats
import PenchantModel
import PenchantTuning

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

extension RunFacts {
  /// What is known at the end of a run.
  init(
    _ outcome: TuneSession.Outcome, _ choices: [TuneDefaults.Choice], _ setup: TrainingSetup,
    _ shared: TunePreparation
  ) throws {
    self.init()
    let resolved = setup.configuration
    let model = shared.model
    program = "penchant \(Penchant.version)"
    objective = setup.objective.name
    formula = setup.objective.formula
    rewardScale = setup.objective.rewardScale
    comparesAnswers = setup.objective.requirements.comparesAnswers
    hasReference = setup.objective.requirements.reference != .none
    self.choices = choices
    configuration = resolved.json
    trainingPairs = setup.training.count
    heldOutPairs = setup.heldOut.count
    evaluation = shared.data.overlap
    stepsPlanned = setup.plan.steps
    devices = outcome.summary.devices
    seconds = outcome.summary.seconds
    stopReason = outcome.summary.stopReason
    result = outcome.summary.result ?? ""
    next = outcome.next
    samplesAreHeldOut = shared.data.hasHeldOut
    samples = outcome.samples.map {
      Sample(
        prompt: $0.prompt, before: $0.before.text, after: $0.after.text,
        isBeforeFinished: $0.before.isFinished, isAfterFinished: $0.after.isFinished)
    }
    texts = try shared.texts(try RunReport.shownPairs(outcome.directory))
    prompts = shared.probes.map { (id: $0.prompt.id, text: $0.text) }
    description =
      [
        (
          "model",
          "\(model.folder): \(model.configuration.family.rawValue), "
            + "\(NumberText.short(Double(model.architecture.parameterCount))) parameters, "
            + "\(model.configuration.layerCount) layers"
        )
      ]
      + shared.notes.map { ("data", $0) } + [
        (
          "encoded",
          "\(setup.training.count) to train on, \(setup.heldOut.count) held out, "
            + "\(setup.dropped.count) left out, \(shared.encoded.cutCount) cut"
        ),
        ("reference", setup.reference == nil ? "none" : resolved.reference),
        ("reference cache", setup.referenceCache?.path ?? "off"),
        ("computed on", Self.place(devices, model.device)),
        ("computed in", model.dtype.rawValue),
        ("machine", Self.machine),
        ("finished", Self.now),
        ("result", result),
        ("weights, SHA-256", setup.inputs.model),
        ("pairs as tokens, SHA-256", setup.inputs.data),
      ]
  }

  /// What the steps were computed on, of those of which it is known; the device's own name says more than its family.
  private static func place(_ devices: DeviceHistory, _ device: any Device) -> String {
    if let sentence = devices.sentence { return sentence }
    guard let stretch = devices.stretches.last else { return device.name }
    let name = stretch.family == device.family ? device.name : stretch.family
    return stretch.first > 1 ? "\(name), from step \(stretch.first)" : name
  }

  /// System, release, processor and memory; no name of the machine or its user.
  private static var machine: String {
    var name = utsname()
    guard uname(&name) == 0 else { return "unknown" }
    func text<Field>(_ field: Field) -> String {
      withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
    let memory = SystemMemory.byteCount.map { ", \(NumberText.bytes($0)) of memory" } ?? ""
    return "\(text(name.sysname)) \(text(name.release)), \(text(name.machine))\(memory)"
  }

  /// The time, in UTC.
  private static var now: String {
    var seconds = time(nil)
    var parts = tm()
    guard gmtime_r(&seconds, &parts) != nil else { return "" }
    func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return "\(1900 + parts.tm_year)-\(two(parts.tm_mon + 1))-\(two(parts.tm_mday)) "
      + "\(two(parts.tm_hour)):\(two(parts.tm_min)) UTC"
  }
}
