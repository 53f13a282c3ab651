import Foundation
import PenchantCore
import PenchantHub
import Synchronization
import Testing

/// A hub with one repository, as Hugging Face's answers: listing, redirect of large files to another host, digests.
private final class FakeHub: Sendable {
  static let commit = String(repeating: "ab", count: 20)
  let server: LoopbackServer
  /// Where large files are.
  let store: LoopbackServer
  let files: [String: [UInt8]]

  /// - Parameters:
  ///   - breaks: how many times a transfer of the store breaks off in the middle.
  ///   - listed: names in the listing beside those of the files.
  ///   - damage: changes what the store sends.
  init(
    _ files: [String: [UInt8]], breaks: Int = 0, listed: [String] = [], kind: String = "models",
    status: Int = 200, damage: @escaping @Sendable ([UInt8]) -> [UInt8] = { $0 }
  ) throws {
    self.files = files
    let left = Mutex(breaks)
    let store = try LoopbackServer { request in
      let path = request.path.prefix { $0 != "?" }
      guard let name = path.split(separator: "/").last, let whole = files[String(name)] else {
        return .init(status: 404)
      }
      let bytes = damage(whole)
      var response = LoopbackServer.Response(body: bytes)
      if let range = request.fields["range"], let start = Int(range.dropFirst(6).dropLast()) {
        response.status = 206
        response.body = Array(bytes.dropFirst(start))
        response.fields["Content-Range"] = "bytes \(start)-\(bytes.count - 1)/\(bytes.count)"
      }
      let shallBreak = left.withLock { left in
        left -= 1
        return left >= 0
      }
      if shallBreak { response.breaksAfter = response.body.count / 2 }
      return response
    }
    self.store = store
    let storeAddress = store.address
    server = try LoopbackServer { request in
      let names = (files.keys.sorted() + listed)
        .map { "{\"rfilename\": \(JSON.string($0).text())}" }
      if request.path.hasPrefix("/api/\(kind)/o/n/revision/") {
        let text =
          "{\"sha\": \"\(FakeHub.commit)\", \"siblings\": [\(names.joined(separator: ", "))]}"
        return .init(status: status, body: Array(text.utf8))
      }
      let prefix = kind == "datasets" ? "/datasets" : ""
      guard request.path.hasPrefix("\(prefix)/o/n/resolve/\(FakeHub.commit)/"),
        let name = request.path.split(separator: "/").last.map(String.init), let bytes = files[name]
      else { return .init(status: 404) }
      guard name.hasSuffix(".safetensors") else {
        var hasher = Digest.GitBlobHasher(length: bytes.count)
        bytes.withUnsafeBytes { hasher.update($0) }
        return .init(fields: ["ETag": "\"\(hasher.finish())\""], body: bytes)
      }
      return .init(
        status: 302,
        fields: [
          "Location": "\(storeAddress)/\(name)?signature=secret", "X-Linked-Size": "\(bytes.count)",
          "X-Linked-Etag": "\"\(Digest.sha256(bytes).hex)\"",
        ])
    }
  }

  func pull(
    _ cache: String, kind: RepositoryName.Kind? = nil
  ) throws -> HubDownload.Outcome {
    let environment = HubEnvironment(endpoint: server.address, cache: cache, token: "secret-token")
    let name = try #require(RepositoryName("o/n"))
    let revision = try #require(Revision("main"))
    return try HubDownload(environment).run(name, kind: kind, revision: revision)
  }
}

private final class Cache {
  let path = NSTemporaryDirectory() + "/penchant-hub-\(UUID().uuidString)"
  deinit { try? FileManager.default.removeItem(atPath: path) }
}

