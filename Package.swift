// swift-tools-version: 6.3
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableExperimentalFeature("Lifetimes"),
  .enableUpcomingFeature("ExistentialAny"),
]

// The small types of `Usage` are in every loop of the modules above it. A `package` member is otherwise
// a call from another module, `@inlinable` or not: see docs/decisions.md.
let inlined: [SwiftSetting] = [
  .unsafeFlags(["-enable-cmo-everything"], .when(configuration: .release))
]

let package = Package(
  name: "hindcast",
  platforms: [.macOS(.v26)],
  products: [.executable(name: "hindcast", targets: ["hindcast"])],
  traits: [
    .trait(name: "ISAL", description: "Inflate gzip with ISA-L, 2-3 times faster than zlib."),
    .default(enabledTraits: ["ISAL"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
  ],
  targets: [
    .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
    .systemLibrary(name: "CISAL", pkgConfig: "libisal", providers: [.apt(["libisal-dev"])]),
    .systemLibrary(name: "CLanes"),
    .target(name: "CSystem"),
    .target(name: "Usage", swiftSettings: strict + inlined),
    .target(
      name: "UsageLogs",
      dependencies: [
        "Usage", "CLanes", "CZlib", .target(name: "CISAL", condition: .when(traits: ["ISAL"])),
      ],
      swiftSettings: strict),
    .target(
      name: "UsageLedger",
      dependencies: ["Usage", .product(name: "GRDB", package: "GRDB.swift")],
      swiftSettings: strict),
    .plugin(name: "EmbedCatalogue", capability: .buildTool(), path: "Sources/EmbedCatalogue"),
    .target(
      name: "Prices", dependencies: ["Usage"], exclude: ["Catalogue"], swiftSettings: strict,
      plugins: ["EmbedCatalogue"]),
    .target(
      name: "Replay", dependencies: ["Usage", "Prices"],
      exclude: ["HardwareCatalogue", "OptionSets"], swiftSettings: strict,
      plugins: ["EmbedCatalogue"]),
    .target(name: "Reports", dependencies: ["Usage", "Replay"], swiftSettings: strict),
    .executableTarget(
      name: "hindcast",
      dependencies: [
        "CSystem", "Usage", "UsageLogs", "UsageLedger", "Prices", "Replay", "Reports",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "Yams", package: "Yams"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "HindcastTests",
      dependencies: [
        "hindcast", "CLanes", "Usage", "UsageLogs", "UsageLedger", "Prices", "Replay", "Reports",
      ],
      swiftSettings: strict),
  ]
)
