// Lets a FlatBufferBuilder work in memory that the caller handed over.
#pragma once

#include <flatbuffers/flatbuffers.h>

#include <cstddef>
#include <cstdlib>
#include <span>

namespace gaugeline::formats {

// Serves one allocation: the builder asks for its initial size at once, and again only if that was too small. Sizes are
// computed beforehand (row_chunk_bytes, manifest_bytes), so a second call is a mistake in those, and ends the program.
class WorkspaceAllocator final : public flatbuffers::Allocator {
 public:
  explicit WorkspaceAllocator(std::span<std::byte> memory) noexcept : memory_(memory) {}

  std::uint8_t* allocate(std::size_t size) override {
    if (size > memory_.size()) std::abort();
    return reinterpret_cast<std::uint8_t*>(memory_.data());
  }
  void deallocate(std::uint8_t*, std::size_t) override {}
  std::uint8_t* reallocate_downward(std::uint8_t*, std::size_t, std::size_t, std::size_t, std::size_t) override {
    std::abort();
  }

 private:
  std::span<std::byte> memory_;
};

}  // namespace gaugeline::formats
