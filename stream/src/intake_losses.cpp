#include "intake_losses.hpp"

#include <string_view>

namespace gaugeline::stream {

IntakeLosses losses_between(const IntakeCounts& before, const IntakeCounts& now) {
  return {.windows_closed_early = now.closed_early - before.closed_early,
          .slices_dropped = now.dropped_slices - before.dropped_slices,
          .sources_forgotten = now.forgotten_sources - before.forgotten_sources,
          .tokens_oversized = now.oversized_tokens - before.oversized_tokens};
}

std::vector<std::string> lines_of(const IntakeLosses& losses) {
  std::vector<std::string> lines;
  const auto add = [&](std::uint64_t count, std::string_view one, std::string_view many, std::string_view what) {
    if (count == 0) return;
    lines.push_back(std::to_string(count) + " ");
    lines.back().append(count == 1 ? one : many).append(what);
  };
  add(losses.windows_closed_early, "window", "windows",
      " closed early, since the open ones passed --max-open-bytes: their later events are late");
  add(losses.slices_dropped, "window", "windows",
      " too large to become a slice, and lost; the last: " + losses.why_dropped);
  add(losses.sources_forgotten, "source", "sources", " forgotten, since there are more than are kept");
  add(losses.tokens_oversized, "word", "words", " of text left out, longer than a token may be");
  return lines;
}

}  // namespace gaugeline::stream
