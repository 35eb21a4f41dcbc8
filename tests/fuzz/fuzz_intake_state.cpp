// Intake::decode on any bytes behind a right checksum. What it lets through comes back from its own encoding, and goes
// on: it takes events, and gives slices that are valid.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <vector>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <gaugeline/slice.hpp>
#include <gaugeline/stream/intake.hpp>

using namespace gaugeline;
using namespace gaugeline::stream;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

// Those of the seeds.
IntakeOptions options() {
  IntakeOptions options;
  options.slicing.period = Period{std::chrono::microseconds{std::chrono::seconds{10}}};
  options.slicing.lateness = std::chrono::seconds{15};
  options.duplicate_horizon = 100;
  options.max_open_bytes = std::size_t{1} << 20U;
  options.max_sources = 16;
  return options;
}

std::vector<std::byte> sealed(std::span<const std::byte> body) {
  const std::uint64_t checksum = XXH3_64bits(body.data(), body.size());
  std::vector<std::byte> bytes;
  for (unsigned i = 0; i < 8; ++i) bytes.push_back(static_cast<std::byte>(checksum >> (8 * i)));
  bytes.insert(bytes.end(), body.begin(), body.end());
  return bytes;
}

void take_slices(Intake& intake) {
  for (;;) {
    const auto slice = intake.next_slice();
    require(slice.has_value());  // nothing of this size passes a limit
    if (!*slice) return;
    require(validate((*slice)->view()).has_value());
  }
}

void go_on(Intake& intake) {
  const std::size_t limit = options().max_open_bytes;
  for (const std::int64_t time : {0, 5, 100, -50}) {
    Event event{Time{std::chrono::seconds{time}}, "s", "i", TokensEvent{{"a", "b"}}};
    (void)intake.add(event, "");
    event.body = ValueEvent{"u", "f", 1};
    (void)intake.add(event, "");
    intake.set_idle("s");
    require(intake.open_bytes() <= limit);
  }
  take_slices(intake);
  (void)intake.close_until(latest_time + std::chrono::microseconds{1});
  take_slices(intake);
  require(intake.encode().has_value());
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto intake = Intake::decode(options(), sealed(std::as_bytes(std::span(data, size))));
  if (!intake) return 0;
  const auto bytes = intake->encode();
  require(bytes.has_value());
  const auto again = Intake::decode(options(), *bytes);
  require(again.has_value() && again->encode().value() == *bytes);
  require(again->open_bytes() == intake->open_bytes() && again->counts() == intake->counts());
  go_on(*intake);
  return 0;
}
