#include "source_watermarks.hpp"

#include <algorithm>

namespace gaugeline::stream {

bool SourceWatermarks::advance(std::string_view name, Time time, std::size_t max_sources) {
  if (const auto known = sources_.find(name); known != sources_.end()) {
    move(known, {std::max(known->second.watermark, time), false});
    return false;
  }
  const bool full = sources_.size() >= max_sources;
  if (full) forget_one();
  insert(name, {time, false});
  return full;
}

void SourceWatermarks::set_idle(std::string_view name) {
  if (const auto known = sources_.find(name); known != sources_.end())
    move(known, {known->second.watermark, true, known->second.ended});
}

void SourceWatermarks::end(std::string_view name, Time time) {
  const auto known = sources_.find(name);
  move(known, {std::max(known->second.watermark, time), true, true});
}

void SourceWatermarks::insert(std::string_view name, Source source) {
  const auto place = sources_.emplace(name, source).first;
  order(source).emplace(source.watermark, place->first);
}

void SourceWatermarks::move(Sources::iterator source, Source changed) {
  order(source->second).erase({source->second.watermark, source->first});
  source->second = changed;
  order(changed).emplace(changed.watermark, source->first);
}

void SourceWatermarks::forget_one() {
  Order& from = idle_.empty() ? active_ : idle_;
  const auto lowest = from.begin();
  const auto source = sources_.find(lowest->second);
  from.erase(lowest);
  sources_.erase(source);
}

std::optional<Time> SourceWatermarks::least() const noexcept {
  return active_.empty() ? std::nullopt : std::optional(active_.begin()->first);
}

std::optional<Time> SourceWatermarks::greatest_idle() const noexcept {
  return idle_.empty() ? std::nullopt : std::optional(idle_.rbegin()->first);
}

}  // namespace gaugeline::stream
