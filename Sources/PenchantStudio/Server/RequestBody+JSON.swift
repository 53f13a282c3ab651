import Hummingbird
import NIOCore
import PenchantCore

extension Request {
  /// The body as JSON, within the caps of size and time.
  func json(_ caps: Caps) async throws -> JSON {
    if let length = headers[.contentLength].flatMap(Int.init), length > caps.bodyBytes {
      throw Refusal.tooLarge
    }
    let body = body
    let bytes = try await withThrowingTaskGroup(of: [UInt8].self) { group in
      group.addTask { try await body.bytes(upTo: caps.bodyBytes) }
      group.addTask {
        try await Task.sleep(for: .seconds(caps.bodySeconds))
        throw Refusal.tooSlow
      }
      defer { group.cancelAll() }
      return try await group.next() ?? []
    }
    do {
      return try JSON.parse(bytes)
    } catch {
      throw Refusal.notJSON
    }
  }
}

extension RequestBody {
  /// All of it, or a refusal as soon as it is too much.
  fileprivate func bytes(upTo limit: Int) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    for try await part in self {
      guard bytes.count + part.readableBytes <= limit else { throw Refusal.tooLarge }
      bytes.append(contentsOf: part.readableBytesView)
    }
    return bytes
  }
}
