// An Executor on a fixed set of threads; the calling thread is one of the workers.
//
// Between calls of run(), which allocates nothing, the threads wait awake for some tens of microseconds, then sleep (at
// once if they are more than the processors): so calls may follow one another as quickly as every ten microseconds. A
// thread that is late finds nothing left to do, and nobody waits for it. One thread at a time may call run(), for fewer
// than 2^31 tasks. Tasks must not throw, nor call run() again.
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
