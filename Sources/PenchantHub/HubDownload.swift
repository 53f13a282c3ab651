#if Pull
  package import PenchantCore
  import Synchronization

  /// Fetches a repository's files into the cache: what is there is kept, what was begun is continued, and what
  /// arrives is checked against the digest the hub announced.
  package struct HubDownload: Sendable {
    /// What was fetched.
    package struct Outcome: Sendable, Equatable {
      package var kind: RepositoryName.Kind
      package var commit: String
      /// The folder of the files.
      package var snapshot: String
      package var files: [String]
      /// Files of the repository that are not read here.
      package var passedOver: Int
      /// Bytes that came over the network.
      package var fetchedBytes: Int
    }

    private let environment: HubEnvironment
    private let cache: HubCache
    private let client: HTTPClient
    private let progress: ProgressHandler
    private let isCancelled: @Sendable () -> Bool

    /// An answer of the interface is not longer.
    private static let listingLimit = 64 << 20
    /// Times a transfer that breaks off is continued.
    private static let attempts = 5

    package init(
      _ environment: HubEnvironment, progress: @escaping ProgressHandler = { _ in },
      isCancelled: @escaping @Sendable () -> Bool = { false }
    ) {
      self.environment = environment
      self.progress = progress
      self.isCancelled = isCancelled
      cache = HubCache(root: environment.cache)
      client = HTTPClient(token: environment.token, isCancelled: isCancelled)
    }

    /// Fetches what is read here of a repository.
    /// - Parameter kind: nil tries models, then data sets.
    /// - Throws: ``HubError``; what has arrived stays and is continued next time.
    package func run(
      _ name: RepositoryName, kind: RepositoryName.Kind? = nil, revision: Revision
    ) throws(HubError) -> Outcome {
      guard !environment.isOffline else { throw HubError(.offline) }
      let (kind, listing) = try find(name, kind, revision)
      let commit = listing["sha"]?.string ?? ""
      guard commit.isHex(40) else {
        throw HubError(.badAnswer(address: environment.endpoint, problem: "it names no commit"))
      }
      let (files, passedOver) = try Self.wanted(listing, kind, name)
      let folder = cache.folder(name, kind)
      let snapshot = FileSystem.join(folder, "snapshots/\(commit)")
      var fetched = 0
      try Self.filing { () throws(CoreError) in try FileSystem.createDirectories(snapshot) }
      for file in files {
        let remote = try metadata(file, name, kind, commit)
        fetched += try fetch(remote, name, kind)
        try Self.filing { () throws(CoreError) in
          try cache.link(file, in: snapshot, toBlob: remote.digest)
        }
      }
      // Last, so that a revision never stands for half of its files.
      try Self.filing { () throws(CoreError) in
        try cache.setReference(name, kind, revision, commit: commit)
      }
      return Outcome(
        kind: kind, commit: commit, snapshot: snapshot, files: files.map(\.text),
        passedOver: passedOver, fetchedBytes: fetched)
    }

    // MARK: - What there is

    private func find(
      _ name: RepositoryName, _ kind: RepositoryName.Kind?, _ revision: Revision
    ) throws(HubError) -> (RepositoryName.Kind, JSON) {
      var forbidden = false
      for kind in kind.map({ [$0] }) ?? RepositoryName.Kind.allCases {
        let address =
          "\(environment.endpoint)/api/\(kind.plural)/\(name)/revision/"
          + revision.text.split(separator: "/").joined(separator: "%2F")
        let (answer, bytes) = try get(address)
        switch answer.status {
        case 200:
          guard let listing = try? JSON.parse(bytes), listing.object != nil else {
            throw HubError(.badAnswer(address: address, problem: "its listing is not JSON"))
          }
          return (kind, listing)
        // The hub says 401 of what it does not want to name.
        case 401, 403: forbidden = forbidden || answer.status == 403
        case 404: break
        default: throw HubError(.status(answer.status, address: address))
        }
      }
      let hasToken = environment.token != nil
      throw forbidden
        ? HubError(.forbidden(name: name.text, hasToken: hasToken))
        : HubError(.notFound(name: name.text, revision: revision.text, hasToken: hasToken))
    }

    private func get(_ address: String) throws(HubError) -> (HTTPClient.Answer, [UInt8]) {
      let collected = Mutex<[UInt8]>([])
      let answer = try client.send(
        .init(address: address),
        body: { bytes in
          collected.withLock { collected in
            collected += bytes
            return collected.count <= Self.listingLimit
          }
        })
      return (answer, collected.withLock { $0 })
    }

    /// The files that are read here, and how many others there are.
    static func wanted(
      _ listing: JSON, _ kind: RepositoryName.Kind, _ name: RepositoryName
    ) throws(HubError) -> (files: [HubFileName], passedOver: Int) {
      var files: [HubFileName] = []
      let siblings = listing["siblings"]?.array ?? []
      for sibling in siblings {
        guard let file = sibling["rfilename"]?.string.flatMap({ HubFileName($0) }) else {
          throw HubError(.unsafeFileName)
        }
        if isWanted(file, kind) { files.append(file) }
      }
      guard !files.isEmpty else { throw HubError(.nothingUsable(name: name.text)) }
      if kind == .model, !files.contains(where: { $0.text.hasSuffix(".safetensors") }) {
        throw HubError(.noSafetensors(name: name.text))
      }
      return (files, siblings.count - files.count)
    }

    private static func isWanted(_ file: HubFileName, _ kind: RepositoryName.Kind) -> Bool {
      let name = FileSystem.name(of: file.text).lowercased()
      func ends(_ suffixes: [String]) -> Bool { suffixes.contains { name.hasSuffix($0) } }
      switch kind {
      case .model:
        // Folders hold other forms of the same weights; Mistral's own form stands beside the usual one.
        guard file.folderCount == 0 || file.text.hasPrefix("additional_chat_templates/") else {
          return false
        }
        return !name.hasPrefix("consolidated")
          && ends([".safetensors", ".json", ".jinja", ".txt", ".md", "tokenizer.model"])
      case .dataset:
        return ends([
          ".jsonl", ".json", ".csv", ".tsv", ".parquet", ".jsonl.gz", ".json.gz", ".csv.gz",
          ".tsv.gz",
          ".md",
        ])
      }
    }

    // MARK: - One file

    /// What the hub says of a file.
    private struct Remote {
      var file: HubFileName
      var address: String
      /// Sixty-four digits of SHA-256, or forty of git's name.
      var digest: String
      var size: Int
    }

    private func metadata(
      _ file: HubFileName, _ name: RepositoryName, _ kind: RepositoryName.Kind, _ commit: String
    ) throws(HubError) -> Remote {
      let prefix = kind == .dataset ? "datasets/" : ""
      let address = "\(environment.endpoint)/\(prefix)\(name)/resolve/\(commit)/\(file.escaped)"
      let answer = try client.send(
        .init(address: address, method: "HEAD", followsToOthers: false))
      switch answer.status {
      case 200, 301, 302, 303, 307, 308: break
      case 401, 403:
        throw HubError(.forbidden(name: name.text, hasToken: environment.token != nil))
      default: throw HubError(.status(answer.status, address: address))
      }
      var digest = answer.fields["x-linked-etag"] ?? answer.fields["etag"] ?? ""
      if digest.hasPrefix("W/") { digest.removeFirst(2) }
      digest = digest.filter { $0 != "\"" }
      let size = (answer.fields["x-linked-size"] ?? answer.fields["content-length"]).flatMap {
        Int($0)
      }
      guard digest.isHex(64) || digest.isHex(40), let size, size >= 0 else {
        throw HubError(
          .badAnswer(
            address: address, problem: "it announces no digest and length to check against"))
      }
      return Remote(file: file, address: address, digest: digest, size: size)
    }

    /// Makes sure that the contents are in the cache.
    /// - Returns: the bytes that came over the network.
    private func fetch(
      _ remote: Remote, _ name: RepositoryName, _ kind: RepositoryName.Kind
    ) throws(HubError) -> Int {
      let blob = FileSystem.join(cache.folder(name, kind), "blobs/\(remote.digest)")
      guard !FileSystem.isRegularFile(blob) else { return 0 }
      let lock = try waitForLock(
        FileSystem.join(cache.root, ".locks/\(name.folderName(kind))/\(remote.digest).lock"))
      defer { withExtendedLifetime(lock) {} }
      guard !isCancelled() else { throw HubError(.cancelled) }
      // Another process may have fetched it while we waited.
      guard !FileSystem.isRegularFile(blob) else { return 0 }
      let partial = try Self.filing { () throws(CoreError) in
        try FileSystem.createDirectories(FileSystem.parent(of: blob))
        return try AppendingFile(path: blob + ".incomplete")
      }
      if partial.size > remote.size {
        try Self.filing { () throws(CoreError) in try partial.truncate() }
      }
      try checkRoom(partial, remote)
      let before = partial.size
      var attempt = 1
      while partial.size < remote.size {
        do throws(HubError) {
          try transfer(remote, to: partial)
          if partial.size < remote.size {
            throw HubError(.network(address: remote.address, problem: "the transfer broke off"))
          }
        } catch {
          guard case .network = error.code, attempt < Self.attempts else { throw error }
          try pause(seconds: 1 << (attempt - 1))
          attempt += 1
        }
      }
      try check(partial, remote)
      try Self.filing { () throws(CoreError) in try partial.rename(to: blob) }
      return partial.size - before
    }

    /// Waits for a lock that other programs respect which take it the same way.
    /// - Returns: nil where the file system keeps no locks, and the digest alone tells of two that fetched at once; or
    ///   when cancelled.
    private func waitForLock(_ path: String) throws(HubError) -> FileLock? {
      try Self.filing { () throws(CoreError) -> FileLock? in
        try FileSystem.createDirectories(FileSystem.parent(of: path))
        while !isCancelled() {
          switch try FileLock.claim(path: path) {
          case .granted(let lock): return lock
          case .unsupported: return nil
          case .held: Pause.tenthOfASecond()
          }
        }
        return nil
      }
    }

    private func checkRoom(_ partial: AppendingFile, _ remote: Remote) throws(HubError) {
      let folder = FileSystem.parent(of: partial.path)
      let free = try Self.filing { () throws(CoreError) in try FileSystem.freeBytes(at: folder) }
      let needed = remote.size - partial.size
      guard needed <= free else {
        throw HubError(.noRoom(path: folder, needed: needed, free: free))
      }
    }

    /// Fetches what is missing, as far as the connection lasts.
    private func transfer(_ remote: Remote, to partial: AppendingFile) throws(HubError) {
      let sink = Sink(partial, remote.size, remote.file.text, progress)
      let offset = partial.size
      let answer = try client.send(
        .init(address: remote.address, offset: offset),
        head: { answer in
          switch answer.status {
          case 206:
            return answer.fields["content-range"]?.hasPrefix("bytes \(offset)-") == true
          // A server that knows no ranges begins again.
          case 200: return sink.restart()
          default: return false
          }
        }, body: { sink.take($0) })
      if let failure = sink.failure { throw HubError(.files(failure)) }
      if sink.isTooLong {
        throw HubError(
          .badAnswer(address: remote.address, problem: "it sends more than it announced"))
      }
      switch answer.status {
      case 200: break
      case 206:
        guard answer.fields["content-range"]?.hasPrefix("bytes \(offset)-") == true else {
          throw HubError(.badAnswer(address: remote.address, problem: "it sends another range"))
        }
      case 416:
        try Self.filing { () throws(CoreError) in try partial.truncate() }
        throw HubError(.network(address: remote.address, problem: "it does not continue there"))
      case 500...599, 429:
        throw HubError(.network(address: remote.address, problem: "status \(answer.status)"))
      default: throw HubError(.status(answer.status, address: remote.address))
      }
    }

    /// Compares what arrived with what was announced; what differs is removed.
    private func check(_ partial: AppendingFile, _ remote: Remote) throws(HubError) {
      let found = try Self.filing { () throws(CoreError) -> String in
        let file = try MappedFile(path: partial.path)
        return withExtendedLifetime(file) {
          if remote.digest.isHex(64) { return Digest.sha256(file.bytes).hex }
          var hasher = Digest.GitBlobHasher(length: file.count)
          hasher.update(file.bytes)
          return hasher.finish()
        }
      }
      guard found == remote.digest else {
        partial.remove()
        throw HubError(.wrongDigest(file: remote.file.text, expected: remote.digest))
      }
    }

    private func pause(seconds: Int) throws(HubError) {
      for _ in 0..<seconds * 10 {
        if isCancelled() { throw HubError(.cancelled) }
        Pause.tenthOfASecond()
      }
    }

    private static func filing<Value>(
      _ body: () throws(CoreError) -> Value
    ) throws(HubError) -> Value {
      do { return try body() } catch { throw HubError(.files(error)) }
    }
  }

  /// Takes a body's pieces to the file and says how far it is.
  private final class Sink: Sendable {
    private struct State {
      var failure: CoreError?
      var isTooLong = false
    }

    private let state = Mutex(State())
    private let file: AppendingFile
    private let size: Int
    private let name: String
    private let progress: ProgressHandler

    init(_ file: AppendingFile, _ size: Int, _ name: String, _ progress: @escaping ProgressHandler)
    {
      self.file = file
      self.size = size
      self.name = name
      self.progress = progress
    }

    var failure: CoreError? { state.withLock { $0.failure } }
    var isTooLong: Bool { state.withLock { $0.isTooLong } }

    /// Begins the file again; false where that fails.
    func restart() -> Bool {
      do throws(CoreError) { try file.truncate() } catch { fail(error) }
      return failure == nil
    }

    /// Adds a piece; false where the transfer must end.
    func take(_ bytes: UnsafeRawBufferPointer) -> Bool {
      guard file.size + bytes.count <= size else {
        state.withLock { $0.isTooLong = true }
        return false
      }
      do throws(CoreError) { try file.append(bytes) } catch { fail(error) }
      progress(
        ProgressEvent(stage: name, completed: file.size >> 20, total: size >> 20, unit: "MiB"))
      return failure == nil
    }

    private func fail(_ error: CoreError) { state.withLock { $0.failure = error } }
  }
#endif
