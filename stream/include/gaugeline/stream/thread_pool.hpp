// An Executor on a fixed set of threads; the calling thread is one of the workers.
#pragma once

#include <cstddef>
#include <memory>

#include <gaugeline/executor.hpp>

namespace gaugeline::stream {

class ThreadPool final : public Executor {
 public:
  explicit ThreadPool(std::size_t workers);  // at least 1; starts workers - 1 threads
  ~ThreadPool() override;
  [[nodiscard]] std::size_t worker_count() const noexcept override;
  void run(std::size_t task_count, TaskReference work) override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gaugeline::stream
