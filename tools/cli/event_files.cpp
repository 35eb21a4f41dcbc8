#include "event_files.hpp"

#include <algorithm>
#include <fstream>
#include <iostream>
#include <iterator>
#include <optional>

#include "line_reader.hpp"

namespace gaugeline::cli {
namespace {

// What is wrong with a line, told once per line and never more than a screenful.
class BadLines {
 public:
  explicit BadLines(bool strict) : strict_(strict) {}
  // The error to stop with, if it is one.
  Expected<> report(const Error& error) {
    if (strict_) return fail(ErrorCode::bad_data, error.message());
    constexpr std::uint64_t most_shown = 20;
    if (++count_ <= most_shown) std::cerr << error.message() << '\n';
    if (count_ == most_shown) std::cerr << "further bad lines are only counted\n";
    return {};
  }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }

 private:
  bool strict_;
  std::uint64_t count_ = 0;
};

using EventTaker = std::function<Expected<>(stream::Event)>;

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t") == std::string_view::npos; }

Expected<> take_line(const LineReader& lines, const stream::EventLimits& limits, const EventTaker& take) {
  if (lines.too_long()) return fail(ErrorCode::capacity_exceeded, "longer than ", limits.line_bytes, " bytes");
  auto event = stream::parse_event(lines.line(), limits);
  if (!event) return std::unexpected(event.error());
  return take(std::move(*event));
}

Expected<> read_ndjson(const InputFile& file, BadLines& bad_lines, const EventTaker& take) {
  const stream::EventLimits limits;
  auto lines = LineReader::open(file.path, limits.line_bytes);
  if (!lines) return std::unexpected(lines.error());
  while (lines->next()) {
    if (is_blank(lines->line())) continue;
    if (const auto taken = take_line(*lines, limits, take); !taken) {
      const std::string place = file.name + ":" + std::to_string(lines->number());
      if (auto reported = bad_lines.report(taken.error().within(place)); !reported) return reported;
    }
  }
  return {};
}

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
      waiting_.push_back(std::move(event));
      return {};
    };
    return flags_.text_time ? read_text(file, *flags_.text_time, take) : read_ndjson(file, bad_lines_, take);
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
