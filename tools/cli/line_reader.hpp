// Reads a file line by line with a limit on their length, so that a file without line breaks cannot fill the memory.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include <gaugeline/error.hpp>

namespace gaugeline::cli {

class LineReader {
 public:
  [[nodiscard]] static Expected<LineReader> open(const std::filesystem::path& path, std::size_t max_line_bytes);

  // Moves on to the next line; false at the end of the file.
  [[nodiscard]] bool next();
  // Without its line break ("\n" or "\r\n") and a byte order mark; valid until the next call of next.
  [[nodiscard]] std::string_view line() const noexcept;
  [[nodiscard]] bool too_long() const noexcept { return too_long_; }       // then line() is its beginning only
  [[nodiscard]] std::uint64_t number() const noexcept { return number_; }  // from 1

 private:
  LineReader(std::ifstream file, std::size_t max_line_bytes);
  [[nodiscard]] bool refill();
  void append(std::string_view part);

  std::ifstream file_;
  std::size_t max_line_bytes_;
  std::vector<char> buffer_;
  std::string_view rest_;  // of the buffer: not yet read
  std::string line_;
  bool too_long_ = false;
  std::uint64_t number_ = 0;
};

// All lines that are not empty. One that is longer than allowed is ErrorCode::bad_data, which names it.
[[nodiscard]] Expected<std::vector<std::string>> read_lines(const std::filesystem::path& path,
                                                            std::size_t max_line_bytes);

}  // namespace gaugeline::cli
