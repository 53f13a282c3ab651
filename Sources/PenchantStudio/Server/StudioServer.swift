import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import PenchantCore
import ServiceLifecycle
import Synchronization

/// Where the studio's server listens.
package struct StudioServerConfiguration: Sendable, Equatable {
  /// 0 takes any port that is free.
  package var port: Int
  /// The address to listen on; loopback alone unless asked otherwise.
  package var host: String
  package var caps = Caps()

  package init(port: Int, host: String = "127.0.0.1") {
    self.port = port
    self.host = host
  }
}

/// The studio behind HTTP.
///
/// Listens on loopback unless told otherwise, keeps no log, opens no file and makes no request of its own.
package enum StudioServer {
  /// Serves until the task is cancelled, then answers what is on its way and returns; does not close the studio.
  /// - Parameter onStart: called once the server listens, with the address pages have: `http://127.0.0.1:8787`.
  /// - Throws: `cannotListen`.
  package static func run(
    _ studio: Studio, _ configuration: StudioServerConfiguration,
    onStart: @escaping @Sendable (_ address: String) -> Void
  ) async throws(StudioError) {
    let listening = Listening()
    let application = application(studio, configuration, listening, onStart)
    // Cancelling a service group drops what is on its way: it runs beside this task, and is told to wind up instead.
    var group = ServiceGroupConfiguration(services: [application], logger: silent)
    group.maximumGracefulShutdownDuration = .seconds(configuration.caps.farewellSeconds)
    let services = ServiceGroup(configuration: group)
    let serving = Task { try await services.run() }
    let outcome = await withTaskCancellationHandler {
      await serving.result
    } onCancel: {
      Task { await services.triggerGracefulShutdown() }
    }
    if case .failure(let error) = outcome, listening.guardian == nil, !Task.isCancelled {
      throw StudioError(
        .cannotListen(
          host: configuration.host, port: configuration.port,
          errno: (error as? IOError)?.errnoCode))
    }
  }

  private static func application(
    _ studio: Studio, _ configuration: StudioServerConfiguration, _ listening: Listening,
    _ onStart: @escaping @Sendable (String) -> Void
  ) -> some ApplicationProtocol {
    let router = Router(context: StudioContext.self)
    router.add(middleware: AnswerMiddleware { listening.guardian })
    StudioRoutes(
      studio: studio, caps: configuration.caps, address: { listening.address },
      cookie: { SessionCookie(port: listening.port) }
    ).add(to: router)
    let host = configuration.host
    let caps = configuration.caps
    return Application(
      router: router,
      server: .http1(
        configuration: HTTP1Channel.Configuration(
          idleTimeout: .seconds(Int64(caps.idleSeconds)),
          httpDecoderConfiguration: .init(
            maxHeaderFieldSize: caps.headerBytes, maxHeaderListSize: caps.headerBytes,
            maxHeaderFieldCount: caps.headerFields))),
      configuration: ApplicationConfiguration(
        address: .hostname(host, port: configuration.port),
        availableConnectionsDelegate: .maximum(caps.connections, logger: silent)),
      onServerRunning: { channel in
        let port = channel.localAddress?.port ?? configuration.port
        listening.began(host: host, port: port)
        onStart(listening.address)
      },
      logger: silent)
  }

  /// What is asked and answered is nobody's business.
  private static let silent = Logger(label: "penchant.label") { _ in SwiftLogNoOpLogHandler() }
}

/// Where the server came to listen, known from the moment on in which it does.
private final class Listening: Sendable {
  private struct State {
    var guardian: RequestGuard?
    var address = ""
    var port = 0
  }

  private let state = Mutex(State())

  var guardian: RequestGuard? { state.withLock(\.guardian) }
  var address: String { state.withLock(\.address) }
  var port: Int { state.withLock(\.port) }

  func began(host: String, port: Int) {
    let everywhere = AllowedHosts.isEverywhere(host)
    let interfaces = everywhere ? Self.interfaces() : []
    let hosts = AllowedHosts(host: host, port: port, interfaces: interfaces)
    // A link that others can open names an address that others can reach.
    let shown = everywhere ? interfaces.first { !AllowedHosts.isLoopback($0) } ?? "127.0.0.1" : host
    state.withLock {
      $0.guardian = RequestGuard(hosts: hosts)
      $0.address = "http://\(AllowedHosts.spelled(shown)):\(port)"
      $0.port = port
    }
  }

  private static func interfaces() -> [String] {
    let devices = (try? System.enumerateDevices()) ?? []
    return devices.compactMap { $0.address?.ipAddress }.filter { !$0.hasPrefix("fe80") }
  }
}
