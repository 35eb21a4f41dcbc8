// The messages of a file by their number, as a client that may have to go back wants them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

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

// The lines of a file of events, some to a message: whole lines, and the same ones whenever the file is read.
class NumberedEvents {
 public:
  explicit NumberedEvents(std::filesystem::path path) : path_(std::move(path)) {}
  [[nodiscard]] Expected<std::optional<stream::ClientMessage>> at(std::uint64_t sequence);

 private:
  [[nodiscard]] Expected<std::optional<stream::ClientMessage>> next();

  std::filesystem::path path_;
  std::optional<LineReader> reader_;
  std::uint64_t next_ = 1;
};

}  // namespace gaugeline::cli
