import HTTPTypes

/// Why a request goes no further than the server: it never reached the studio.
struct Refusal: Error, Equatable {
  let status: HTTPResponse.Status
  /// What programs go by.
  let code: String
  /// What a person reads; never what the request said.
  let message: String
  /// Whether the connection ends, because what follows on it is not worth reading.
  var endsConnection = false

  static let foreignHost = Refusal(
    status: .forbidden, code: "foreign_host",
    message: "The studio answers under the address it printed, and under no other name.")
  static let foreignPage = Refusal(
    status: .forbidden, code: "foreign_page",
    message: "The request comes from another page than the studio's own.")
  static let prefetch = Refusal(
    status: .forbidden, code: "prefetch",
    message: "A link is followed by a person, not ahead of time.")
  static let wrongMediaType = Refusal(
    status: .unsupportedMediaType, code: "media_type",
    message: "The body must be application/json, without compression.")
  static let tooLarge = Refusal(
    status: .contentTooLarge, code: "too_large",
    message: "The body has more than \(Caps.bodyBytes) bytes.", endsConnection: true)
  static let tooSlow = Refusal(
    status: .requestTimeout, code: "too_slow",
    message: "The body did not arrive in \(Caps.bodySeconds) seconds.", endsConnection: true)
  static let notJSON = Refusal(
    status: .badRequest, code: "not_json", message: "The body is no JSON value.")
  static let notFound = Refusal(
    status: .notFound, code: "not_found", message: "There is nothing at this address.")
  static let failed = Refusal(
    status: .internalServerError, code: "internal",
    message: "The studio failed to answer. What it acknowledged is kept.")
}

/// What one browser, or one hundred, may ask of the machine.
enum Caps {
  /// All header fields of a request together.
  static let headerBytes = 16 * 1024
  static let headerFields = 100
  /// A judgement with the longest comment and the longest edit, escaped at its worst.
  static let bodyBytes = 2 * 1024 * 1024
  /// From head to the end of a body.
  static let bodySeconds = 20
  /// Connections at once; more wait to be accepted.
  static let connections = 256
  /// A connection on which nothing is asked, or a head that does not end.
  static let idleSeconds = 30
  /// How long answers on their way may take once the studio is told to stop.
  static let farewellSeconds = 10
}
