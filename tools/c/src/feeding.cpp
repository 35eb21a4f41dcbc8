// What goes in: slices and events, and where they wait.
#include <algorithm>
#include <string>

#include "border.hpp"
#include "event_lines.hpp"
#include "learner.hpp"
#include "slices.hpp"

namespace gaugeline::c {
namespace {

// The counts of what became of the lines; the first that cannot be used is told.
class Tally {
 public:
  void refuse(std::uint64_t line, std::string_view reason) {
    ++taken_.refused;
    tell(line, reason);
  }
  void refuse_unread(const stream::EventLines& lines) {
    taken_.refused += lines.refused;
    if (!lines.told.empty()) tell(lines.told.front().line, lines.told.front().reason);
  }
  void count(stream::Fate fate) {
    switch (fate) {
      case stream::Fate::counted:
        ++taken_.counted;
        break;
      case stream::Fate::late_counted:
      case stream::Fate::late_dropped:
      case stream::Fate::late_aside:
        ++taken_.late;
        break;
      case stream::Fate::duplicate:
        ++taken_.duplicates;
        break;
      case stream::Fate::watermark:
        break;
    }
  }
  [[nodiscard]] const gaugeline_events_taken& taken() const noexcept { return taken_; }

 private:
  void tell(std::uint64_t line, std::string_view reason) {
    if (taken_.first_refused_line != 0 && taken_.first_refused_line < line) return;
    taken_.first_refused_line = line;
    const std::size_t size = std::min(reason.size(), sizeof taken_.first_reason - 1);
    std::ranges::copy_n(reason.data(), static_cast<std::ptrdiff_t>(size), taken_.first_reason);
    taken_.first_reason[size] = '\0';
  }
  gaugeline_events_taken taken_{};
};

Expected<> require_intake(const gaugeline_learner& learner) {
  if (learner.intake) return {};
  return fail(ErrorCode::invalid_argument, "events need the option 'every', which says how time is cut into slices");
}

}  // namespace

Expected<> take_closed_windows(gaugeline_learner& learner) {
  Expected<> outcome;
  if (!learner.intake) return outcome;
  while (true) {
    std::list<formats::SliceData> place(1);  // first: where memory runs out after it, no slice is lost
    auto slice = learner.intake->next_slice();
    if (!slice) {
      outcome = std::unexpected(slice.error());
    } else if (*slice) {
      place.front() = std::move(**slice);
      learner.waiting.splice(learner.waiting.end(), place);
    } else {
      return outcome;
    }
  }
}

}  // namespace gaugeline::c

using namespace gaugeline;
using namespace gaugeline::c;

gaugeline_status gaugeline_learner_feed_slice(gaugeline_learner* learner, const gaugeline_slice* slice,
                                              gaugeline_error* error) {
  return at_border(error, [&]() -> Expected<> {
    if (auto ok = require({{learner, "learner"}, {slice, "slice"}}); !ok) return ok;
    auto data = slice_of(*slice);
    if (!data) return std::unexpected(data.error());
    if (learner->intake) {
      if (auto closed = learner->intake->close_until(data->interval.end); !closed) return closed;
      if (auto taken = take_closed_windows(*learner); !taken) return taken;
    }
    if (const auto until = fed_until(*learner); until && data->interval.begin < *until)
      return fail(ErrorCode::out_of_order, "the slice begins at ", data->interval.begin.time_since_epoch().count(),
                  ", before what comes before it ends, at ", until->time_since_epoch().count());
    learner->waiting.push_back(std::move(*data));
    return {};
  });
}

gaugeline_status gaugeline_learner_feed_events(gaugeline_learner* learner, const char* lines, size_t bytes,
                                               gaugeline_events_taken* taken, gaugeline_error* error) {
  return at_border(error, [&]() -> Expected<> {
    if (auto ok = require({{learner, "learner"}, {lines, "lines"}}); !ok) return ok;
    if (taken != nullptr) {
      if (auto ok = fill(taken, gaugeline_events_taken{}, "taken"); !ok) return ok;
    }
    if (auto ok = require_intake(*learner); !ok) return ok;
    const std::string_view text = bytes == GAUGELINE_NUL_TERMINATED ? lines : std::string_view(lines, bytes);
    const auto read = stream::read_event_lines(text);
    Tally tally;
    tally.refuse_unread(read);
    for (const auto& line : read.lines) {
      const auto fate = learner->intake->add(line.event, "");
      fate ? tally.count(*fate) : tally.refuse(line.number, fate.error().message());
    }
    const auto closed = take_closed_windows(*learner);
    if (taken != nullptr) {
      if (auto ok = fill(taken, tally.taken(), "taken"); !ok) return ok;
    }
    return closed;
  });
}

gaugeline_status gaugeline_learner_end_events(gaugeline_learner* learner, gaugeline_error* error) {
  return at_border(error, [&]() -> Expected<> {
    if (auto ok = require({{learner, "learner"}}); !ok) return ok;
    if (auto ok = require_intake(*learner); !ok) return ok;
    for (const std::string& source : learner->intake->active_sources()) {
      const auto ended =
          learner->intake->add({.source = source, .id = {}, .body = stream::WatermarkEvent{.end = true}}, "");
      if (!ended) return std::unexpected(ended.error());
    }
    // What is left: sources that had ended before, but for memory that ran out.
    while (const auto from = learner->intake->open_from()) {
      if (auto closed = learner->intake->close_until(learner->period.window(*from).end); !closed) return closed;
    }
    return take_closed_windows(*learner);
  });
}

gaugeline_status gaugeline_learner_waiting(const gaugeline_learner* learner, uint64_t* slices, uint64_t* open_windows,
                                           gaugeline_error* error) {
  return at_border(error, [&]() -> Expected<> {
    if (auto ok = require({{learner, "learner"}}); !ok) return ok;
    if (slices != nullptr) *slices = learner->waiting.size();
    if (open_windows != nullptr) *open_windows = learner->intake ? learner->intake->open_windows() : 0;
    return {};
  });
}
