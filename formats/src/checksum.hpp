// Checksums against damage (not against forgery): XXH3, https://xxhash.com.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace gaugeline::formats {

// XXH3, 64 bits, seed 0. No heap.
[[nodiscard]] std::uint64_t checksum(std::span<const std::byte> bytes) noexcept;
// Of pieces, one after the other. No heap.
[[nodiscard]] std::uint64_t checksum(std::span<const std::span<const std::byte>> pieces) noexcept;

// XXH3, 128 bits, of bytes that come piece by piece.
class Digest {
 public:
  Digest();
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;
  ~Digest();
  void update(std::span<const std::byte> bytes) noexcept;
  [[nodiscard]] std::string hexadecimal() const;  // 32 digits, the canonical (big-endian) form

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gaugeline::formats
