// A queue of fixed capacity between producers that do not block and one consumer that does.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <utility>

namespace gaugeline::stream {

// Thread-safe.
template <class T>
class BoundedQueue {
 public:
  explicit BoundedQueue(std::size_t capacity) : capacity_(capacity) {}

  // False, and the value left as it is, if the queue is full or closed.
  [[nodiscard]] bool try_push(T& value) {
    {
      const std::lock_guard lock(mutex_);
      if (closed_ || values_.size() >= capacity_) return false;
      values_.push_back(std::move(value));
    }
    changed_.notify_one();
    return true;
  }

  // Waits for a value; nullopt once the queue is closed.
  [[nodiscard]] std::optional<T> pop() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return closed_ || !values_.empty(); });
    if (closed_) return std::nullopt;
    std::optional<T> value(std::move(values_.front()));
    values_.pop_front();
    return value;
  }

  // Drops what is queued and takes nothing more.
  void close() {
    {
      const std::lock_guard lock(mutex_);
      closed_ = true;
      values_.clear();
    }
    changed_.notify_all();
  }

 private:
  const std::size_t capacity_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<T> values_;
  bool closed_ = false;
};

}  // namespace gaugeline::stream
