// swift-tools-version: 6.2
import PackageDescription

// A folder is a target is a responsibility; arrows point down only. ARCHITECTURE.md draws the rooms.

let swift: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
]

// In tests a file may use what any of the target's dependencies declares.
func tests(_ room: String, _ below: [Target.Dependency]) -> Target {
  .testTarget(
    name: room + "Tests", dependencies: below,
    swiftSettings: [.swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny")])
}

func room(_ name: String, _ below: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: below, swiftSettings: swift)
}

let package = Package(
  name: "penchant",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "penchant", targets: ["penchant-cli"])
  ],
  // Without them ('--disable-default-traits') the program is small and links statically: scripts/slim.
  traits: [
    .trait(name: "Studio", description: "penchant label; brings a web server and SQLite."),
    .trait(name: "Pull", description: "penchant pull; brings Foundation's networking and libcurl."),
    .default(enabledTraits: ["Studio", "Pull"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.0.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
    // Without its traits: no configuration files, no more of Foundation than it needs.
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.16.0", traits: []),
    .package(url: "https://github.com/apple/swift-nio", from: "2.90.0"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.4.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.6.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.6.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.5.0"),
  ],
  targets: [
    .target(name: "CPenchantThreads"),
    .target(name: "CPenchantKernels"),
    .target(name: "CPenchantCUDA", exclude: ["kernels"]),
    .target(name: "CPenchantDemo", exclude: ["assets"]),
    .target(name: "CPenchantStudio", exclude: ["assets"]),
    room("PenchantCore", [.product(name: "Crypto", package: "swift-crypto")]),
    room("PenchantFormats", ["PenchantCore"]),
    room("PenchantText", ["PenchantCore"]),
    room("PenchantData", ["PenchantCore"]),
    room("PenchantHub", ["PenchantCore"]),
    room("PenchantAudit", ["PenchantCore", "PenchantData"]),
    room(
      "PenchantStudio",
      [
        "PenchantCore", "PenchantData", "PenchantAudit", "CPenchantStudio",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ]),
    room(
      "PenchantEngine",
      [
        "PenchantCore", "PenchantFormats", "CPenchantKernels", "CPenchantThreads", "CPenchantCUDA",
      ]),
    room(
      "PenchantModel",
      ["PenchantCore", "PenchantFormats", "PenchantText", "PenchantData", "PenchantEngine"]),
    room(
      "PenchantTuning",
      ["PenchantCore", "PenchantFormats", "PenchantData", "PenchantEngine", "PenchantModel"]),
    .executableTarget(
      name: "penchant-cli",
      dependencies: [
        "CPenchantDemo", "PenchantCore", "PenchantFormats", "PenchantText", "PenchantData",
        "PenchantHub", "PenchantAudit", "PenchantEngine", "PenchantModel", "PenchantTuning",
        .target(name: "PenchantStudio", condition: .when(traits: ["Studio"])),
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: swift),
    tests("CPenchantThreads", ["CPenchantThreads"]),
    tests("CPenchantKernels", ["CPenchantKernels"]),
    tests("PenchantCore", ["PenchantCore"]),
    tests("PenchantFormats", ["PenchantFormats", "PenchantCore"]),
    tests("PenchantText", ["PenchantText", "PenchantCore"]),
    tests("PenchantData", ["PenchantData", "PenchantCore"]),
    tests("PenchantHub", ["PenchantHub", "PenchantCore"]),
    tests("PenchantAudit", ["PenchantAudit", "PenchantData", "PenchantCore"]),
    tests(
      "PenchantStudio",
      [
        "PenchantStudio", "PenchantAudit", "PenchantData", "PenchantCore", "CPenchantStudio",
        .product(name: "GRDB", package: "GRDB.swift"),
      ]),
    // NVIDIA's libraries and a GPU, run on the processor, for the engine's tests.
    .target(name: "CUDAEmulator", path: "Tests/CUDAEmulator"),
    .target(
      name: "EmulatedGPU", dependencies: ["PenchantEngine", "CUDAEmulator"],
      path: "Tests/EmulatedGPU", swiftSettings: swift),
    tests("PenchantEngine", ["PenchantEngine", "PenchantFormats", "PenchantCore", "EmulatedGPU"]),
    tests(
      "PenchantTuning",
      [
        "PenchantTuning", "PenchantModel", "PenchantEngine", "PenchantData", "PenchantText",
        "PenchantFormats", "PenchantCore", "EmulatedGPU",
      ]),
    tests("CLI", ["penchant-cli", "PenchantCore"]),
    tests(
      "PenchantModel",
      [
        "PenchantModel", "PenchantEngine", "PenchantData", "PenchantText", "PenchantFormats",
        "PenchantCore", "EmulatedGPU",
      ]),
  ]
)
