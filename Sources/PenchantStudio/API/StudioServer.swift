/// Where the studio's server listens.
package struct StudioServerConfiguration: Sendable, Equatable {
  /// 0 takes any port that is free.
  package var port: Int
  /// The address to listen on; loopback alone unless asked otherwise.
  package var host: String

  package init(port: Int, host: String = "127.0.0.1") {
    self.port = port
    self.host = host
  }
}

/// The studio behind HTTP.
package enum StudioServer {
  /// Serves until the task is cancelled, then answers what is on its way and returns; does not close the studio.
  /// - Parameter onStart: called once the server listens, with the address pages have: `http://127.0.0.1:8080`.
  /// - Throws: `cannotListen`.
  package static func run(
    _ studio: Studio, _ configuration: StudioServerConfiguration,
    onStart: @Sendable (_ address: String) -> Void
  ) async throws(StudioError) {}
}
