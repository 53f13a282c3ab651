import Testing

/// Everything that needs a browser: one at a time, for a browser is most of a machine.
@Suite(
  "In a browser", .serialized, .enabled(if: ChromeDriver.path != nil, ChromeDriver.absence))
enum InBrowserTests {}
