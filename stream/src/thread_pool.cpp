#include <gaugeline/stream/thread_pool.hpp>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace gaugeline::stream {

struct ThreadPool::Impl {
  std::mutex mutex;
  std::condition_variable begin;
  std::condition_variable end;
  // Guarded by the mutex. A round is one call of run(); every thread takes part in every round.
  std::uint64_t round = 0;
  std::size_t threads_at_work = 0;
  std::size_t task_count = 0;
  std::optional<TaskReference> work;
  bool stopping = false;

  std::atomic<std::size_t> next_task = 0;
  std::vector<std::jthread> threads;

  // Also of a pool that came to have some of its threads only.
  ~Impl() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    begin.notify_all();
    threads.clear();  // joins, while what they use still stands
  }

  void take_tasks(std::size_t worker, std::size_t count, const TaskReference& task) {
    for (auto i = next_task.fetch_add(1, std::memory_order_relaxed); i < count;
         i = next_task.fetch_add(1, std::memory_order_relaxed)) {
      task(worker, i);
    }
  }

  void serve(std::size_t worker) {
    std::unique_lock lock(mutex);
    for (std::uint64_t seen = 0;;) {
      begin.wait(lock, [&] { return stopping || round != seen; });
      if (stopping) return;
      seen = round;
      const std::size_t count = task_count;
      const TaskReference task = *work;
      lock.unlock();
      take_tasks(worker, count, task);
      lock.lock();
      if (--threads_at_work == 0) end.notify_one();
    }
  }
};

ThreadPool::ThreadPool(std::size_t workers, void (*at_start)() noexcept) : impl_(std::make_unique<Impl>()) {
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
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->task_count = task_count;
    impl_->work = work;
    impl_->next_task.store(0, std::memory_order_relaxed);
    impl_->threads_at_work = impl_->threads.size();
    ++impl_->round;
  }
  impl_->begin.notify_all();
  impl_->take_tasks(0, task_count, work);
  std::unique_lock lock(impl_->mutex);
  impl_->end.wait(lock, [&] { return impl_->threads_at_work == 0; });
}

}  // namespace gaugeline::stream
