// How events are cut into slices, as flags: the same for `slice`, `train` and `send`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <gaugeline/stream/slicer.hpp>

#include "command.hpp"

namespace gaugeline::cli {

struct SlicingFlags {
  std::optional<stream::Period> every;  // not given: chosen from the events
  std::uint32_t window = 5;
  std::string window_weights = "full";
  std::uint32_t vocabulary = 0;
  std::uint32_t min_count = 1;
  std::string stop_words_file;
  std::optional<std::chrono::microseconds> lateness;
  std::optional<Time> text_time;  // given: files are plain text, of this time
  bool pairs = false;
  bool strict = false;

  void add_to(CLI::App& app);
  // Reads the file of stop words.
  [[nodiscard]] Expected<stream::SlicerOptions> options(const stream::Period& period) const;
};

}  // namespace gaugeline::cli
