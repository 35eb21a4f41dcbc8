// The seam for threads. The library starts none; whoever wants several passes an Executor. All results are bit for bit
// the same for any number of workers: tasks are independent, and sums over rows run in blocks that do not depend on it.
#pragma once

#include <cstddef>
#include <type_traits>

namespace gaugeline {

// A reference to a callable void(worker, task); it must outlive the call that it is passed to.
class TaskReference {
 public:
  template <class Callable>
    requires(!std::is_same_v<std::remove_cvref_t<Callable>, TaskReference>)
  TaskReference(Callable&& callable) noexcept  // NOLINT(google-explicit-constructor): a reference parameter's stand-in
      : target_(const_cast<void*>(static_cast<const void*>(&callable))),
        call_([](void* target, std::size_t worker, std::size_t task) {
          (*static_cast<std::remove_reference_t<Callable>*>(target))(worker, task);
        }) {}
  void operator()(std::size_t worker, std::size_t task) const { call_(target_, worker, task); }

 private:
  void* target_;
  void (*call_)(void*, std::size_t, std::size_t);
};

class Executor {
 public:
  virtual ~Executor() = default;
  // How many tasks may run at the same time; at least 1.
  [[nodiscard]] virtual std::size_t worker_count() const noexcept = 0;
  // Calls work(worker, task) once for every task in [0, task_count), worker in [0, worker_count()), never two at a time
  // with the same worker, and returns when all are done.
  virtual void run(std::size_t task_count, TaskReference work) = 0;
};

// Runs everything in the calling thread, in order.
class SerialExecutor final : public Executor {
 public:
  [[nodiscard]] std::size_t worker_count() const noexcept override { return 1; }
  void run(std::size_t task_count, TaskReference work) override {
    for (std::size_t task = 0; task < task_count; ++task) work(0, task);
  }
};

}  // namespace gaugeline
