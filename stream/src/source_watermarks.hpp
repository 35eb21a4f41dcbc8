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
  // A source that is not there yet.
  void insert(std::string_view name, Source source);

  // The least watermark of the sources that are not idle; nullopt if there is none.
  [[nodiscard]] std::optional<Time> least() const noexcept;
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
