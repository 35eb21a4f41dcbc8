// Keeps a log readable when something happens again and again: of the lines of one kind so many pass in an interval,
// and when it is over the number of the others is told.
//
// An interval begins with the first line of its kind. Kinds are few and named by the code, never by a peer. Whoever
// owns it says what time it is, and calls end_intervals() now and then, so that the last number is told too. Not
// thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace gaugeline::stream {

class LogLimiter {
 public:
  using Clock = std::chrono::steady_clock;
  using Write = std::function<void(std::string_view line)>;

  LogLimiter(std::size_t lines, Clock::duration interval, Write write)
      : lines_(lines), interval_(interval), write_(std::move(write)) {}

  void log(std::string_view kind, std::string_view line, Clock::time_point now) {
    end_intervals(now);
    auto found = kinds_.find(kind);
    if (found == kinds_.end()) found = kinds_.emplace(kind, Count{.begin = now}).first;
    auto& count = found->second;
    if (count.lines++ < lines_) write_(line);
  }

  // Tells what was held back in the intervals that are over.
  void end_intervals(Clock::time_point now) {
    std::erase_if(kinds_, [&](const auto& entry) {
      const auto& [kind, count] = entry;
      if (now - count.begin < interval_) return false;
      if (count.lines > lines_) write_(kind + ": ... " + std::to_string(count.lines - lines_) + " more like this");
      return true;
    });
  }

 private:
  struct Count {
    Clock::time_point begin{};
    std::uint64_t lines = 0;
  };

  std::uint64_t lines_;
  Clock::duration interval_;
  Write write_;
  std::map<std::string, Count, std::less<>> kinds_;
};

}  // namespace gaugeline::stream
