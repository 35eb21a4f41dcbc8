// encode_snapshot on a device without a heap: every allocation of this program is counted.
#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>

#include <gaugeline/formats/snapshot.hpp>

#include "example_snapshot.hpp"

using namespace gaugeline;
using namespace gaugeline::formats;
using namespace gaugeline::test;

namespace {

std::atomic<std::size_t> allocations{0};

void* counted(std::size_t size) {
  ++allocations;
  if (size > PTRDIFF_MAX) std::abort();  // GCC follows such sizes into malloc, and warns
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) std::abort();
  return memory;
}

class FixedSink final : public ByteSink {
 public:
  explicit FixedSink(std::span<std::byte> memory) : memory_(memory) {}
  Expected<> write(std::span<const std::byte> bytes) override {
    if (bytes.size() > memory_.size() - size_) return fail(ErrorCode::capacity_exceeded, "the memory is full");
    std::ranges::copy(bytes, memory_.subspan(size_).begin());
    size_ += bytes.size();
    return {};
  }
  [[nodiscard]] std::span<const std::byte> written() const { return memory_.first(size_); }

 private:
  std::span<std::byte> memory_;
  std::size_t size_ = 0;
};

}  // namespace

void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

TEST_CASE("encoding allocates nothing, in a workspace of just the size that was told") {
  for (const auto& [rows, dimension, chunk_bytes] : {std::tuple{0UL, 1U, default_chunk_bytes},
                                                     {1UL, 1U, default_chunk_bytes},
                                                     {300UL, 8U, default_chunk_bytes},
                                                     {300UL, 8U, std::size_t{1500}},
                                                     {5UL, 64U, default_chunk_bytes},
                                                     {2UL, 300U, default_chunk_bytes}}) {
    CAPTURE(rows);
    CAPTURE(dimension);
    CAPTURE(chunk_bytes);
    const ExampleSnapshot example(rows, rows / 2, dimension);
    SnapshotView view = example.view();
    for (const Encoding encoding : {Encoding::float32, Encoding::bfloat16, Encoding::int8}) {
      view.encoding = encoding;
      std::vector<std::byte> workspace(snapshot_workspace_bytes(view, chunk_bytes));
      std::vector<std::byte> output(std::size_t{1} << 20U);
      FixedSink sink(output);
      const std::size_t before = allocations;
      const auto checksum = encode_snapshot(view, workspace, sink, chunk_bytes);
      const std::size_t after = allocations;
      REQUIRE(checksum);
      CHECK(after == before);
      CHECK(Snapshot::decode(sink.written()));
    }
  }
}

TEST_CASE("a workspace of any alignment will do") {
  const ExampleSnapshot example(50, 60, 8);
  const std::size_t size = snapshot_workspace_bytes(example.view());
  for (std::size_t shift = 0; shift < 64; ++shift) {
    std::vector<std::byte> workspace(size + shift);
    MemorySink sink;
    REQUIRE(encode_snapshot(example.view(), std::span(workspace).subspan(shift), sink));
    CHECK(sink.bytes == encode(example.view()).value());
  }
}

TEST_CASE("a workspace that is a byte too small is refused before anything is written") {
  const ExampleSnapshot example(50, 60, 8);
  std::vector<std::byte> workspace(snapshot_workspace_bytes(example.view()) - 1);
  MemorySink sink;
  const auto result = encode_snapshot(example.view(), workspace, sink);
  REQUIRE(!result);
  CHECK(result.error().code() == ErrorCode::capacity_exceeded);
  CHECK(sink.bytes.empty());
}

TEST_CASE("the refusal of a bad snapshot allocates nothing either") {
  ExampleSnapshot example(3, 3, 2);
  example.items.precision[1] = 0;
  const SnapshotView view = example.view();
  std::vector<std::byte> workspace(100000);
  FixedSink sink({});
  const std::size_t before = allocations;
  const auto result = encode_snapshot(view, workspace, sink);
  const std::size_t after = allocations;
  CHECK(!result);
  CHECK(after == before);
}
