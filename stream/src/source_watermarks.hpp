// Up to when the events of each source have come, for a bounded number of sources: see intake.hpp.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include <gaugeline/types.hpp>

namespace gaugeline::stream {

// Thread-safety: none. Each call is O(log sources).
class SourceWatermarks {
 public:
  struct Source {
    Time watermark;
    bool idle = false;
    bool ended = false;  // nothing more will come; idle, too
  };
  using Sources = std::map<std::string, Source, std::less<>>;
  SourceWatermarks() = default;
  SourceWatermarks(const SourceWatermarks&) = delete;  // the orders view the names
  SourceWatermarks& operator=(const SourceWatermarks&) = delete;
  SourceWatermarks(SourceWatermarks&&) = default;
  SourceWatermarks& operator=(SourceWatermarks&&) = default;
  ~SourceWatermarks() = default;

  // Raises a source's watermark to at least `time`, and wakes it. Returns whether another one was forgotten for it.
  bool advance(std::string_view name, Time time, std::size_t max_sources);
  void set_idle(std::string_view name);
  // Of a source that is there: raises its watermark to at least `time`, for the last time unless it comes back.
  void end(std::string_view name, Time time);
  // A source that is not there yet.
  void insert(std::string_view name, Source source);

  // The least watermark of the sources that are not idle; nullopt if there is none.
  [[nodiscard]] std::optional<Time> least() const noexcept;
  // The greatest watermark of the others; nullopt if there is none.
  [[nodiscard]] std::optional<Time> greatest_idle() const noexcept;
  [[nodiscard]] const Sources& sources() const noexcept { return sources_; }

 private:
  using Order = std::set<std::pair<Time, std::string_view>>;  // the names are keys of sources_, whose nodes do not move
  [[nodiscard]] Order& order(const Source& source) noexcept { return source.idle ? idle_ : active_; }
  void move(Sources::iterator source, Source changed);
  void forget_one();

  Sources sources_;
  Order active_;
  Order idle_;
};

}  // namespace gaugeline::stream
