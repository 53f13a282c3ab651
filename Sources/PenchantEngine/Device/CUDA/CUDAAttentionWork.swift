/// What attention's kernels are told to do for the groups of a batch (`kernels/attention/work.cuh` says what the
/// numbers mean): on the device until another batch comes, because every layer asks with the same groups.
struct CUDAAttentionWork {
  /// Rows that a block keeps.
  static let tile = 64

  /// Bytes of the lists at most: a segment, two lists of tiles and a tile that is not full for each token.
  static func mostBytes(tokens: Int) -> Int { 4 * 4 * (tokens + 2 * (tokens + tokens / tile)) }

  let groups: [[Segment]]
  let tileCount: Int
  let segments, queryTiles, keyTiles: CUDAAddress

  init(_ groups: [[Segment]], on device: CUDADevice) {
    let lists = Lists(groups)
    let address = device.upload(
      lists.segments + lists.queryTiles + lists.keyTiles, .attentionTasks)
    self.groups = groups
    tileCount = lists.queryTiles.count / 4
    segments = address
    queryTiles = address + CUDAAddress(4 * lists.segments.count)
    keyTiles = queryTiles + CUDAAddress(4 * lists.queryTiles.count)
  }

  /// The numbers, and the tiles with the most work first: what comes last should not be long.
  struct Lists {
    private(set) var segments: [Int32] = []
    private(set) var queryTiles: [Int32] = []
    private(set) var keyTiles: [Int32] = []

    init(_ groups: [[Segment]]) {
      var tiles: [(numbers: [Int32], keys: Int, queries: Int)] = []
      for group in groups {
        let first = segments.count / 4
        let branches = group.dropFirst().reduce(0) { $0 + $1.length }
        for (index, segment) in group.enumerated() {
          let isFirst = index == 0
          segments += [segment.start, segment.length, segment.position, 0].map { Int32($0) }
          for offset in stride(from: 0, to: segment.length, by: CUDAAttentionWork.tile) {
            let numbers = [
              first + index, offset, isFirst ? -1 : first, isFirst ? group.count : 1,
            ]
            tiles.append(
              (
                numbers.map { Int32($0) }, keys: offset + (isFirst ? 0 : group[0].length),
                queries: segment.length - offset + (isFirst ? branches : 0)
              ))
          }
        }
      }
      queryTiles = tiles.sorted { $0.keys > $1.keys }.flatMap(\.numbers)
      keyTiles = tiles.sorted { $0.queries > $1.queries }.flatMap(\.numbers)
    }
  }
}

/// The same for a step of decoding (`kernels/attention/cached.cuh`).
struct CUDADecodeWork {
  /// Keys of a sequence that one block takes, and the query heads it takes at most.
  static let chunk = 256
  static let heads = 16

  /// Bytes of the lists at most: a sequence sees its prompt's rows and its own.
  static func mostBytes(sequences: Int) -> Int { 4 * 4 * 3 * sequences }
  /// Blocks that share the keys of a sequence.
  static func chunks(_ rows: Int) -> Int { (rows + chunk - 1) / chunk }

  let runs: [[Segment]]
  let positions: [Int]
  /// Of the longest sequence.
  let chunkCount: Int
  let sequenceList, runList: CUDAAddress

  init(_ runs: [[Segment]], positions: [Int], on device: CUDADevice) {
    var (sequences, list): ([Int], [Int]) = ([], [])
    for (runs, position) in zip(runs, positions) {
      sequences += [
        list.count / 4, runs.count, position, runs.reduce(0) { $0 + $1.length },
      ]
      for run in runs { list += [run.start, run.length, run.position, 0] }
    }
    let longest = stride(from: 3, to: sequences.count, by: 4).reduce(0) { max($0, sequences[$1]) }
    self.runs = runs
    self.positions = positions
    chunkCount = Self.chunks(longest)
    sequenceList = device.upload((sequences + list).map { Int32($0) }, .runs)
    runList = sequenceList + CUDAAddress(4 * sequences.count)
  }
}

/// How attention's kernels are compiled for a head dimension, and what their launches take.
package struct CUDAAttentionVariant {
  package let module: CUDAKernel.Module
  /// Bytes of shared memory that a block takes.
  package private(set) var (forwardBytes, backwardBytes, decodeBytes) = (0, 0, 0)
  private(set) var decodeThreads = Self.threads
  /// Query heads of a block, which share a key-value head.
  private(set) var heads = 1
  /// Blocks that share the columns of a tile's dK and dV.
  private(set) var slices = 1

  static let threads = 128

  /// - Parameters:
  ///   - group: query heads that share a key-value head.
  ///   - isWide: whether all rows begin at multiples of 16 bytes.
  ///   - sharedBytes: the most that a block may have, nearly all that a multiprocessor has.
  package init(
    headDimension: Int, group: Int, _ dtype: DType, isWide: Bool, sharedBytes: Int
  ) {
    let pitch = headDimension + 8
    let isNarrow = headDimension <= 128
    // Two of a block's tiles stay, and two are twice in memory: one worked on, one on its way.
    func bytes(streaming rows: Int) -> Int {
      2 * (4 * rows + 2 * CUDAAttentionWork.tile) * pitch
    }
    let streams = (isNarrow ? [64, 32] : [32, 16]).first { bytes(streaming: $0) <= sharedBytes }
    guard let streams, dtype == .bfloat16, headDimension % 16 == 0, headDimension <= 256, isWide
    else {
      module = CUDAKernel.Module("attention_plain", dtype, ["HEAD_DIM": headDimension])
      return
    }
    // Two heads in a block halve what is loaded for each of them, if such blocks still come in pairs; the system
    // takes 1 KiB beside each.
    if isNarrow, group > 1, 2 * (bytes(streaming: 64) + (1 << 10)) <= sharedBytes { heads = 2 }
    module = CUDAKernel.Module(
      "attention", dtype, ["HEAD_DIM": headDimension, "HEADS": heads, "STREAM": streams])
    let keepsQ = isNarrow && heads == 1
    forwardBytes = 2 * (4 * streams + (keepsQ ? 0 : heads * CUDAAttentionWork.tile)) * pitch
    backwardBytes = bytes(streaming: streams)
    let decodeWarps = isNarrow ? 4 : 2
    decodeThreads = 32 * decodeWarps
    decodeBytes = 2 * (CUDADecodeWork.heads + 4 * 16 * decodeWarps) * pitch
    slices = isNarrow ? 1 : 2
  }
}
