import Foundation
import PenchantCore

/// One browser window, driven like a person would: by addresses, keys and eyes.
struct Browser: Sendable {
  let driver: ChromeDriver
  let session: String

  /// WebDriver's names of keys that print nothing.
  enum Key {
    static let shift = "\u{E008}"
    static let control = "\u{E009}"
    static let enter = "\u{E007}"
    static let escape = "\u{E00C}"
    static let left = "\u{E012}"
    static let up = "\u{E013}"
    static let right = "\u{E014}"
    static let down = "\u{E015}"
    static let tab = "\u{E004}"
  }

  private func call(_ path: String, _ body: JSON) async throws -> JSON {
    try await driver.call("POST", "/session/\(session)\(path)", body)
  }

  func open(_ address: String) async throws {
    _ = try await call("/url", ["url": .string(address)])
  }

  func reload() async throws { _ = try await call("/refresh", [:]) }

  /// Sets the size of the window's inside and whether the reader likes it dark.
  func look(width: Int, height: Int, isDark: Bool) async throws {
    _ = try await call(
      "/goog/cdp/execute",
      [
        "cmd": "Emulation.setDeviceMetricsOverride",
        "params": [
          "width": .number(JSONNumber(width)), "height": .number(JSONNumber(height)),
          "deviceScaleFactor": 1,
          "mobile": .bool(width < 500),
        ],
      ])
    _ = try await call(
      "/goog/cdp/execute",
      [
        "cmd": "Emulation.setEmulatedMedia",
        "params": [
          "features": [
            ["name": "prefers-color-scheme", "value": .string(isDark ? "dark" : "light")]
          ]
        ],
      ])
  }

  /// Presses a key while others are held.
  func press(_ key: String, holding held: [String] = []) async throws {
    func step(_ type: String, _ key: String) -> JSON {
      ["type": .string(type), "value": .string(key)]
    }
    let steps =
      held.map { step("keyDown", $0) } + [step("keyDown", key), step("keyUp", key)]
      + held.reversed().map { step("keyUp", $0) }
    _ = try await call(
      "/actions",
      ["actions": [["type": "key", "id": "keyboard", "actions": .array(steps)]]])
  }

  func type(_ text: String) async throws {
    for character in text { try await press(String(character)) }
  }

  /// What a script returns; `arguments` are its arguments.
  func run(_ script: String, _ arguments: [JSON] = []) async throws -> JSON {
    try await call("/execute/sync", ["script": .string(script), "args": .array(arguments)])
  }

  /// What the promise of an expression comes to.
  func await(_ expression: String) async throws -> JSON {
    let script = """
      const done = arguments[arguments.length - 1];
      Promise.resolve().then(async () => (\(expression))).then(
        (value) => done({ value }), (error) => done({ error: String(error) }));
      """
    let outcome = try await call("/execute/async", ["script": .string(script), "args": []])
    if let error = outcome["error"]?.string { throw BrowserFailure(description: error) }
    return outcome["value"] ?? .null
  }

  /// Waits until an expression is true.
  func until(_ expression: String, seconds: Double = 10) async throws {
    let clock = ContinuousClock()
    let end = clock.now + .seconds(seconds)
    // A machine that is busy with other tests gets as many looks as a quiet one.
    var looks = 0
    while clock.now < end || looks < 300 {
      looks += 1
      if try await run("return Boolean(\(expression))") == true { return }
      try await Task.sleep(for: .milliseconds(15))
    }
    let page = try await run("return document.body.innerText.slice(0, 400)").string ?? ""
    throw BrowserFailure(description: "never true: \(expression)\n\(page)")
  }

  func text(of selector: String) async throws -> String {
    try await run(
      "return document.querySelector(arguments[0])?.textContent ?? ''", [.string(selector)]
    ).string ?? ""
  }

  func click(_ selector: String) async throws {
    _ = try await run("document.querySelector(arguments[0]).click()", [.string(selector)])
  }

  /// The window as a PNG file.
  func save(_ path: String) async throws {
    let image = try await driver.call("GET", "/session/\(session)/screenshot").string ?? ""
    try Data(base64Encoded: image)?.write(to: URL(filePath: path))
  }

  /// Addresses that were asked for since the last call, of any kind.
  func requests() async throws -> [String] {
    let entries = try await call("/se/log", ["type": "performance"]).array ?? []
    return entries.compactMap { entry in
      guard let text = entry["message"]?.string, let message = try? JSON.parse(text)["message"],
        message["method"] == "Network.requestWillBeSent"
      else { return nil }
      return message["params"]?["request"]?["url"]?.string
    }
  }

  /// What stands in the console since the last call: errors, refused scripts, what pages wrote.
  func console() async throws -> [String] {
    try await call("/se/log", ["type": "browser"]).array?.compactMap { $0["message"]?.string } ?? []
  }
}

extension Browser {
  /// Follows an annotator's link, closes the guidelines if they are up, and waits for the first task.
  func join(_ served: ServedStudio, _ name: String) async throws {
    let token = try await served.studio.link(for: name)
    try await open("\(served.address)/join/\(token)")
    try await until("document.body.dataset.task || document.body.dataset.rest")
    if try await run("return !document.getElementById('guidelines').hidden") == true {
      try await click("#guidelines-done")
    }
  }

  var task: String {
    get async throws { try await run("return document.body.dataset.task ?? ''").string ?? "" }
  }

  /// Judges by a key and waits until the page has gone on.
  func judge(_ key: String, holding held: [String] = []) async throws {
    let before = try await task
    // The page takes no judgement in the quarter second in which one meant for the last task would come.
    try await Task.sleep(for: .milliseconds(260))
    try await press(key, holding: held)
    try await until(
      "document.body.dataset.task !== '\(before)' && !document.body.classList.contains('busy')")
  }
}
