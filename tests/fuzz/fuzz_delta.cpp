// apply_delta and read_delta_summary on any payloads: the input is a head and records of rows, cut by lengths of four
// bytes, and framed with the right checksums, so that what lies behind them is reached. What comes out must be a
// snapshot that can be encoded, whose digest the delta states.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>
#include <vector>

#include <gaugeline/formats/delta.hpp>

#include "../formats/delta_parts.hpp"
#include "../formats/example_delta.hpp"

using namespace gaugeline;
using namespace gaugeline::formats;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed);
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

const gaugeline::test::SnapshotPair& pair() {
  static const gaugeline::test::SnapshotPair made(6, 2, false);
  return made;
}

void read(std::span<const std::byte> file) {
  const auto summary = read_delta_summary(file);
  const auto there = apply_delta(pair().base.view(), file);
  if (!there) return;
  if (!summary || rows_digest(there->view()) != summary->digest) std::abort();
  if (!gaugeline::test::encode(there->view())) std::abort();
}

// The payloads of a good delta, each behind its length.
std::vector<std::byte> example() {
  const auto file = gaugeline::test::encode_pair(pair(), {.amount = .1F});
  auto reader = DeltaReader::open(file).value();
  std::vector<std::byte> bytes;
  for (auto record = reader.next().value(); record; record = reader.next().value()) {
    const auto length = static_cast<std::uint32_t>(record->size);
    const auto head = std::as_bytes(std::span(&length, 1));
    bytes.insert(bytes.end(), head.begin(), head.end());
    bytes.insert(bytes.end(), record->span().begin(), record->span().end());
  }
  return bytes;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto rest = std::as_bytes(std::span(data, size));
  read(rest);
  const auto header = delta_file.header();
  std::vector<std::byte> file(header.begin(), header.end());
  std::uint32_t index = 0;
  for (; rest.size() >= 4; ++index) {
    std::uint32_t length = 0;
    std::memcpy(&length, rest.data(), 4);
    rest = rest.subspan(4);
    const auto raw = rest.first(std::min<std::size_t>(length, rest.size()));
    rest = rest.subspan(raw.size());
    const auto record = gaugeline::test::delta_record(index, raw);
    file.insert(file.end(), record.begin(), record.end());
  }
  const auto end = RecordHeader{.kind = RecordKind::end, .index = index}.sealed({});
  file.insert(file.end(), end.begin(), end.end());
  read(file);
  return 0;
}

std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size, unsigned) {
  // A head that fits the base is too rare to be found by chance.
  if (size > 100) return LLVMFuzzerMutate(data, size, max_size);
  static const std::vector<std::byte> start = example();
  if (start.size() > max_size) return LLVMFuzzerMutate(data, size, max_size);
  std::ranges::copy(start, reinterpret_cast<std::byte*>(data));
  return start.size();
}
