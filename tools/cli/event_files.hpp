// Files of events - NDJSON, or plain text of one time - as a slicer wants them.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <gaugeline/error.hpp>
#include <gaugeline/stream/events.hpp>
#include <gaugeline/stream/slicer.hpp>

#include "event_lines.hpp"
#include "slicing_flags.hpp"

namespace gaugeline::cli {

struct SlicingSummary {
  stream::Period period;
  std::uint64_t events = 0, bad_lines = 0, late = 0, oversized_tokens = 0;
  std::uint64_t slices = 0, tokens = 0, pairs = 0, values = 0;
};

using SliceTaker = std::function<Expected<>(const SliceView&)>;

// Reads all files, cuts them into slices, and hands those over in the order of time. A bad line is told to standard
// error as FILE:LINE: REASON, counted and skipped; with flags.strict it is an error. No event at all is
// ErrorCode::bad_data.
[[nodiscard]] Expected<SlicingSummary> slice_events(const std::vector<InputFile>& files, const SlicingFlags& flags,
                                                    const SliceTaker& take);

}  // namespace gaugeline::cli
