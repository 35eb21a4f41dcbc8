// An Executor on a fixed set of threads; the calling thread is one of the workers.
//
// The threads sleep between calls of run(), which allocates nothing; waking them costs some microseconds, so tasks
// should be much longer than that. One thread at a time may call run(). Tasks must not throw, nor call run() again.
#pragma once

#include <cstddef>
#include <memory>

#include <gaugeline/executor.hpp>

namespace gaugeline::stream {

class ThreadPool final : public Executor {
 public:
  // At least 1; starts workers - 1 threads, each of which begins with `at_start` if there is one.
  explicit ThreadPool(std::size_t workers, void (*at_start)() noexcept = nullptr);
  ~ThreadPool() override;
  [[nodiscard]] std::size_t worker_count() const noexcept override;
  void run(std::size_t task_count, TaskReference work) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gaugeline::stream
