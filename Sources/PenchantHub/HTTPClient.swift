#if Pull
  internal import Foundation
  import PenchantCore
  import Synchronization

  #if canImport(FoundationNetworking)
    internal import FoundationNetworking
  #endif

  /// Requests one after the other, over Foundation's URL loading; the only file that sees it.
  ///
  /// Redirects are followed here and not by the system: the token goes to the hub's own host and to no other, and
  /// from an encrypted address to encrypted ones only.
  struct HTTPClient: Sendable {
    /// What was asked for, and how the answer is taken.
    struct Request {
      var address: String
      var method = "GET"
      /// The first byte wanted.
      var offset = 0
      /// Whether an answer that points to another host is followed; metadata come with the first.
      var followsToOthers = true
    }

    /// The head of an answer.
    struct Answer: Sendable {
      var status: Int
      /// By name in lower case.
      var fields: [String: String]
    }

    let token: String?
    let isCancelled: @Sendable () -> Bool

    private static let redirectLimit = 5
    private static let idleSeconds = 60.0

    /// Sends a request and hands the body to `body`, piece by piece; false from it ends the transfer.
    /// - Parameter head: sees the final answer before its body.
    func send(
      _ request: Request, head: @escaping @Sendable (Answer) -> Bool = { _ in true },
      body: @escaping @Sendable (UnsafeRawBufferPointer) -> Bool = { _ in true }
    ) throws(HubError) -> Answer {
      guard let origin = URL(string: request.address), origin.host != nil,
        ["http", "https"].contains(origin.scheme)
      else { throw HubError(.badEndpoint(request.address)) }
      var url = origin
      for _ in 0...Self.redirectLimit {
        let isOurs =
          url.scheme == origin.scheme && url.host == origin.host && url.port == origin.port
        var outgoing = URLRequest(url: url, timeoutInterval: Self.idleSeconds)
        outgoing.httpMethod = request.method
        // Compressed on the way, neither length nor offset would be the file's.
        outgoing.setValue("identity", forHTTPHeaderField: "Accept-Encoding")
        outgoing.setValue("penchant", forHTTPHeaderField: "User-Agent")
        if let token, isOurs {
          outgoing.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
        }
        if request.offset > 0 {
          outgoing.setValue("bytes=\(request.offset)-", forHTTPHeaderField: "Range")
        }
        let answer = try perform(outgoing, head: head, body: body)
        guard (300..<400).contains(answer.status), let location = answer.fields["location"] else {
          return answer
        }
        guard let next = URL(string: location, relativeTo: url)?.absoluteURL, next.host != nil,
          ["http", "https"].contains(next.scheme)
        else {
          throw HubError(
            .badAnswer(address: request.address, problem: "it redirects to no address"))
        }
        let staysHere = next.host == url.host && next.port == url.port && next.scheme == url.scheme
        if !staysHere, !request.followsToOthers { return answer }
        guard url.scheme == "http" || next.scheme == "https" else {
          throw HubError(
            .badAnswer(
              address: request.address, problem: "it redirects to an address without encryption"))
        }
        url = next
      }
      throw HubError(.badAnswer(address: request.address, problem: "it redirects without end"))
    }

    private func perform(
      _ request: URLRequest, head: @escaping @Sendable (Answer) -> Bool,
      body: @escaping @Sendable (UnsafeRawBufferPointer) -> Bool
    ) throws(HubError) -> Answer {
      let transfer = Transfer(head: head, body: body)
      let configuration = URLSessionConfiguration.ephemeral
      configuration.timeoutIntervalForRequest = Self.idleSeconds
      configuration.httpShouldSetCookies = false
      let queue = OperationQueue()
      queue.maxConcurrentOperationCount = 1
      let session = URLSession(
        configuration: configuration, delegate: transfer, delegateQueue: queue)
      defer { session.finishTasksAndInvalidate() }
      let task = session.dataTask(with: request)
      task.resume()
      while transfer.finished.wait(timeout: .now() + .milliseconds(100)) == .timedOut {
        if isCancelled() { task.cancel() }
      }
      if isCancelled() { throw HubError(.cancelled) }
      let (answer, failure) = transfer.outcome
      // The query of a signed address is a secret.
      let address = request.url.map { "\($0.scheme ?? "")://\($0.host ?? "")\($0.path)" } ?? ""
      guard let answer, failure == nil || transfer.wasEnded else {
        throw HubError(.network(address: address, problem: failure ?? "there was no answer"))
      }
      return answer
    }
  }

  /// One request on its way; its calls come one at a time on the session's queue.
  private final class Transfer: NSObject, URLSessionDataDelegate, Sendable {
    private struct State {
      var answer: HTTPClient.Answer?
      var failure: String?
      var wasEnded = false
    }

    let finished = DispatchSemaphore(value: 0)
    private let state = Mutex(State())
    private let head: @Sendable (HTTPClient.Answer) -> Bool
    private let body: @Sendable (UnsafeRawBufferPointer) -> Bool

    init(
      head: @escaping @Sendable (HTTPClient.Answer) -> Bool,
      body: @escaping @Sendable (UnsafeRawBufferPointer) -> Bool
    ) {
      self.head = head
      self.body = body
    }

    var outcome: (HTTPClient.Answer?, String?) { state.withLock { ($0.answer, $0.failure) } }
    /// Whether we ended it ourselves.
    var wasEnded: Bool { state.withLock(\.wasEnded) }

    func urlSession(
      _ session: URLSession, task: URLSessionTask,
      willPerformHTTPRedirection response: HTTPURLResponse, newRequest request: URLRequest,
      completionHandler: @escaping @Sendable (URLRequest?) -> Void
    ) {
      note(response)
      completionHandler(nil)
    }

    func urlSession(
      _ session: URLSession, dataTask: URLSessionDataTask, didReceive response: URLResponse,
      completionHandler: @escaping @Sendable (URLSession.ResponseDisposition) -> Void
    ) {
      guard let response = response as? HTTPURLResponse else { return completionHandler(.cancel) }
      let answer = note(response)
      if (300..<400).contains(answer.status) || head(answer) {
        completionHandler(.allow)
      } else {
        state.withLock { $0.wasEnded = true }
        completionHandler(.cancel)
      }
    }

    @discardableResult
    private func note(_ response: HTTPURLResponse) -> HTTPClient.Answer {
      var fields: [String: String] = [:]
      for (name, value) in response.allHeaderFields {
        if let name = name as? String, let value = value as? String {
          fields[name.lowercased()] = value
        }
      }
      let answer = HTTPClient.Answer(status: response.statusCode, fields: fields)
      state.withLock { $0.answer = answer }
      return answer
    }

    func urlSession(_ session: URLSession, dataTask: URLSessionDataTask, didReceive data: Data) {
      let status = state.withLock { $0.answer?.status ?? 0 }
      guard !(300..<400).contains(status), !wasEnded else { return }
      if !data.withUnsafeBytes({ body($0) }) {
        state.withLock { $0.wasEnded = true }
        dataTask.cancel()
      }
    }

    func urlSession(
      _ session: URLSession, task: URLSessionTask, didCompleteWithError error: (any Error)?
    ) {
      state.withLock { $0.failure = error?.localizedDescription }
      finished.signal()
    }
  }
#endif
