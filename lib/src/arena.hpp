// Hands out aligned pieces of one block of memory. Without a block it only measures: the same layout code says how much
// is needed and then takes it.
#pragma once

#include <cstddef>
#include <span>

namespace gaugeline {

inline constexpr std::size_t arena_alignment = 64;

class Arena {
 public:
  Arena() = default;  // measures
  explicit Arena(std::byte* base) noexcept : base_(base) {}

  template <class T>
  std::span<T> take(std::size_t count) noexcept {
    used_ = (used_ + arena_alignment - 1) / arena_alignment * arena_alignment;
    std::byte* const begin = base_ == nullptr ? nullptr : base_ + used_;
    used_ += count * sizeof(T);
    return base_ == nullptr ? std::span<T>() : std::span<T>(reinterpret_cast<T*>(begin), count);
  }
  [[nodiscard]] std::size_t used() const noexcept { return used_; }

 private:
  std::byte* base_ = nullptr;
  std::size_t used_ = 0;
};

}  // namespace gaugeline
