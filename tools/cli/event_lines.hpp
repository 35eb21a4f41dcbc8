// Events as lines of NDJSON files, and what is wrong with those lines.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include <gaugeline/error.hpp>
#include <gaugeline/stream/events.hpp>

namespace gaugeline::cli {

struct InputFile {
  std::filesystem::path path;
  std::string name;  // for messages
};

// What is wrong with a line, told to standard error once per line and never more than a screenful.
class BadLines {
 public:
  explicit BadLines(bool strict) : strict_(strict) {}
  // The error to stop with, if it is one.
  [[nodiscard]] Expected<> report(const Error& error);
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

 private:
  bool strict_;
  std::uint64_t count_ = 0;
};

using EventTaker = std::function<Expected<>(stream::Event)>;

// Hands every event of a file to `take`. A line that is no event, or that `take` refuses, is reported as
// FILE:LINE: REASON.
[[nodiscard]] Expected<> read_events(const InputFile& file, BadLines& bad_lines, const EventTaker& take);

}  // namespace gaugeline::cli
