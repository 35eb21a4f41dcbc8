// The daemon's private restart state: what has been counted and is in no snapshot yet, and from which record of the
// journal to go on. DIR/checkpoint holds the last one; it belongs to a snapshot that is on disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/file_system.hpp>

namespace gaugeline::stream {

// The last message of each source.
using Positions = std::map<std::string, std::uint64_t, std::less<>>;

struct Checkpoint {
  std::string run;                // whose snapshots it belongs to
  std::uint64_t slices = 0;       // that were learnt by then: the last one's snapshot is on disk
  std::uint64_t next_record = 1;  // the first journal record that is not in it
  std::uint64_t late_bytes = 0;   // length of the file of late events
  Positions positions;            // of messages that are in it
  std::vector<std::byte> intake;  // Intake::encode
};

// With a checksum over all of it.
[[nodiscard]] std::vector<std::byte> encode_checkpoint(const Checkpoint& checkpoint);
[[nodiscard]] Expected<Checkpoint> decode_checkpoint(std::span<const std::byte> bytes);

inline constexpr std::string_view checkpoint_file = "checkpoint";

// nullopt: there is none. Errors name the file.
[[nodiscard]] Expected<std::optional<Checkpoint>> read_checkpoint(const std::filesystem::path& data_directory,
                                                                  formats::FileSystem& files);
// On disk when it returns; what was there before is there until then.
[[nodiscard]] Expected<> write_checkpoint(const std::filesystem::path& data_directory,
                                          std::span<const std::byte> encoded, formats::FileSystem& files);

}  // namespace gaugeline::stream
