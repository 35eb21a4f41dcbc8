// Event time: cuts a stream of events into slices by windows of the calendar or of a fixed length.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <variant>
#include <vector>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/slice_codec.hpp>
#include <gaugeline/stream/events.hpp>
#include <gaugeline/types.hpp>

namespace gaugeline::stream {

enum class CalendarUnit : std::uint8_t { hour, day, week, month, quarter, year, decade };

// How time is cut: by the calendar (UTC, proleptic Gregorian; weeks begin on Monday, decades with a year that ends in
// 0), or into equal lengths counted from 1970.
struct Period {
  std::variant<CalendarUnit, std::chrono::microseconds> length = CalendarUnit::year;
  // The window [begin, end) that a time lies in, for times from earliest_time to latest_time and lengths above zero and
  // up to max_duration.
  [[nodiscard]] TimeInterval window(Time time) const noexcept;
};

// Ten thousand years: longer than event time.
inline constexpr std::chrono::microseconds max_duration = std::chrono::days{3652500};

// "hour" ... "decade", or a duration above zero: "10s", "5m", "6h", "2d".
[[nodiscard]] Expected<Period> parse_period(std::string_view text);
// A whole number, 0 or more, and a unit: us, ms, s, m, h or d; at most max_duration.
[[nodiscard]] Expected<std::chrono::microseconds> parse_duration(std::string_view text);
// What parse_period reads; a duration in the largest unit that it is a whole number of.
[[nodiscard]] std::string to_string(const Period& period);
// The longest calendar unit that cuts [first, last] into 12 to 100 windows, or else the one that comes nearest to that
// by ratio; `hour` if there are fewer than 12 of those. first <= last.
[[nodiscard]] Period choose_period(Time first, Time last) noexcept;

enum class SequenceForm : std::uint8_t {
  sequences,  // slices hold the sequences themselves
  pairs,      // slices hold aggregated pair counts: smaller for long slices, and no text can be read from them
};

struct SlicerOptions {
  Period period;
  std::uint32_t window = 5;  // skip-gram; 1 to max_window
  WindowWeights window_weights = WindowWeights::full;
  SequenceForm form = SequenceForm::sequences;  // of text and token events
  std::uint32_t min_count = 1;                  // tokens used less often in the whole input are left out ...
  std::uint32_t vocabulary = 0;                 // ... and so are all but this many most used ones; 0: no limit
  std::unordered_set<std::string> stop_words;   // left out too; as tokens are: those of text are case-folded
  // How far behind the newest event so far an event may come. A later one whose window lies wholly behind that is
  // counted as late and put into the window of the newest event. Not given: events may come in any order.
  std::optional<std::chrono::microseconds> lateness;
};

struct SlicerCounts {
  std::uint64_t events = 0;            // taken
  std::uint64_t late = 0;              // of these, behind the watermark: put into the open slice
  std::uint64_t oversized_tokens = 0;  // words of text longer than max_token_bytes: left out
};

// Collects events and gives slices. All of the input at once (`slice`, `train`): add every event, in any order of time,
// then finish(): the vocabulary options are applied to the whole input. Windows without an event give no slice; a
// window whose tokens are all left out gives an empty one.
//
// One input holds one kind of event, which the first one decides, because their slices have different tables:
//   text, tokens, bags   contexts_are_items; sequences, and symmetric pairs (bags always, sequences by SequenceForm)
//   item and context     two tables; pairs, or values where they are given. The vocabulary options hold for each table
//                        by itself, and an event is left out with either of its tokens.
// Tokens are taken out before windows are applied, as word2vec does: what stood around them moves together. A bag of n
// (distinct) tokens that are left counts all its ordered pairs, each with weight w / (n - 1), so that every one of them
// weighs w in all, as a token amid a sequence does: 2 window (falling: window + 1). Both sequence forms stand for
// exactly the same pair counts.
//
// A slice lists only tokens used in it, the most used first, equal uses by text; pairs are sorted by (item, context).
// Without lateness, the order of events shows only in the order of sequences and values (and, in a slice of more than a
// million pairs of bags, in the rounding of their sums).
//
// Memory: the distinct tokens' text once, 4 bytes per token of sequences and bags, 8 per pair, 12 per value.
// Thread-safety: none.
class Slicer {
 public:
  // ErrorCode::invalid_argument names the option that is out of range.
  [[nodiscard]] static Expected<Slicer> create(SlicerOptions options);
  Slicer(Slicer&&) noexcept;
  Slicer& operator=(Slicer&&) noexcept;
  ~Slicer();
  // Events may come in any order of time; each goes to the window of its time. One that is refused changes nothing:
  // ErrorCode::bad_data for an event of the other kind, or with a time, token or value that parse_event would have
  // refused (that tokens are UTF-8 is not checked again). A WatermarkEvent is ignored: the whole input is waited for.
  [[nodiscard]] Expected<> add(const Event& event);
  // Hands every slice to `take`, in the order of time; stops at its first error. The views live until `take` returns.
  // ErrorCode::capacity_exceeded where a slice would pass formats::SliceLimits. Ends the Slicer's use.
  // O(p log p) for a slice of p pairs, O(n) for n tokens of sequences.
  [[nodiscard]] Expected<> finish(const std::function<Expected<>(const SliceView&)>& take);
  [[nodiscard]] const SlicerCounts& counts() const noexcept;

 private:
  struct Impl;
  explicit Slicer(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gaugeline::stream
