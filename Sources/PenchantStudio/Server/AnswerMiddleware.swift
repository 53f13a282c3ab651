import HTTPTypes
import Hummingbird
import NIOCore
import PenchantCore

/// The outermost layer: guards, turns errors into answers, and puts on every answer what protects the reader.
struct AnswerMiddleware: RouterMiddleware {
  typealias Context = StudioContext

  /// Nil until the server listens.
  let guardian: @Sendable () -> RequestGuard?

  func handle(
    _ request: Request, context: StudioContext,
    next: (Request, StudioContext) async throws -> Response
  ) async throws -> Response {
    var response: Response
    do {
      guard let guardian = guardian() else { throw Refusal.foreignHost }
      try guardian.admit(request.head)
      response = try await next(request, context)
    } catch let refusal as Refusal {
      response = answer(refusal, context)
    } catch let error as StudioError {
      response = answer(error, context)
    } catch let error as HTTPError where error.status == .notFound {
      response = answer(.notFound, context)
    } catch is CancellationError {
      throw CancellationError()
    } catch {
      // What it was may hold what somebody wrote: it goes nowhere.
      response = answer(.failed, context)
    }
    for (name, value) in Self.fields { response.headers[name] = value }
    return response
  }

  /// What went wrong inside may name files of the host's: that stays inside.
  private func answer(_ error: StudioError, _ context: StudioContext) -> Response {
    let status = HTTPResponse.Status(code: error.httpStatus)
    guard status != .internalServerError else { return answer(.failed, context) }
    let sentences = [error.message, error.remedy].compactMap(\.self).map { text in
      text.prefix(1).uppercased() + text.dropFirst() + "."
    }
    return .json(status, error: error.identifier, message: sentences.joined(separator: " "))
  }

  private func answer(_ refusal: Refusal, _ context: StudioContext) -> Response {
    var response = Response.json(refusal.status, error: refusal.code, message: refusal.message)
    if refusal.endsConnection {
      // What still comes is read and thrown away by the layer below, so that the answer can go out; not for long.
      response.headers[.connection] = "close"
      let channel = context.channel
      channel.eventLoop.scheduleTask(in: .milliseconds(500)) { channel.close(promise: nil) }
    }
    return response
  }

  /// Only our own files run, load or are talked to; nobody frames us, guesses types, learns addresses or keeps copies.
  private static let fields: [(HTTPField.Name, String)] = {
    let policy = [
      "default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'",
      "img-src 'self'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'",
      "require-trusted-types-for 'script'", "trusted-types 'none'",
    ].joined(separator: "; ")
    let wanted: [(String, String)] = [
      ("content-security-policy", policy),
      ("x-content-type-options", "nosniff"),
      ("x-frame-options", "DENY"),
      ("referrer-policy", "no-referrer"),
      ("cross-origin-opener-policy", "same-origin"),
      ("cross-origin-resource-policy", "same-origin"),
      ("cross-origin-embedder-policy", "require-corp"),
      (
        "permissions-policy",
        "camera=(), microphone=(), geolocation=(), payment=(), usb=(), clipboard-write=(self)"
      ),
      ("cache-control", "no-store"),
    ]
    return wanted.compactMap { name, value in HTTPField.Name(name).map { ($0, value) } }
  }()
}

extension Response {
  /// A JSON value as the whole answer.
  static func json(_ value: JSON, _ status: HTTPResponse.Status = .ok) -> Response {
    Response(
      status: status, headers: [.contentType: "application/json; charset=utf-8"],
      body: ResponseBody(byteBuffer: ByteBuffer(string: value.text())))
  }

  /// `{error: {code, message}}`.
  static func json(_ status: HTTPResponse.Status, error: String, message: String) -> Response {
    json(["error": ["code": .string(error), "message": .string(message)]], status)
  }
}
