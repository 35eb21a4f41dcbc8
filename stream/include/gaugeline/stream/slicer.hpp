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

// How time is cut: by the calendar (UTC; weeks begin on Monday), or into equal lengths counted from 1970.
struct Period {
  std::variant<CalendarUnit, std::chrono::microseconds> length = CalendarUnit::year;
  // The window that a time lies in.
  [[nodiscard]] TimeInterval window(Time time) const noexcept;
};

// "hour" ... "decade", or a duration: "10s", "5m", "6h", "2d".
[[nodiscard]] Expected<Period> parse_period(std::string_view text);
[[nodiscard]] Expected<std::chrono::microseconds> parse_duration(std::string_view text);
[[nodiscard]] std::string to_string(const Period& period);
// The calendar unit that cuts [first, last] into 12 to 100 slices, or comes nearest to that.
[[nodiscard]] Period choose_period(Time first, Time last) noexcept;

enum class SequenceForm : std::uint8_t {
  sequences,  // slices hold the sequences themselves
  pairs,      // slices hold aggregated pair counts: smaller for long slices, and no text can be read from them
};

struct SlicerOptions {
  Period period;
  std::uint32_t window = 5;                     // skip-gram
  SequenceForm form = SequenceForm::sequences;  // of text and token events
  std::uint32_t min_count = 1;                  // tokens used less often in the whole input are left out ...
  std::uint32_t vocabulary = 0;                 // ... and so are all but this many most used ones; 0: no limit
  std::unordered_set<std::string> stop_words;
  // How far behind the newest event so far an event may come. A later one whose window lies wholly behind that is
  // counted as late and put into the window of the newest event. Not given: events may come in any order.
  std::optional<std::chrono::microseconds> lateness;
};

struct SlicerCounts {
  std::uint64_t events = 0;      // taken
  std::uint64_t late = 0;        // behind the watermark: put into the open slice
  std::uint64_t oversized_tokens = 0;
};

// Collects events and gives slices. All of the input at once (`slice`, `train`): add every event, in any order of time,
// then finish(): the vocabulary options are applied to the whole input. Windows without an event give no slice.
class Slicer {
 public:
  [[nodiscard]] static Expected<Slicer> create(SlicerOptions options);
  Slicer(Slicer&&) noexcept;
  Slicer& operator=(Slicer&&) noexcept;
  ~Slicer();
  // Events may come in any order of time; each goes to the window of its time. A bag of n tokens counts all its ordered
  // pairs, each with weight min(1, 2 window / (n - 1)), so that a token of a large bag weighs as one of a sequence.
  [[nodiscard]] Expected<> add(const Event& event);
  // Hands every slice to `take`, in the order of time; stops at its first error.
  [[nodiscard]] Expected<> finish(const std::function<Expected<>(const SliceView&)>& take);
  [[nodiscard]] const SlicerCounts& counts() const noexcept;

 private:
  struct Impl;
  explicit Slicer(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gaugeline::stream
