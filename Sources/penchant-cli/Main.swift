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
    holdStandardStreams()
    // A reader that goes away (`| head`) makes writes fail; it must not kill a run.
    signal(SIGPIPE, SIG_IGN)
    Interruption.install()
    exit(CommandRunner.run(Array(CommandLine.arguments.dropFirst())).code)
  }

  /// Keeps the first three descriptors for what they are: where the program was started without one of them, a file
  /// that it opens would take the place, and what is meant for a person would be written into it.
  ///
  /// In its place stands what cannot be read or written, so that using it fails.
  private static func holdStandardStreams() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) < 0 {
      // The lowest that is free is the one that is missing.
      _ = open("/dev/null", descriptor == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }
}
