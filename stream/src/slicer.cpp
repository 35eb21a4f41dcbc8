#include <gaugeline/stream/slicer.hpp>

#include <algorithm>
#include <map>
#include <utility>

#include "checked_event.hpp"
#include "event_tables.hpp"
#include "slice_builder.hpp"

namespace gaugeline::stream {
namespace {

bool has_two_tables(InputKind kind) { return kind == InputKind::pairs || kind == InputKind::values; }

}  // namespace

struct Slicer::Impl {
  SlicerOptions options;
  EventChecker checker;
  SlicerCounts counts{};
  InputKind kind = InputKind::undecided;
  std::optional<Time> newest{};
  EventTables tables{};
  std::map<Time, std::pair<TimeInterval, Bucket>> buckets{};  // by the window's begin

  // The bucket for an event's time; moves the watermark.
  Bucket& bucket_at(Time time);
  [[nodiscard]] Expected<> decide(InputKind wanted);
};

Bucket& Slicer::Impl::bucket_at(Time time) {
  TimeInterval window = options.period.window(time);
  if (newest && options.lateness && window.end <= *newest - *options.lateness) {
    ++counts.late;
    window = options.period.window(*newest);
  }
  newest = newest ? std::max(*newest, time) : time;
  return buckets.try_emplace(window.begin, window, Bucket{}).first->second.second;
}

Expected<> Slicer::Impl::decide(InputKind wanted) {
  if (kind != InputKind::undecided && has_two_tables(kind) != has_two_tables(wanted))
    return fail(ErrorCode::bad_data, has_two_tables(wanted)
                                         ? "an item and a context, but this input began with text, tokens or bags"
                                         : "text, tokens or a bag, but this input began with items and contexts");
  kind = wanted;
  return {};
}

Slicer::Slicer(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Slicer::Slicer(Slicer&&) noexcept = default;
Slicer& Slicer::operator=(Slicer&&) noexcept = default;
Slicer::~Slicer() = default;

Expected<Slicer> Slicer::create(SlicerOptions options) {
  if (auto ok = check(options); !ok) return std::unexpected(ok.error());
  auto checker = EventChecker::create();
  if (!checker) return std::unexpected(checker.error());
  return Slicer(std::make_unique<Impl>(std::move(options), *std::move(checker)));
}

Expected<> Slicer::add(const Event& event) {
  if (std::holds_alternative<WatermarkEvent>(event.body)) return check_event_time(event.time);
  const auto checked = impl_->checker.check(event);
  if (!checked) return std::unexpected(checked.error());
  if (auto ok = impl_->decide(checked->kind()); !ok) return ok;
  impl_->counts.oversized_tokens += checked->oversized_tokens;
  impl_->tables.add(*checked, impl_->bucket_at(event.time));
  ++impl_->counts.events;
  return {};
}

Expected<> Slicer::finish(const std::function<Expected<>(const SliceView&)>& take) {
  SliceBuilder builder = impl_->tables.builder(impl_->kind, impl_->options);
  while (!impl_->buckets.empty()) {
    const auto bucket = impl_->buckets.extract(impl_->buckets.begin());
    const auto& [interval, events] = bucket.mapped();
    const auto slice = builder.build(events, interval);
    if (!slice) return std::unexpected(slice.error());
    if (auto ok = take(slice->view()); !ok) return ok;
  }
  return {};
}

const SlicerCounts& Slicer::counts() const noexcept { return impl_->counts; }

}  // namespace gaugeline::stream
