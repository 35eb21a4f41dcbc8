// A block of memory of its own, for an Arena. Without memory the block is empty: nothing is thrown.
#pragma once

#include <cstddef>
#include <new>
#include <utility>

#include "arena.hpp"

namespace gaugeline {

class OwnedBytes {
 public:
  OwnedBytes() = default;
  explicit OwnedBytes(std::size_t size) noexcept
      : data_(static_cast<std::byte*>(::operator new(size, std::align_val_t(arena_alignment), std::nothrow))),
        size_(data_ == nullptr ? 0 : size) {}
  OwnedBytes(OwnedBytes&& from) noexcept
      : data_(std::exchange(from.data_, nullptr)), size_(std::exchange(from.size_, 0)) {}
  OwnedBytes& operator=(OwnedBytes&& from) noexcept {
    std::swap(data_, from.data_);
    std::swap(size_, from.size_);
    return *this;
  }
  ~OwnedBytes() { ::operator delete(data_, std::align_val_t(arena_alignment)); }

  [[nodiscard]] std::byte* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace gaugeline
