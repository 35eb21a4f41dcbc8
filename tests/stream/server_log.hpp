#pragma once

#include <mutex>
#include <string>
#include <string_view>

namespace gaugeline::stream {

// What the log of a server says. Thread-safe.
class ServerLog {
 public:
  void add(std::string_view line) {
    const std::scoped_lock lock(mutex_);
    text_.append(line).append("\n");
  }
  [[nodiscard]] bool has(std::string_view part) {
    const std::scoped_lock lock(mutex_);
    return text_.find(part) != std::string::npos;
  }

 private:
  std::mutex mutex_;
  std::string text_;
};

}  // namespace gaugeline::stream
