#include <gaugeline/stream/thread_pool.hpp>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <optional>
#include <thread>
#include <vector>

namespace gaugeline::stream {
namespace {

// How often a thread looks again before it sleeps: some tens of microseconds, about what being woken takes.
constexpr int most_looks = 1000;

void let_the_other_look() noexcept {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

struct ThreadPool::Impl {
  // Whom to wait for would be lost where there are more threads than processors: they sleep at once.
  explicit Impl(std::size_t workers) noexcept
      : looks(workers <= std::thread::hardware_concurrency() ? most_looks : 0) {}

  // Also of a pool that came to have some of its threads only.
  ~Impl() {
    stopping = true;
    begin_round();
    threads.clear();  // joins, while what they use still stands
  }

  void begin_round() noexcept {
    round.fetch_add(1, std::memory_order_release);
    round.notify_all();
  }

  // Until `value` is no longer what it was.
  void wait(const std::atomic<std::uint32_t>& value, std::uint32_t was) const noexcept {
    for (int look = 0; look < looks; ++look) {
      if (value.load(std::memory_order_acquire) != was) return;
      let_the_other_look();
    }
    value.wait(was, std::memory_order_acquire);
  }

  // Whoever gets a number below the count has a task that run() waits for, so that `work` stands; all others, however
  // late they come, have none.
  void take_tasks(std::size_t worker) {
    while (true) {
      const std::uint64_t ticket = tickets.fetch_add(1, std::memory_order_acquire);
      const auto task = static_cast<std::uint32_t>(ticket);
      if (task >= ticket >> 32U) return;
      (*work)(worker, task);
      if (unfinished.fetch_sub(1, std::memory_order_acq_rel) == 1) unfinished.notify_one();
    }
  }

  void serve(std::size_t worker) {
    for (std::uint32_t seen = 0;;) {
      wait(round, seen);
      if (stopping) return;
      seen = round.load(std::memory_order_acquire);
      take_tasks(worker);
    }
  }

  void run(std::uint32_t task_count, TaskReference task) {
    work = task;
    unfinished.store(task_count, std::memory_order_relaxed);
    tickets.store(std::uint64_t{task_count} << 32U, std::memory_order_release);
    begin_round();
    take_tasks(0);
    for (auto left = unfinished.load(std::memory_order_acquire); left != 0;
         left = unfinished.load(std::memory_order_acquire)) {
      wait(unfinished, left);
    }
  }

  const int looks;
  // A round is one call of run(): the number of its tasks, in the upper half, and of the next one, in the lower.
  std::atomic<std::uint64_t> tickets = 0;
  std::atomic<std::uint32_t> unfinished = 0;
  std::optional<TaskReference> work;
  std::atomic<std::uint32_t> round = 0;
  std::atomic<bool> stopping = false;
  std::vector<std::jthread> threads;
};

ThreadPool::ThreadPool(std::size_t workers, void (*at_start)() noexcept) : impl_(std::make_unique<Impl>(workers)) {
  const std::size_t threads = std::max<std::size_t>(workers, 1) - 1;
  impl_->threads.reserve(threads);
  for (std::size_t worker = 1; worker <= threads; ++worker) {
    impl_->threads.emplace_back([impl = impl_.get(), worker, at_start] {
      if (at_start != nullptr) at_start();
      impl->serve(worker);
    });
  }
}

ThreadPool::~ThreadPool() = default;

std::size_t ThreadPool::worker_count() const noexcept { return impl_->threads.size() + 1; }

void ThreadPool::run(std::size_t task_count, TaskReference work) {
  if (impl_->threads.empty() || task_count <= 1) {
    for (std::size_t task = 0; task < task_count; ++task) work(0, task);
    return;
  }
  impl_->run(static_cast<std::uint32_t>(task_count), work);
}

}  // namespace gaugeline::stream
