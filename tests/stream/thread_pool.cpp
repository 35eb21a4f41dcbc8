#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>
#include <thread>
#include <vector>

#include <gaugeline/stream/thread_pool.hpp>

namespace {
std::atomic<std::size_t> allocations = 0;
}
[[gnu::noinline]] void* operator new(std::size_t size) {
  ++allocations;
  if (void* memory = std::malloc(size)) return memory;
  std::abort();
}
[[gnu::noinline]] void operator delete(void* memory) noexcept { std::free(memory); }
[[gnu::noinline]] void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace gaugeline::stream {
namespace {

std::atomic<int> threads_begun = 0;

TEST_CASE("each thread of a pool begins with what it was told, and nobody else does") {
  for (const std::size_t workers : {1U, 2U, 5U}) {
    threads_begun = 0;
    {
      ThreadPool pool(workers, +[]() noexcept { ++threads_begun; });
      pool.run(100, [](std::size_t, std::size_t) {});
    }
    CHECK(threads_begun == static_cast<int>(workers) - 1);
  }
}

TEST_CASE("every task runs once, for any number of workers and tasks") {
  for (const std::size_t workers : {0U, 1U, 2U, 3U, 8U}) {
    ThreadPool pool(workers);
    CHECK(pool.worker_count() == std::max<std::size_t>(workers, 1));
    for (const std::size_t tasks : {0U, 1U, 2U, 7U, 1000U}) {
      std::vector<std::atomic<int>> runs(tasks);
      const auto work = [&](std::size_t, std::size_t task) { ++runs[task]; };
      pool.run(tasks, work);
      CHECK(std::ranges::all_of(runs, [](const auto& count) { return count == 1; }));
    }
  }
}

TEST_CASE("a worker does one task at a time") {
  ThreadPool pool(4);
  std::vector<std::atomic<bool>> busy(pool.worker_count());
  std::atomic<int> clashes = 0;
  const auto work = [&](std::size_t worker, std::size_t) {
    if (busy.at(worker).exchange(true)) ++clashes;
    std::this_thread::yield();
    busy[worker] = false;
  };
  for (int round = 0; round < 50; ++round) pool.run(20, work);
  CHECK(clashes == 0);
}

TEST_CASE("what tasks have written is there when run returns, round after round") {
  ThreadPool pool(3);
  std::vector<std::size_t> values(100);
  const auto work = [&](std::size_t, std::size_t task) { values[task] += task; };
  for (std::size_t round = 1; round <= 200; ++round) {
    pool.run(values.size(), work);
    CHECK(values[99] == 99 * round);
  }
}

std::atomic<bool> may_begin = false;

TEST_CASE("nobody waits for a thread that is late") {
  may_begin = false;
  ThreadPool pool(2, +[]() noexcept { may_begin.wait(false); });
  std::vector<int> runs(100);
  for (int round = 0; round < 10; ++round) pool.run(runs.size(), [&](std::size_t, std::size_t task) { ++runs[task]; });
  CHECK(std::ranges::all_of(runs, [](int count) { return count == 10; }));
  may_begin = true;
  may_begin.notify_all();
}

TEST_CASE("rounds may follow one another at once, whether threads are awake or asleep") {
  for (const std::size_t workers : {2U, 16U}) {
    ThreadPool pool(workers);
    std::vector<std::size_t> runs(3);
    for (int round = 0; round < 3000; ++round)
      pool.run(runs.size(), [&](std::size_t, std::size_t task) { ++runs[task]; });
    CHECK(runs == std::vector<std::size_t>(3, 3000));
  }
}

TEST_CASE("run allocates nothing") {
  ThreadPool pool(3);
  std::atomic<int> done = 0;
  const auto work = [&](std::size_t, std::size_t) { ++done; };
  const std::size_t before = allocations;
  for (int round = 0; round < 20; ++round) pool.run(50, work);
  const std::size_t after = allocations;
  CHECK(after == before);
  CHECK(done == 1000);
}

}  // namespace
}  // namespace gaugeline::stream
