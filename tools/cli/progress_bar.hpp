// How far a long job is, on standard error: a bar that redraws itself on a terminal, else a line at every tenth.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gaugeline::cli {

class ProgressBar {
 public:
  // total: nullopt if it is not known.
  ProgressBar(std::string title, std::optional<std::uint64_t> total);
  ~ProgressBar();  // leaves the last state standing
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  void show(std::uint64_t done);
  void say(std::string_view line);  // a line of its own, the bar beneath it

 private:
  void draw() const;
  std::string title_;
  std::optional<std::uint64_t> total_;
  bool terminal_;
  bool drawn_ = false;
  std::uint64_t done_ = 0;
  std::uint64_t tenths_ = 0;
};

}  // namespace gaugeline::cli
