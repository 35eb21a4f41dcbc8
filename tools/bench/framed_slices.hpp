// A burst of encoded slices from one sender over loopback, to a daemon until all are acknowledged, and to a sink that
// only counts bytes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <vector>

namespace gaugeline::bench {

// The hello of a sender, and so many slices of about so many bytes behind it, one a day, as sequences of words.
struct Burst {
  std::vector<std::byte> hello;
  std::vector<std::byte> slices;
  std::size_t count = 0;
};
// At most the 64 that a daemon lets one have unacknowledged, so that the sender never waits for more credit.
[[nodiscard]] Burst make_burst(std::size_t count, std::size_t bytes);

inline constexpr std::size_t burst_tokens = 2000;

// All three: bytes per second. The daemon's from the first byte behind its welcome to the last acknowledgement.
[[nodiscard]] double daemon_bytes_per_second(std::uint16_t port, const Burst& burst);
[[nodiscard]] double sink_bytes_per_second(const Burst& burst);
// One write and one fdatasync a slice, to a file in this folder.
[[nodiscard]] double disk_bytes_per_second(const std::filesystem::path& folder, const Burst& burst);

}  // namespace gaugeline::bench
