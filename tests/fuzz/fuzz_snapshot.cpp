// Snapshot::decode on any bytes, as they are and with the checksums put right. What it lets through must be encodable,
// in its encoding and in all others, and come back the same.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#include <gaugeline/formats/snapshot.hpp>

#include "../formats/seal.hpp"

using namespace gaugeline;
using namespace gaugeline::formats;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed);
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

class MemorySink final : public ByteSink {
 public:
  Expected<> write(std::span<const std::byte> more) override {
    bytes.insert(bytes.end(), more.begin(), more.end());
    return {};
  }
  std::vector<std::byte> bytes;
};

std::vector<std::byte> encoded(const SnapshotView& snapshot) {
  std::vector<std::byte> workspace(snapshot_workspace_bytes(snapshot));
  MemorySink sink;
  if (!encode_snapshot(snapshot, workspace, sink)) std::abort();
  return sink.bytes;
}

constexpr std::array encodings{Encoding::float32, Encoding::bfloat16, Encoding::int8};

// A small good snapshot, made anew where the fuzzer has nothing to start from.
std::vector<std::byte> example(Encoding encoding) {
  static constexpr std::array<char, 4> text{'w', 'a', 'r', 'x'};
  static constexpr std::array<std::uint32_t, 2> ends{3, 4};
  static constexpr std::array<float, 4> table{1, 2, 3, 4};
  static constexpr std::array<float, 2> column{1, 2};
  static constexpr std::array<std::uint32_t, 2> born{0, 0};
  static constexpr std::array<std::uint64_t, 8> hashes{17};
  static constexpr std::array<float, 8> counts{1.5F};
  static constexpr std::array<double, 4> rotation{0, 1, 1, 0};
  static constexpr std::array<SourcePositionView, 1> sources{{{"source", 3}}};
  const SideState<float> side{.tokens = {text, ends},
                              .embeddings = {table.data(), 2, 2},
                              .precision = column,
                              .diffusion = column,
                              .count = column,
                              .uses = column,
                              .null_variance = column,
                              .log_retention = column,
                              .gradient_energy = column,
                              .frequency = column,
                              .born = born,
                              .candidate_hashes = hashes,
                              .candidate_counts = counts,
                              .anchor = {table.data(), 2, 2},
                              .anchor_time = column};
  const TimeInterval interval{Time(std::chrono::seconds(0)), Time(std::chrono::seconds(1))};
  Options options;
  options.dimension = 2;
  return encoded({.lineage = {.run = "0123456789abcdef0123456789abcdef", .program = "fuzz"},
                  .options = options,
                  .state = {.slices = 1,
                            .interval = interval,
                            .time_unit_seconds = 1,
                            .dimension = 2,
                            .items = side,
                            .contexts = side,
                            .rotation = rotation},
                  .report = {.interval = interval, .item_rows = 2, .context_rows = 2},
                  .sources = sources,
                  .encoding = encoding});
}

void decode(std::span<const std::byte> bytes) {
  const auto snapshot = Snapshot::decode(bytes);
  if (!snapshot) return;
  SnapshotView view = snapshot->view();
  const Encoding found = view.encoding;
  for (const Encoding encoding : encodings) {
    if (encoding == Encoding::float32 && found != encoding) continue;  // it has no anchors, which float32 may need
    view.encoding = encoding;
    const auto first = encoded(view);
    const auto again = Snapshot::decode(first);
    if (!again || encoded(again->view()) != first) std::abort();
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto bytes = std::as_bytes(std::span(data, size));
  decode(bytes);
  std::vector<std::byte> resealed(bytes.begin(), bytes.end());
  gaugeline::test::seal(resealed);
  decode(resealed);
  return 0;
}

std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned seed) {
  // The frame of a snapshot is too rare to be found by chance.
  const bool framed = size >= 8 && std::equal(data, data + 8, reinterpret_cast<const std::uint8_t*>("gaugesnp"));
  if (framed) return LLVMFuzzerMutate(data, size, max_size);
  static const std::array starts{example(encodings[0]), example(encodings[1]), example(encodings[2])};
  const auto& start = starts[seed % starts.size()];
  if (start.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::ranges::copy(start, reinterpret_cast<std::byte*>(data));
  return start.size();
}
