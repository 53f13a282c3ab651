import HTTPTypes
import Hummingbird
import NIOCore
import PenchantCore

/// What the server answers, address by address.
///
/// GET changes nothing, but that a link is used up by following it.
///
/// The pages themselves hold no data and are given to anybody who knows the address: what they show comes through the
/// API, which wants a cookie. (A cookie that is `SameSite=Strict` is not sent with the first page after a link in a
/// web mail, but with all that this page asks for.)
struct StudioRoutes: Sendable {
  let studio: Studio
  let caps: Caps
  /// How the studio is reached, once it listens: `http://127.0.0.1:8787`.
  let address: @Sendable () -> String
  let cookie: @Sendable () -> SessionCookie

  func add(to router: Router<StudioContext>) {
    router.get("/") { _, _ in try page("judge.html") }
    router.get("/results") { _, _ in try page("results.html") }
    router.get("/assets/{name}") { _, context in
      try page(context.parameters.get("name") ?? "")
    }
    router.get("/join/{token}") { request, context in
      try await join(context.parameters.get("token") ?? "", request)
    }
    router.get("/api/session") { request, _ in
      Response.json(try await studio.session(for: annotator(request)).json)
    }
    router.post("/api/next") { request, _ in
      let annotator = try annotator(request)
      _ = try await request.json(caps)
      return Response.json(try await studio.next(for: annotator).json)
    }
    router.post("/api/judgements") { request, _ in
      let annotator = try annotator(request)
      let judgement = try Judgement(await request.json(caps))
      return Response.json(try await studio.submit(judgement, for: annotator).json)
    }
    router.post("/api/undo") { request, _ in
      let annotator = try annotator(request)
      let undo = try Undo(await request.json(caps))
      return Response.json(try await studio.undo(undo, for: annotator).json)
    }
    router.get("/api/results") { request, _ in
      try host(request)
      return Response.json(try await studio.results().json)
    }
    router.post("/api/annotators") { request, _ in
      try host(request)
      let token = try await studio.link(for: name(in: request.json(caps)))
      return Response.json(["link": .string("\(address())/join/\(token)")])
    }
    router.get("/api/export") { request, _ in
      try host(request)
      return try export(request.uri.queryParameters["rule"].map(String.init))
    }
  }

  // MARK: - Who asks

  private func annotator(_ request: Request) throws(StudioError) -> Annotator {
    guard let value = cookie().value(in: request.headers),
      let annotator = studio.identify(cookie: value)
    else { throw StudioError(.notAdmitted) }
    return annotator
  }

  private func host(_ request: Request) throws(StudioError) {
    guard try annotator(request).role == .host else { throw StudioError(.hostOnly) }
  }

  // MARK: - Answers

  private func page(_ name: String, _ status: HTTPResponse.Status = .ok) throws(Refusal) -> Response
  {
    guard let asset = StudioAsset(name) else { throw .notFound }
    return Response(
      status: status, headers: [.contentType: asset.mediaType],
      body: ResponseBody(byteBuffer: ByteBuffer(bytes: asset.bytes)))
  }

  /// A person followed a link: words for a person where it does not work.
  private func join(_ token: String, _ request: Request) async throws -> Response {
    do {
      let known = cookie().value(in: request.headers)
      return welcome(try await studio.join(token: token, cookie: known))
    } catch  where error.code == .unknownLink {
      return try page("link-unknown.html", .forbidden)
    } catch  where error.code == .linkUsed {
      return try page("link-used.html", .forbidden)
    }
  }

  private func welcome(_ admission: Admission) -> Response {
    var headers: HTTPFields = [.location: "/"]
    if let value = admission.cookie { headers[.setCookie] = cookie().setting(value) }
    return Response(status: .seeOther, headers: headers)
  }

  private func name(in body: JSON) throws(StudioError) -> String {
    var fields = try BodyFields(body)
    let name = try fields.string("name", atMost: 256)
    try fields.finish()
    return name
  }

  private func export(_ name: String?) throws(StudioError) -> Response {
    guard let rule = name.flatMap(ExportRule.init) else {
      let rules = ExportRule.allCases.map(\.rawValue).joined(separator: ", ")
      throw StudioError(.malformedRequest(key: "rule", expected: rules))
    }
    let body = ResponseBody { writer in
      try await studio.export(rule) { lines in try await writer.write(ByteBuffer(string: lines)) }
      try await writer.finish(nil)
    }
    return Response(
      status: .ok,
      headers: [
        .contentType: "application/jsonl; charset=utf-8",
        .contentDisposition: "attachment; filename=\"pairs-\(rule.rawValue).jsonl\"",
      ],
      body: body)
  }
}
