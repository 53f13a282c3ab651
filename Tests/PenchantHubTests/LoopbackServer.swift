import Foundation
import Synchronization

/// A small HTTP/1.1 server on the loopback address, one request a connection, for as long as the object lives.
final class LoopbackServer: Sendable {
  struct Request: Sendable {
    var method: String
    var path: String
    /// By name in lower case.
    var fields: [String: String]
  }

  struct Response: Sendable {
    var status = 200
    var fields: [String: String] = [:]
    var body: [UInt8] = []
    /// Bytes of the body after which the connection breaks.
    var breaksAfter: Int?
  }

  let port: UInt16
  private let listener: Int32
  private let seen = Mutex<[Request]>([])
  private let handler: @Sendable (Request) -> Response

  var address: String { "http://127.0.0.1:\(port)" }
  var requests: [Request] { seen.withLock { $0 } }

  init(_ handler: @escaping @Sendable (Request) -> Response) throws {
    self.handler = handler
    #if canImport(Glibc)
      listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
      listener = socket(AF_INET, SOCK_STREAM, 0)
    #endif
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let socket = listener
    let bound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(socket, $0, length) == 0 && listen(socket, 16) == 0
          && getsockname(socket, $0, &length) == 0
      }
    }
    guard bound else { throw CocoaError(.fileReadUnknown) }
    port = UInt16(bigEndian: address.sin_port)
    Thread.detachNewThread { [weak self] in
      while true {
        let connection = accept(socket, nil, nil)
        guard connection >= 0 else { return }
        guard let self else {
          close(connection)
          return
        }
        self.serve(connection)
        close(connection)
      }
    }
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
  }

  private func serve(_ connection: Int32) {
    var head: [UInt8] = []
    var byte: UInt8 = 0
    while !head.suffix(4).elementsEqual([13, 10, 13, 10]) {
      guard recv(connection, &byte, 1, 0) == 1 else { return }
      head.append(byte)
    }
    let lines = String(decoding: head, as: UTF8.self).components(separatedBy: "\r\n")
    let first = lines[0].split(separator: " ")
    guard first.count == 3 else { return }
    var fields: [String: String] = [:]
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      fields[line[..<colon].lowercased()] =
        line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    let request = Request(method: String(first[0]), path: String(first[1]), fields: fields)
    seen.withLock { $0.append(request) }
    let response = handler(request)
    var text = "HTTP/1.1 \(response.status) X\r\nConnection: close\r\n"
    if response.fields["Content-Length"] == nil {
      text += "Content-Length: \(response.body.count)\r\n"
    }
    for (name, value) in response.fields { text += "\(name): \(value)\r\n" }
    text += "\r\n"
    let body = request.method == "HEAD" ? [] : response.body
    let all = Array(text.utf8) + body.prefix(response.breaksAfter ?? body.count)
    var sent = 0
    while sent < all.count {
      #if canImport(Glibc)
        let count = send(connection, Array(all[sent...]), all.count - sent, Int32(MSG_NOSIGNAL))
      #else
        let count = send(connection, Array(all[sent...]), all.count - sent, 0)
      #endif
      guard count > 0 else { return }
      sent += count
    }
  }
}
