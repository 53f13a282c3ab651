import Hummingbird
import NIOCore

/// What travels with a request: whom it comes from is asked where it matters.
struct StudioContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// The connection.
  let channel: any Channel

  init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    channel = source.channel
  }
}
