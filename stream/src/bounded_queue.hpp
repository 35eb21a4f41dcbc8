// A queue of bounded weight between producers, most of which do not block, and one consumer that does.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace gaugeline::stream {

// Thread-safe.
template <class T>
class BoundedQueue {
 public:
  using Deadline = std::chrono::steady_clock::time_point;

  // An empty queue takes a value of any weight.
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

  // False, and the value left as it is, if the queue is full or closed.
  [[nodiscard]] bool try_push(T& value, std::size_t weight = 1) {
    bool enough = false;
    {
      const std::lock_guard lock(mutex_);
      if (closed_ || finished_ || !fits(weight)) return false;
      add(value, weight);
      enough = values_.size() >= wanted_;
    }
    if (enough) changed_.notify_all();
    return true;
  }
  // Whether try_push would take such a weight at this moment. Another producer may be faster.
  [[nodiscard]] bool has_room(std::size_t weight) const {
    const std::lock_guard lock(mutex_);
    return !closed_ && !finished_ && fits(weight);
  }
  // Waits for room; false, and the value left as it is, once the queue is closed.
  [[nodiscard]] bool push(T& value, std::size_t weight = 1) {
    {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [&] { return closed_ || finished_ || fits(weight); });
      if (closed_ || finished_) return false;
      add(value, weight);
    }
    changed_.notify_all();
    return true;
  }

  // Waits for a value; O(values) to close the gap; nullopt once the queue is closed, or finished and empty.
  [[nodiscard]] std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || finished_ || !values_.empty(); });
    if (closed_ || values_.empty()) return std::nullopt;
    std::optional<T> value(std::move(values_.front()));
    weight_ -= weights_.front();
    values_.erase(values_.begin());
    weights_.erase(weights_.begin());
    lock.unlock();
    changed_.notify_all();
    return value;
  }
  // Waits for values, a wake-up, the deadline or the end, and takes all that there are; nullopt as pop().
  [[nodiscard]] std::optional<std::vector<T>> pop_all(Deadline deadline) {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, deadline, [this] { return closed_ || finished_ || woken_ || !values_.empty(); });
    if (closed_ || (finished_ && values_.empty())) return std::nullopt;
    woken_ = false;
    auto all = std::exchange(values_, {});
    weights_.clear();
    weight_ = 0;
    lock.unlock();
    changed_.notify_all();
    return all;
  }
  // Waits until so many values are there, for a wake-up, the deadline or the end.
  void wait_for(std::size_t count, Deadline deadline) {
    std::unique_lock lock(mutex_);
    wanted_ = count;
    changed_.wait_until(lock, deadline, [&] { return closed_ || finished_ || woken_ || values_.size() >= count; });
    wanted_ = 1;
  }
  // Lets a pop_all return, now or when it is called next.
  void wake() {
    {
      const std::lock_guard lock(mutex_);
      woken_ = true;
    }
    changed_.notify_all();
  }

  // Drops what is queued and takes nothing more.
  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
      values_.clear();
      weights_.clear();
      weight_ = 0;
    }
    changed_.notify_all();
  }
  // Takes nothing more; what is queued is still given out.
  void finish() {
    {
      const std::lock_guard lock(mutex_);
      finished_ = true;
    }
    changed_.notify_all();
  }
  // True once the queue is closed; waits for that at most until the deadline.
  [[nodiscard]] bool wait_until_closed(Deadline deadline) {
    std::unique_lock lock(mutex_);
    return changed_.wait_until(lock, deadline, [this] { return closed_; });
  }
  [[nodiscard]] std::size_t size() const {
    const std::lock_guard lock(mutex_);
    return values_.size();
  }

 private:
  [[nodiscard]] bool fits(std::size_t weight) const { return values_.empty() || weight_ + weight <= capacity_; }
  void add(T& value, std::size_t weight) {
    weights_.push_back(weight);
    values_.push_back(std::move(value));
    weight_ += weight;
  }

  const std::size_t capacity_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<T> values_;  // the first is the next; given out as it is by pop_all()
  std::vector<std::size_t> weights_;
  std::size_t weight_ = 0;  // of all
  std::size_t wanted_ = 1;  // with fewer, the consumer need not be called
  bool woken_ = false;
  bool closed_ = false;
  bool finished_ = false;
};

}  // namespace gaugeline::stream
