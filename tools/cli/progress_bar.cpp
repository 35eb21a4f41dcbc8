#include "progress_bar.hpp"

#include <unistd.h>

#include <algorithm>
#include <iostream>

namespace gaugeline::cli {

ProgressBar::ProgressBar(std::string title, std::optional<std::uint64_t> total)
    : title_(std::move(title)), total_(total), terminal_(::isatty(STDERR_FILENO) == 1) {}

ProgressBar::~ProgressBar() {
  if (drawn_) std::cerr << '\n';
}

void ProgressBar::show(std::uint64_t done) {
  done_ = done;
  if (terminal_) {
    draw();
    drawn_ = true;
    return;
  }
  constexpr std::uint64_t step_of_unknown = 100;
  const std::uint64_t tenths = total_ ? done * 10 / std::max<std::uint64_t>(*total_, 1) : done / step_of_unknown;
  if (tenths == tenths_) return;
  tenths_ = tenths;
  std::cerr << title_ << ": " << done;
  if (total_) std::cerr << " of " << *total_;
  std::cerr << '\n';
}

void ProgressBar::say(std::string_view line) {
  constexpr std::string_view clear_line = "\r\x1B[K";
  if (drawn_) std::cerr << clear_line;
  std::cerr << line << '\n';
  if (drawn_) draw();
}

void ProgressBar::draw() const {
  constexpr std::uint64_t width = 40;
  std::cerr << '\r' << title_ << ' ';
  if (total_) {
    const std::uint64_t filled = std::min(width, done_ * width / std::max<std::uint64_t>(*total_, 1));
    std::cerr << '[' << std::string(filled, '#') << std::string(width - filled, '.') << "] " << done_ << '/' << *total_;
  } else {
    std::cerr << done_;
  }
  std::cerr << std::flush;
}

}  // namespace gaugeline::cli
