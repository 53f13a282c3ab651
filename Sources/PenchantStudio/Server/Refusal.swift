package import HTTPTypes

/// Why a request goes no further than the server: it never reached the studio.
package struct Refusal: Error, Equatable {
  package let status: HTTPResponse.Status
  /// What programs go by.
  package let code: String
  /// What a person reads; never what the request said.
  package let message: String
  /// Whether the connection ends, because what follows on it is not worth reading.
  package var endsConnection = false

  package static let foreignHost = Refusal(
    status: .forbidden, code: "foreign_host",
    message: "The studio answers under the address it printed, and under no other name.")
  package static let foreignPage = Refusal(
    status: .forbidden, code: "foreign_page",
    message: "The request comes from another page than the studio's own.")
  package static let prefetch = Refusal(
    status: .forbidden, code: "prefetch",
    message: "A link is followed by a person, not ahead of time.")
  package static let wrongMediaType = Refusal(
    status: .unsupportedMediaType, code: "media_type",
    message: "The body must be application/json, without compression.")
  package static let tooLarge = Refusal(
    status: .contentTooLarge, code: "too_large",
    message: "The body is larger than any judgement.", endsConnection: true)
  package static let tooSlow = Refusal(
    status: .requestTimeout, code: "too_slow",
    message: "The body took too long to arrive.", endsConnection: true)
  package static let notJSON = Refusal(
    status: .badRequest, code: "not_json", message: "The body is no JSON value.")
  package static let notFound = Refusal(
    status: .notFound, code: "not_found", message: "There is nothing at this address.")
  package static let failed = Refusal(
    status: .internalServerError, code: "internal",
    message: "The studio failed to answer. What it acknowledged is kept.")
}
