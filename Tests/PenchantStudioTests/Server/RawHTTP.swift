import Foundation

/// An answer as it came over the wire.
struct RawAnswer: Sendable {
  var status = 0
  /// By name in lower case, in the order in which they came.
  var fields: [(name: String, value: String)] = []
  var body = ""

  /// The first field of this name.
  subscript(_ name: String) -> String? { fields.first { $0.name == name }?.value }

  init() {}

  init(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let end = text.range(of: "\r\n\r\n") else { return }
    let lines = text[..<end.lowerBound].components(separatedBy: "\r\n")
    status = Int(lines[0].split(separator: " ").dropFirst().first ?? "") ?? 0
    fields = lines.dropFirst().map { line in
      let parts = line.split(separator: ":", maxSplits: 1)
      return (parts[0].lowercased(), parts.last?.trimmingCharacters(in: .whitespaces) ?? "")
    }
    body = String(text[end.upperBound...])
  }
}

/// A client that sends what it is told, byte by byte: no library would send a false `Host`.
///
/// It is patient: tests beside it may keep all of Swift's threads, which the server needs, for a minute and more.
enum RawHTTP {
  /// Sends bytes, reads until the answer is whole, the other side closes, or `patience` seconds pass without a byte.
  /// - Parameter pace: milliseconds between bytes; all at once if 0.
  static func exchange(
    port: Int, _ bytes: [UInt8], patience: Int = 600, pace: Int = 0
  ) async -> RawAnswer {
    await withCheckedContinuation { continuation in
      // Blocking calls stay away from Swift's own threads, which the server needs.
      DispatchQueue.global().async {
        continuation.resume(
          returning: RawAnswer(blocking(port: port, bytes, patience: patience, pace: pace)))
      }
    }
  }

  /// Whether anybody listens.
  static func isListening(port: Int) async -> Bool {
    await exchange(port: port, Array("GET / HTTP/1.1\r\n\r\n".utf8), patience: 1).status != 0
  }

  private static func blocking(port: Int, _ bytes: [UInt8], patience: Int, pace: Int) -> [UInt8] {
    guard let descriptor = connected(port: port, patience: patience) else { return [] }
    defer { close(descriptor) }
    var sent = 0
    while sent < bytes.count {
      let count = pace > 0 ? 1 : bytes.count - sent
      let written = bytes.withUnsafeBytes { raw in
        send(descriptor, raw.baseAddress?.advanced(by: sent), count, withoutSignal)
      }
      guard written > 0 else { break }
      sent += written
      if pace > 0 { usleep(UInt32(pace) * 1000) }
    }
    var received: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 65536)
    while !isWhole(received) {
      let count = recv(descriptor, &part, part.count, 0)
      guard count > 0 else { break }
      received += part[..<count]
    }
    return received
  }

  /// Whether a head and the body it announces are there; without a length the end is where the other side closes.
  private static func isWhole(_ bytes: [UInt8]) -> Bool {
    guard let end = Data(bytes).range(of: Data("\r\n\r\n".utf8)) else { return false }
    let head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).lowercased()
    guard let length = head.firstMatch(of: #/content-length: *([0-9]+)/#).flatMap({ Int($0.1) })
    else { return false }
    return bytes.count >= end.upperBound + length
  }

  /// A connection that stays open until it is closed by its number.
  static func connected(port: Int, patience: Int = 600) -> Int32? {
    #if canImport(Glibc)
      let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    #else
      let descriptor = socket(AF_INET, SOCK_STREAM, 0)
    #endif
    var wait = timeval(tv_sec: patience, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, size)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &wait, size)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else {
      close(descriptor)
      return nil
    }
    return descriptor
  }
}

#if canImport(Glibc)
  private let withoutSignal = Int32(MSG_NOSIGNAL)
#else
  private let withoutSignal: Int32 = 0
#endif
