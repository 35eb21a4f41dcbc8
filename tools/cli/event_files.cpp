#include "event_files.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>

namespace gaugeline::cli {
namespace {

Expected<> read_text(const InputFile& file, Time time, const EventTaker& take) {
  std::ifstream text(file.path, std::ios::binary);
  if (!text) return fail(ErrorCode::io_error, file.name, ": cannot be opened");
  stream::Event event;
  event.time = time;
  event.body = stream::TextEvent{{std::istreambuf_iterator<char>(text), {}}};
  return take(std::move(event));
}

// Events on their way into a slicer. Where the period has to be chosen, they wait until all of them are known.
class Slicing {
 public:
  Slicing(const SlicingFlags& flags, const SliceTaker& take) : flags_(flags), take_(take), bad_lines_(flags.strict) {}

  Expected<SlicingSummary> run(const std::vector<InputFile>& files) {
    if (flags_.every) {
      if (auto started = start(*flags_.every); !started) return std::unexpected(started.error());
    }
    for (const InputFile& file : files) {
      if (auto read = read_file(file); !read) return std::unexpected(read.error());
    }
    if (!slicer_) {
      if (auto released = release_waiting(); !released) return std::unexpected(released.error());
    }
    if (slicer_->counts().events == 0) {
      return fail(ErrorCode::bad_data, "no events: all ", bad_lines_.count(), " lines are bad");
    }
    auto finished = slicer_->finish([this](const SliceView& slice) { return pass_on(slice); });
    if (!finished) return std::unexpected(finished.error());
    summary_.events = slicer_->counts().events;
    summary_.late = slicer_->counts().late;
    summary_.oversized_tokens = slicer_->counts().oversized_tokens;
    summary_.bad_lines = bad_lines_.count();
    return summary_;
  }

 private:
  Expected<> start(const stream::Period& period) {
    auto options = flags_.options(period);
    if (!options) return std::unexpected(options.error());
    auto slicer = stream::Slicer::create(std::move(*options));
    if (!slicer) return std::unexpected(slicer.error());
    slicer_ = std::move(*slicer);
    summary_.period = period;
    return {};
  }

  Expected<> read_file(const InputFile& file) {
    const EventTaker take = [this](stream::Event event) -> Expected<> {
      if (slicer_) return slicer_->add(event);
      if (std::holds_alternative<stream::WatermarkEvent>(event.body)) return {};  // has no part in the period
      waiting_.push_back(std::move(event));
      return {};
    };
    return flags_.text_time ? read_text(file, *flags_.text_time, take) : read_events(file, bad_lines_, take);
  }

  Expected<> release_waiting() {
    const auto [first, last] = std::ranges::minmax_element(waiting_, {}, &stream::Event::time);
    const auto period = waiting_.empty() ? stream::Period{} : stream::choose_period(first->time, last->time);
    if (auto started = start(period); !started) return started;
    for (const stream::Event& event : waiting_) {
      const auto added = slicer_->add(event);
      if (added) continue;
      if (auto reported = bad_lines_.report(added.error()); !reported) return reported;
    }
    waiting_.clear();
    return {};
  }

  Expected<> pass_on(const SliceView& slice) {
    ++summary_.slices;
    summary_.tokens += slice.sequence_ids.size();
    summary_.pairs += slice.pairs.size();
    summary_.values += slice.values.size();
    return take_(slice);
  }

  const SlicingFlags& flags_;
  const SliceTaker& take_;
  BadLines bad_lines_;
  std::optional<stream::Slicer> slicer_;
  std::vector<stream::Event> waiting_;
  SlicingSummary summary_;
};

}  // namespace

Expected<SlicingSummary> slice_events(const std::vector<InputFile>& files, const SlicingFlags& flags,
                                      const SliceTaker& take) {
  return Slicing(flags, take).run(files);
}

}  // namespace gaugeline::cli
