// FlatBuffers are read in place and need alignment; bytes from a network or from the middle of a file may have none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>

namespace gaugeline::formats {

// The same bytes, aligned to 8: those given if they are aligned already, else a copy.
class AlignedBytes {
 public:
  explicit AlignedBytes(std::span<const std::byte> bytes) : bytes_(bytes) {
    if (reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(std::uint64_t) == 0) return;
    copy_ = std::make_unique_for_overwrite<std::uint64_t[]>(bytes.size() / sizeof(std::uint64_t) + 1);
    std::memcpy(copy_.get(), bytes.data(), bytes.size());
    bytes_ = {reinterpret_cast<const std::byte*>(copy_.get()), bytes.size()};
  }

  [[nodiscard]] std::span<const std::byte> get() const noexcept { return bytes_; }
  [[nodiscard]] const std::uint8_t* data() const noexcept {
    return reinterpret_cast<const std::uint8_t*>(bytes_.data());
  }
  [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }

 private:
  std::span<const std::byte> bytes_;
  std::unique_ptr<std::uint64_t[]> copy_;
};

}  // namespace gaugeline::formats
