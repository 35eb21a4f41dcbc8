// The messages of a file by their number, as a client that may have to go back wants them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/slices_file.hpp>
#include <gaugeline/stream/client.hpp>

#include "line_reader.hpp"

namespace gaugeline::cli {

// The slices of a .slices file.
class NumberedSlices {
 public:
  explicit NumberedSlices(std::filesystem::path path) : path_(std::move(path)) {}
  // From 1. Going back reads the file again from its start.
  [[nodiscard]] Expected<std::optional<stream::ClientMessage>> at(std::uint64_t sequence);

 private:
  std::filesystem::path path_;
  std::optional<formats::SlicesReader> reader_;
  std::uint64_t next_ = 1;
};

// The lines of a file of events, some to a message: whole lines, and the same ones whenever the file is read. If
// `ends`, messages follow that end each source that the file names, and the sender's where an event names none.
class NumberedEvents {
 public:
  NumberedEvents(std::filesystem::path path, bool ends) : path_(std::move(path)), ends_(ends) {}
  [[nodiscard]] Expected<std::optional<stream::ClientMessage>> at(std::uint64_t sequence);

 private:
  [[nodiscard]] Expected<std::optional<stream::ClientMessage>> next();

  void note_source(std::string_view line);

  std::filesystem::path path_;
  bool ends_;
  std::set<std::string> sources_;  // that are not ended yet
  std::optional<LineReader> reader_;
  std::uint64_t next_ = 1;
};

}  // namespace gaugeline::cli
