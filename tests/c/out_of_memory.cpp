// Memory that runs out, at whatever allocation, is a status, and the learner can still be used.
#include <doctest/doctest.h>

#include <cstdlib>
#include <functional>
#include <limits>
#include <new>

#include <formats/temporary_directory.hpp>
#include <support/text_slice.hpp>

#include "c_learner.hpp"

namespace {

constexpr std::size_t never = std::numeric_limits<std::size_t>::max();
thread_local std::size_t allocations_left = never;

bool allowed() {
  if (allocations_left == never) return true;
  if (allocations_left == 0) return false;
  --allocations_left;
  return true;
}

void* allocate(std::size_t size) { return allowed() ? std::malloc(size == 0 ? 1 : size) : nullptr; }
void* allocate(std::size_t size, std::align_val_t alignment) {
  const auto align = static_cast<std::size_t>(alignment);
  return allowed() ? std::aligned_alloc(align, (size + align - 1) / align * align) : nullptr;
}

}  // namespace

// The library takes these as well.
void* operator new(std::size_t size) {
  if (void* const memory = allocate(size)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, std::align_val_t alignment) {
  if (void* const memory = allocate(size, alignment)) return memory;
  throw std::bad_alloc();
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return allocate(size); }
void* operator new(std::size_t size, std::align_val_t alignment, const std::nothrow_t&) noexcept {
  return allocate(size, alignment);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }

namespace gaugeline::test {
namespace {

using testing::SequenceSlice;

// Makes the call with 0, 1, 2, ... allocations until it succeeds, each time after `before`. Returns how many it took.
std::size_t run_out(
    const std::function<gaugeline_status(gaugeline_error*)>& call, const std::function<void()>& before = [] {}) {
  for (std::size_t allowed_now = 0; allowed_now < 100'000; ++allowed_now) {
    Call error;
    before();
    allocations_left = allowed_now;
    const gaugeline_status status = call(error);
    allocations_left = never;
    if (status == GAUGELINE_OK) return allowed_now;
    // What is written to disk tells of a lack of memory as of any other failure.
    CHECK((status == GAUGELINE_OUT_OF_MEMORY || status == GAUGELINE_IO_ERROR));
    CHECK(error.status() == status);
    CHECK(!error.message().empty());
  }
  FAIL("it never succeeds");
  return 0;
}

TEST_CASE("options and learners are made, or nothing is") {
  gaugeline_options* options = nullptr;
  gaugeline_learner* learner = nullptr;
  CHECK(run_out([&](auto* error) { return gaugeline_options_create("skipgram", &options, error); }) > 0);
  gaugeline_options_destroy(options);
  const COptions small = small_c_options("skipgram", {{"every", "day"}, {"threads", "4"}});
  CHECK(run_out([&](auto* error) {
          const auto status = gaugeline_learner_create(small.get(), &learner, error);
          CHECK((learner != nullptr) == (status == GAUGELINE_OK));
          return status;
        }) > 0);
  gaugeline_learner_destroy(learner);
}

TEST_CASE("a slice is fed, learnt and asked about, or the learner is as it was") {
  const CLearner learner = make_learner(small_c_options());
  const SequenceSlice data(0, 60);
  const SliceView view = data.view();
  const CSlice slice(view);
  CHECK(run_out([&](auto* error) { return gaugeline_learner_feed_slice(learner.get(), slice.get(), error); }) > 0);
  std::int32_t learnt = 0;
  CHECK(run_out([&](auto* error) { return gaugeline_learner_step(learner.get(), nullptr, &learnt, error); }) == 0);
  CHECK(learnt == 1);
  CHECK(table(learner.get()).rows == 60);
  gaugeline_neighbor found{};
  std::uint32_t count = 0;
  CHECK(run_out([&](auto* error) {
          return gaugeline_learner_neighbors(learner.get(), "w7", 2, 0, &found, 1, &count, error);
        }) > 0);
  CHECK(count == 1);
}

TEST_CASE("events are taken, or the call says why not") {
  const CLearner learner = make_learner(small_c_options("skipgram", {{"every", "day"}}));
  const std::string lines = R"({"time": "2024-05-01", "text": "a few words, and some more"})"
                            "\n";
  auto taken = sized<gaugeline_events_taken>();
  CHECK(run_out([&](auto* error) {
          return gaugeline_learner_feed_events(learner.get(), lines.data(), lines.size(), &taken, error);
        }) > 0);
  CHECK(std::string(taken.first_reason).empty());
  CHECK(taken.counted == 1);
  CHECK(run_out([&](auto* error) { return gaugeline_learner_end_events(learner.get(), error); }) > 0);
  CHECK(step(learner.get()).item_rows == 6);
}

TEST_CASE("a snapshot is saved and loaded, or the call says why not") {
  const TemporaryDirectory folder;
  const std::string file = folder / "a.snapshot";
  const CLearner learner = make_learner(small_c_options());
  learn(learner.get(), SequenceSlice(0, 60).view());
  // A file that could not be finished stays under a temporary name, which does no harm.
  const auto remove_unfinished = [&] {
    for (const std::string& name : folder.names()) std::filesystem::remove(folder / name);
  };
  CHECK(run_out([&](auto* error) { return gaugeline_learner_save(learner.get(), file.c_str(), error); },
                remove_unfinished) > 0);
  gaugeline_learner* loaded = nullptr;
  CHECK(run_out([&](auto* error) { return gaugeline_learner_load(file.c_str(), nullptr, &loaded, error); }) > 0);
  CHECK(table(loaded).rows == 60);
  gaugeline_learner_destroy(loaded);
}

TEST_CASE("a directory is opened, or the call says why not and lets it go") {
  const TemporaryDirectory folder;
  const std::string data = folder / "data";
  const COptions options = small_c_options();
  gaugeline_learner* learner = nullptr;
  CHECK(run_out([&](auto* error) { return gaugeline_learner_open(data.c_str(), options.get(), &learner, error); }) > 0);
  learn(learner, SequenceSlice(0, 60).view());
  gaugeline_learner_destroy(learner);
}

}  // namespace
}  // namespace gaugeline::test
