// How events are cut into slices, as flags: for `slice`, `train` and `send`, which have all of a file, and for `serve`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

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
  // Those that a daemon can heed, and what they mean there.
  void add_to_daemon(CLI::App& app);
  // True if any of them was given, by whatever way.
  [[nodiscard]] bool given() const;
  // Reads the file of stop words.
  [[nodiscard]] Expected<stream::SlicerOptions> options(const stream::Period& period) const;

 private:
  void add_every(CLI::App& app, const std::string& without);
  void add_tokens(CLI::App& app, const std::string& whole);
  void add_lateness(CLI::App& app, const std::string& help);
  std::vector<const CLI::Option*> added_;
};

}  // namespace gaugeline::cli
