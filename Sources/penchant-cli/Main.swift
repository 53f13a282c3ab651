import ArgumentParser

#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// The program.
///
/// Everything here is synchronous and runs on the main thread: the engine has its own pool of threads and
/// one owner, nothing recurses deeper than the readers' own limits, and no call needs Swift's cooperative
/// threads.
@main
enum Main {
  static func main() {
    // A reader that goes away (`| head`) makes writes fail; it must not kill a run.
    signal(SIGPIPE, SIG_IGN)
    Interruption.install()
    exit(CommandRunner.run(Array(CommandLine.arguments.dropFirst())).code)
  }
}
