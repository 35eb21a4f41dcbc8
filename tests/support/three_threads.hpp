// An executor for tests that results do not depend on threads.
#pragma once

#include <cstddef>
#include <thread>
#include <vector>

#include <gaugeline/executor.hpp>

namespace gaugeline::testing {

// Runs the tasks on three threads, in an order that differs from run to run.
class ThreeThreads final : public Executor {
 public:
  [[nodiscard]] std::size_t worker_count() const noexcept override { return 3; }
  void run(std::size_t task_count, TaskReference work) override {
    std::vector<std::jthread> threads;
    for (std::size_t worker = 0; worker < 3; ++worker) {
      threads.emplace_back([=] {
        for (std::size_t task = worker; task < task_count; task += 3) work(worker, task);
      });
    }
  }
};

}  // namespace gaugeline::testing
