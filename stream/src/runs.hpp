// Sequences or bags of token ids, laid out one after another.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace gaugeline::stream {

class Runs {
 public:
  void append(std::span<const std::uint32_t> ids) {
    ids_.insert(ids_.end(), ids.begin(), ids.end());
    ends_.push_back(ids_.size());
  }
  [[nodiscard]] std::size_t size() const noexcept { return ends_.size(); }
  [[nodiscard]] std::span<const std::uint32_t> operator[](std::size_t i) const noexcept {
    const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
    return std::span(ids_).subspan(begin, ends_[i] - begin);
  }
  [[nodiscard]] std::span<const std::uint32_t> all() const noexcept { return ids_; }
  [[nodiscard]] std::span<const std::size_t> ends() const noexcept { return ends_; }  // of the runs, in all()

 private:
  std::vector<std::uint32_t> ids_;
  std::vector<std::size_t> ends_;
};

}  // namespace gaugeline::stream