@Suite struct HubDownloadTests {
  private static let weights = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 7) }
  private static let model: [String: [UInt8]] = [
    "config.json": Array("{}".utf8), "model.safetensors": weights,
    "pytorch_model.bin": [1, 2, 3], "README.md": Array("# n".utf8),
  ]

  @Test func fillsTheHubsOwnCacheLayout() throws {
    let hub = try FakeHub(Self.model)
    let cache = Cache()
    let outcome = try hub.pull(cache.path)
    #expect(outcome.kind == .model && outcome.commit == FakeHub.commit)
    #expect(outcome.files == ["README.md", "config.json", "model.safetensors"])
    #expect(outcome.passedOver == 1)
    let folder = cache.path + "/models--o--n"
    #expect(outcome.snapshot == folder + "/snapshots/" + FakeHub.commit)
    #expect(try FileSystem.read(folder + "/refs/main") == Array(FakeHub.commit.utf8))
    #expect(try FileSystem.read(outcome.snapshot + "/model.safetensors") == Self.weights)
    let link = try FileManager.default.destinationOfSymbolicLink(
      atPath: outcome.snapshot + "/model.safetensors")
    #expect(link == "../../blobs/" + Digest.sha256(Self.weights).hex)
    #expect(try !FileSystem.list(folder + "/blobs").contains { $0.hasSuffix(".incomplete") })
    let found = HubCache(root: cache.path)
      .snapshot(
        try #require(RepositoryName("o/n")), .model, revision: try #require(Revision("main")))
    #expect(found == outcome.snapshot)
  }

  @Test func fetchesNothingTwice() throws {
    let hub = try FakeHub(Self.model)
    let cache = Cache()
    #expect(try hub.pull(cache.path).fetchedBytes == 300_005)
    let before = hub.store.requests.count
    #expect(try hub.pull(cache.path).fetchedBytes == 0)
    #expect(hub.store.requests.count == before)
  }

  @Test func continuesWhatBrokeOff() throws {
    let hub = try FakeHub(Self.model, breaks: 1)
    let cache = Cache()
    let outcome = try hub.pull(cache.path)
    #expect(try FileSystem.read(outcome.snapshot + "/model.safetensors") == Self.weights)
    #expect(hub.store.requests.map { $0.fields["range"] } == [nil, "bytes=150000-"])
  }

  @Test func continuesWhatAnEarlierProcessBegan() throws {
    let hub = try FakeHub(Self.model)
    let cache = Cache()
    let blobs = cache.path + "/models--o--n/blobs"
    try FileSystem.createDirectories(blobs)
    let digest = Digest.sha256(Self.weights).hex
    try AtomicFile.write(
      path: blobs + "/\(digest).incomplete", contents: Array(Self.weights.prefix(1000)))
    let outcome = try hub.pull(cache.path)
    #expect(try FileSystem.read(outcome.snapshot + "/model.safetensors") == Self.weights)
    #expect(hub.store.requests.map { $0.fields["range"] } == ["bytes=1000-"])
  }

  @Test func tellsTheTokenToTheHubAlone() throws {
    let hub = try FakeHub(Self.model)
    let cache = Cache()
    _ = try hub.pull(cache.path)
    #expect(hub.server.requests.allSatisfy { $0.fields["authorization"] == "Bearer secret-token" })
    #expect(!hub.store.requests.isEmpty)
    #expect(hub.store.requests.allSatisfy { $0.fields["authorization"] == nil })
  }

  @Test func keepsNothingWhoseDigestIsWrong() throws {
    let hub = try FakeHub(Self.model) { bytes in [bytes[0] ^ 1] + bytes.dropFirst() }
    let cache = Cache()
    let error = #expect(throws: HubError.self) { try hub.pull(cache.path) }
    #expect(error?.identifier == "hub-wrong-digest")
    let blobs = try FileSystem.list(cache.path + "/models--o--n/blobs")
    #expect(!blobs.contains { $0.hasPrefix(Digest.sha256(Self.weights).hex) })
    #expect(!FileSystem.exists(cache.path + "/models--o--n/refs/main"))
  }

  @Test func takesNoMoreThanWasAnnounced() throws {
    let hub = try FakeHub(Self.model) { $0 + $0 }
    let cache = Cache()
    let error = #expect(throws: HubError.self) { try hub.pull(cache.path) }
    #expect(error?.identifier == "hub-bad-answer")
  }

  @Test(arguments: [
    "../../evil.json", "/etc/evil.json", "a/../../evil.json", "a//b.json", "a\\b.json",
    "a\u{0}.json", "",
    "./x.json",
  ])
  func refusesNamesThatLeadElsewhere(name: String) throws {
    let hub = try FakeHub(Self.model, listed: [name])
    let cache = Cache()
    let error = #expect(throws: HubError.self) { try hub.pull(cache.path) }
    #expect(error?.code == .unsafeFileName)
    #expect(!FileSystem.exists(cache.path))
  }

  @Test func fetchesTheRowsOfADataSet() throws {
    let rows = Array(#"{"prompt": "P", "chosen": "C", "rejected": "R"}"#.utf8)
    let hub = try FakeHub(
      ["train.jsonl": rows, "script.py": [1]], kind: "datasets")
    let cache = Cache()
    let outcome = try hub.pull(cache.path)
    #expect(outcome.kind == .dataset && outcome.files == ["train.jsonl"] && outcome.passedOver == 1)
    #expect(outcome.snapshot.hasPrefix(cache.path + "/datasets--o--n/snapshots/"))
    #expect(try FileSystem.read(outcome.snapshot + "/train.jsonl") == rows)
  }

  @Test func refusesAModelWithoutSafetensors() throws {
    let hub = try FakeHub(["config.json": [1], "pytorch_model.bin": [1]])
    let cache = Cache()
    let error = #expect(throws: HubError.self) { try hub.pull(cache.path) }
    #expect(error?.code == .noSafetensors(name: "o/n"))
  }

  @Test(arguments: [(403, "hub-forbidden"), (404, "hub-not-found"), (500, "hub-status")])
  func saysWhatTheHubAnswered(status: Int, identifier: String) throws {
    let hub = try FakeHub(Self.model, status: status)
    let cache = Cache()
    let error = #expect(throws: HubError.self) { try hub.pull(cache.path, kind: .model) }
    #expect(error?.identifier == identifier)
  }

  @Test func aHubThatIsNotThereIsAnError() throws {
    let cache = Cache()
    let environment = HubEnvironment(endpoint: "http://127.0.0.1:1", cache: cache.path)
    let error = #expect(throws: HubError.self) {
      try HubDownload(environment).run(
        try #require(RepositoryName("o/n")), revision: try #require(Revision("main")))
    }
    #expect(error?.identifier == "hub-network")
  }

  @Test func nothingIsFetchedOffline() throws {
    let environment = HubEnvironment(endpoint: "http://127.0.0.1:1", cache: "/x", isOffline: true)
    let error = #expect(throws: HubError.self) {
      try HubDownload(environment).run(
        try #require(RepositoryName("o/n")), revision: try #require(Revision("main")))
    }
    #expect(error?.code == .offline)
  }
}

@Suite struct HubNameTests {
  @Test(arguments: ["a/b", "HuggingFaceTB/SmolLM2-135M", "a_b/c.d-e"])
  func acceptsNames(text: String) { #expect(RepositoryName(text) != nil) }

  @Test(arguments: [
    "", "a", "a/b/c", "../b", "a/..", "/a", "a/", "-a/b", "a/.b", "a b/c", "a/b--c", "a/é", "a/b.",
  ])
  func refusesWhatIsNone(text: String) { #expect(RepositoryName(text) == nil) }

  @Test(arguments: ["main", "v1.0", "refs/pr/1"])
  func acceptsRevisions(text: String) { #expect(Revision(text) != nil) }

  @Test(arguments: ["", "..", "a/../b", "/a", "a//b", "a b", ".git"])
  func refusesRevisionsThatLeadElsewhere(text: String) { #expect(Revision(text) == nil) }
}
