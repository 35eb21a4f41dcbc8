// All memory is reserved at the start: its size is known before, it may be the caller's, and a running learner
// allocates nothing, by operator new or by malloc (which Eigen uses).
#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <new>
#include <string_view>
#include <vector>

#include <gaugeline/online_learner.hpp>
#include <support/text_slice.hpp>

using namespace gaugeline;
using namespace gaugeline::testing;

namespace {

std::atomic<bool> watching = false;
std::atomic<std::size_t> allocations = 0;
std::atomic<std::size_t> largest = 0;

void note(std::size_t size) noexcept {
  if (!watching) return;
  ++allocations;
  if (size > largest) largest = size;
}

}  // namespace

// The linker sends every call of malloc in this program here (-Wl,--wrap=malloc), those of Eigen in the library
// included.
extern "C" void* __real_malloc(std::size_t size);
extern "C" void* __wrap_malloc(std::size_t size) {
  note(size);
  return __real_malloc(size);
}
void* operator new(std::size_t size) {
  note(size);
  if (void* memory = __real_malloc(size)) return memory;
  std::abort();
}
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  note(size);
  const auto align = static_cast<std::size_t>(alignment);
  return std::aligned_alloc(align, (size + align - 1) / align * align);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }

namespace {

// Counts what `work` allocates.
template <class Work>
std::size_t counted(Work&& work) {
  allocations = largest = 0;
  watching = true;
  work();
  watching = false;
  return allocations;
}

template <class Scalar>
void check_running_learner(Options options) {
  SerialExecutor serial;
  CAPTURE(options.dimension);
  auto learner = OnlineLearner<Scalar>::create(options).value();
  std::vector<SequenceSlice> sequences;
  std::vector<ValueSlice> values;
  for (int t = 0; t < 3; ++t) {
    sequences.emplace_back(t, 150);
    values.emplace_back(t);
  }
  for (std::size_t t = 0; t < 3; ++t) {
    CAPTURE(t);
    const SliceView slice = options.likelihood == Likelihood::skipgram ? sequences[t].view() : values[t].view();
    CHECK(counted([&] { learner.learn(slice, serial).value(); }) == 0);
    CHECK(counted([&] { CHECK_FALSE(learner.learn(slice, serial)); }) == 0);  // refused: time runs backwards
  }
  CHECK(counted([&] { (void)learner.state(); }) == 0);
  constexpr std::array<std::string_view, 4> tokens{"w7", "item3", "context4", "nobody"};
  CHECK(counted([&] { CHECK(learner.forget(tokens) > 0); }) == 0);
}

}  // namespace

TEST_CASE_TEMPLATE("a running learner allocates nothing", Scalar, float, double) {
  for (const Likelihood likelihood : {Likelihood::skipgram, Likelihood::gaussian}) {
    for (const std::uint32_t dimension : {1U, 16U, 64U, 130U}) {
      Options options = small_options(likelihood);
      options.dimension = dimension;
      options.first_slice_sweeps = 2;
      check_running_learner<Scalar>(options);
    }
  }
}

TEST_CASE("making a learner is one allocation, of the size that was announced") {
  const Options options = small_options();
  const std::size_t count = counted([&] { (void)OnlineLearner<float>::create(options).value(); });
  CHECK(count == 1);
  CHECK(largest == memory_bytes<float>(options));
}

TEST_CASE("a learner lives in the caller's memory, and does the same there") {
  const Options options = small_options();
  const std::size_t bytes = memory_bytes<float>(options);
  std::vector<std::byte> memory(bytes + 64);
  const std::size_t offset = 64 - reinterpret_cast<std::uintptr_t>(memory.data()) % 64;
  const std::span<std::byte> room = std::span(memory).subspan(offset % 64, bytes);
  SerialExecutor serial;
  const SequenceSlice slice(0, 100);

  CHECK(OnlineLearner<float>::create(options, room.first(bytes - 1)).error().code() == ErrorCode::out_of_memory);
  CHECK(OnlineLearner<float>::create(options, std::span(memory).subspan(offset % 64 + 1, bytes - 1)).error().code() !=
        ErrorCode::io_error);
  CHECK(counted([&] {
          auto learner = OnlineLearner<float>::create(options, room).value();
          learner.learn(slice.view(), serial).value();
        }) == 0);

  auto theirs = OnlineLearner<float>::create(options, room).value();
  auto ours = OnlineLearner<float>::create(options).value();
  theirs.learn(slice.view(), serial).value();
  ours.learn(slice.view(), serial).value();
  CHECK(theirs.state().items.embeddings == ours.state().items.embeddings);
}
