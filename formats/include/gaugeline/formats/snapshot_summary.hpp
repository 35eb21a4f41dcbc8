// What a snapshot says about itself, without its rows: header, manifest and footer, a few kilobytes of a file of any
// size. These parts are verified; the rows are not even read (Snapshot verifies them).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include <gaugeline/error.hpp>
#include <gaugeline/learner_state.hpp>
#include <gaugeline/options.hpp>

namespace gaugeline::formats {

struct SnapshotSummary {
  std::string run, program;  // as in LineageView
  bool smoothed = false;
  std::uint64_t checksum = 0;  // of the snapshot: stands for every byte of the file
  std::uint64_t bytes = 0;     // of the file
  Options options;
  SliceReport report;
};

// Errors begin with the file's name; they are those of Snapshot::decode.
[[nodiscard]] Expected<SnapshotSummary> read_snapshot_summary(const std::filesystem::path& file);

}  // namespace gaugeline::formats
