// Memory of large bodies that are done with, for the next ones: fresh memory costs a page fault every 4 KiB, which
// takes longer than all else that is done with these bytes.
#pragma once

#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

namespace gaugeline::stream {

// Thread-safe.
class SpareBodies {
 public:
  // Keeps no more than this. Bodies of less than 64 KiB are left to the allocator.
  explicit SpareBodies(std::size_t most_bytes) noexcept : most_bytes_(most_bytes) {}

  // An empty body with the memory of the one that was given last; without any, if there is none.
  [[nodiscard]] std::vector<std::byte> take() {
    const std::lock_guard lock(mutex_);
    if (bodies_.empty()) return {};
    auto body = std::move(bodies_.back());
    bodies_.pop_back();
    bytes_ -= body.capacity();
    return body;
  }
  void give(std::vector<std::byte> body) {
    constexpr std::size_t least = std::size_t{64} << 10U;
    body.clear();
    const std::lock_guard lock(mutex_);
    if (body.capacity() < least || body.capacity() > most_bytes_ - bytes_) return;
    bytes_ += body.capacity();
    bodies_.push_back(std::move(body));
  }

 private:
  const std::size_t most_bytes_;
  std::mutex mutex_;
  std::vector<std::vector<std::byte>> bodies_;
  std::size_t bytes_ = 0;
};

}  // namespace gaugeline::stream
