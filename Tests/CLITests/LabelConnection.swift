import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// A browser's connection to the studio, as little of it as judging takes: blocking, kept alive, opened again by whoever
/// finds it broken.
final class LabelConnection {
  struct Answer {
    let status: Int
    let headers: [String: String]
    let body: Data

    var json: [String: Any] {
      (try? JSONSerialization.jsonObject(with: body) as? [String: Any]) ?? [:]
    }
  }

  struct Broken: Error {}

  private let port: Int
  private var descriptor: Int32 = -1
  private var received = Data()
  var cookie: String?

  init(port: Int) { self.port = port }

  deinit { hangUp() }

  func hangUp() {
    if descriptor >= 0 { close(descriptor) }
    descriptor = -1
    received = Data()
  }

  /// Sends a request and waits for its answer.
  /// - Throws: ``Broken`` where there is no server, or it went away before it had answered.
  func request(_ method: String, _ path: String, _ body: [String: Any]? = nil) throws -> Answer {
    do {
      if descriptor < 0 { try open() }
      var text = "\(method) \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n"
      if let cookie { text += "Cookie: \(cookie)\r\n" }
      let data = try body.map { try JSONSerialization.data(withJSONObject: $0) }
      if let data {
        text += "Content-Type: application/json\r\nContent-Length: \(data.count)\r\n"
        text += "Sec-Fetch-Site: same-origin\r\nOrigin: http://127.0.0.1:\(port)\r\n"
      }
      try send(Data((text + "\r\n").utf8) + (data ?? Data()))
      return try answer()
    } catch {
      hangUp()
      throw error
    }
  }

  private func open() throws {
    #if canImport(Glibc)
      descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
      descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #endif
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var one: Int32 = 1
    setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, socklen_t(MemoryLayout<Int32>.size))
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
    }
    guard result == 0 else { throw Broken() }
  }

  private func send(_ data: Data) throws {
    var sent = 0
    while sent < data.count {
      let count = data.withUnsafeBytes { bytes in
        #if canImport(Glibc)
          Glibc.send(
            descriptor, bytes.baseAddress?.advanced(by: sent), data.count - sent,
            Int32(MSG_NOSIGNAL))
        #else
          Darwin.send(descriptor, bytes.baseAddress?.advanced(by: sent), data.count - sent, 0)
        #endif
      }
      guard count > 0 else { throw Broken() }
      sent += count
    }
  }

  private func receive() throws {
    var buffer = [UInt8](repeating: 0, count: 16_384)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    guard count > 0 else { throw Broken() }
    received.append(contentsOf: buffer[..<count])
  }

  private func answer() throws -> Answer {
    let end = Data("\r\n\r\n".utf8)
    var head = received.range(of: end)
    while head == nil {
      try receive()
      head = received.range(of: end)
    }
    guard let head else { throw Broken() }
    let lines = String(decoding: received[..<head.lowerBound], as: UTF8.self)
      .components(separatedBy: "\r\n")
    var headers: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      headers[line[..<colon].lowercased()] =
        line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    let length = headers["content-length"].flatMap(Int.init) ?? 0
    while received.distance(from: head.upperBound, to: received.endIndex) < length { try receive() }
    let body = received[head.upperBound..<head.upperBound + length]
    received = Data(received[(head.upperBound + length)...])
    let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    return Answer(status: status, headers: headers, body: Data(body))
  }
}
