#include "intake_state.hpp"

#include <iterator>
#include <utility>

namespace gaugeline::stream {
namespace {

// As libstdc++, Boost and glibc have it, with malloc's heads: a token's string, with the text where it does not fit
// into that, its place in a map that has just grown, and its count.
constexpr std::size_t bytes_per_token = 128;
constexpr std::size_t resident_bytes_per_window = 2560;  // its node, and the first allocation of all that it holds
constexpr std::size_t growth = 2;

std::size_t estimated_bytes(const Lexicon& lexicon) noexcept {
  return lexicon.size() * bytes_per_token + lexicon.token_bytes();
}

std::size_t estimated_bytes(const Runs& runs) noexcept {
  return growth * (runs.all().size() * sizeof(std::uint32_t) + runs.size() * sizeof(std::size_t));
}

}  // namespace

std::size_t estimated_bytes(const IntakeWindow& window) noexcept {
  const Bucket& bucket = window.bucket;
  return resident_bytes_per_window + estimated_bytes(window.tables.items()) +
         estimated_bytes(window.tables.contexts()) + estimated_bytes(bucket.sequences) + estimated_bytes(bucket.bags) +
         growth * (bucket.pairs.size() * sizeof(ItemAndContext) + bucket.values.size() * sizeof(PairValue));
}

IntakeState::Windows::iterator IntakeState::first_open() {
  if (!watermark_) return windows_.begin();
  // Windows do not overlap: of those that begin by the watermark only the last one can end after it.
  const auto after = windows_.upper_bound(*watermark_);
  if (after == windows_.begin()) return after;
  const auto before = std::prev(after);
  return closed(before->second.end) ? after : before;
}

const IntakeState::Windows::value_type* IntakeState::oldest_open() {
  const auto first = first_open();
  return first == windows_.end() ? nullptr : &*first;
}

void IntakeState::raise_watermark(Time time) {
  if (watermark_ && time <= *watermark_) return;
  auto window = first_open();
  watermark_ = time;
  for (; window != windows_.end() && closed(window->second.end); ++window) {
    --open_windows_;
    open_bytes_ -= window->second.bytes;
  }
}

void IntakeState::follow_sources() {
  if (const auto least = sources.least()) raise_watermark(*least);
}

void IntakeState::add(const CheckedEvent& event, TimeInterval interval) {
  auto place = windows_.find(interval.begin);
  if (place == windows_.end()) {
    place = windows_.emplace(interval.begin, IntakeWindow{interval.end}).first;
    ++open_windows_;
  }
  IntakeWindow& window = place->second;
  window.tables.add(event, window.bucket);
  open_bytes_ -= window.bytes;
  window.bytes = estimated_bytes(window);
  open_bytes_ += window.bytes;
}

void IntakeState::insert(Time begin, IntakeWindow window) {
  window.bytes = estimated_bytes(window);
  if (!closed(window.end)) {
    ++open_windows_;
    open_bytes_ += window.bytes;
  }
  windows_.emplace(begin, std::move(window));
}

const IntakeState::Windows::value_type* IntakeState::oldest_closed() const noexcept {
  return windows_.empty() || !closed(windows_.begin()->second.end) ? nullptr : &*windows_.begin();
}

}  // namespace gaugeline::stream
