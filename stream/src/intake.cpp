#include <gaugeline/stream/intake.hpp>

#include <algorithm>
#include <array>
#include <utility>

#include <gaugeline/stream/messages.hpp>

#include "intake_state.hpp"

namespace gaugeline::stream {
namespace {

constexpr std::size_t most_ids = std::size_t{1} << 24U;
constexpr std::size_t least_open_bytes = std::size_t{4} << 10U;
// Under this much, what is open is encoded in less than 1.5 GiB, which leaves room in a FlatBuffer for ids and sources.
constexpr std::size_t most_open_bytes = std::size_t{1} << 31U;
constexpr std::size_t most_sources = 65536;

Expected<> check(const IntakeOptions& options) {
  if (auto ok = check(options.slicing); !ok) return ok;
  if (options.duplicate_horizon > most_ids)
    return fail(ErrorCode::invalid_argument, "duplicate_horizon is ", options.duplicate_horizon, ", not 0 to ",
                most_ids);
  if (options.max_open_bytes < least_open_bytes || options.max_open_bytes > most_open_bytes)
    return fail(ErrorCode::invalid_argument, "max_open_bytes is ", options.max_open_bytes, ", not ", least_open_bytes,
                " to ", most_open_bytes);
  if (options.max_sources < 1 || options.max_sources > most_sources)
    return fail(ErrorCode::invalid_argument, "max_sources is ", options.max_sources, ", not 1 to ", most_sources);
  return {};
}

Expected<> check_source(std::string_view source) {
  if (source.empty()) return {};
  if (const auto valid = validate_source(source); !valid) return fail(ErrorCode::bad_data, valid.error().message());
  return {};
}

std::string_view shown(InputKind kind) {
  constexpr std::array<std::string_view, 4> names{"nothing", "text, tokens or a bag",
                                                  "an item and a context without a value",
                                                  "an item and a context with a value"};
  return names[static_cast<std::size_t>(kind)];
}

}  // namespace

struct Intake::Impl {
  IntakeOptions options;
  EventChecker checker;
  IntakeState state;

  [[nodiscard]] Expected<> check_kind(InputKind kind) const;
  [[nodiscard]] Fate place(Time time, const CheckedEvent& event);
  [[nodiscard]] Fate place_late(const CheckedEvent& event);
  void advance(std::string_view source, Time time);
  void end(std::string_view source);
  [[nodiscard]] std::chrono::microseconds lateness() const {
    return options.slicing.lateness.value_or(std::chrono::microseconds{0});
  }
  void keep_max_open_bytes();
};

Expected<> Intake::Impl::check_kind(InputKind kind) const {
  if (state.kind == InputKind::undecided || state.kind == kind) return {};
  return fail(ErrorCode::bad_data, "the event has ", shown(kind), ", but this stream began with ", shown(state.kind));
}

Fate Intake::Impl::place(Time time, const CheckedEvent& event) {
  const TimeInterval window = options.slicing.period.window(time);
  if (state.closed(window.end)) {
    ++state.counts.late;
    return place_late(event);
  }
  state.add(event, window);
  return Fate::counted;
}

Fate Intake::Impl::place_late(const CheckedEvent& event) {
  if (options.late == LatePolicy::aside) return Fate::late_aside;
  if (options.late == LatePolicy::drop) return Fate::late_dropped;
  if (const auto* oldest = state.oldest_open()) {
    state.add(event, {oldest->first, oldest->second.end});
    return Fate::late_counted;
  }
  // The watermark is there, since something is closed.
  const TimeInterval window = options.slicing.period.window(std::min(*state.watermark(), latest_time));
  if (state.closed(window.end)) return Fate::late_dropped;  // the last window of event time is closed
  state.add(event, window);
  return Fate::late_counted;
}

void Intake::Impl::advance(std::string_view source, Time time) {
  if (state.sources.advance(source, time, options.max_sources)) ++state.counts.forgotten_sources;
  state.follow_sources();
}

// Its events lie no later than its watermark and the lateness say. A source that has ended already is left: said twice,
// it would close one window more.
void Intake::Impl::end(std::string_view source) {
  const auto known = state.sources.sources().find(source);
  if (known == state.sources.sources().end() || known->second.ended) return;
  const Time newest = std::clamp(known->second.watermark + lateness(), earliest_time, latest_time);
  state.sources.end(source, options.slicing.period.window(newest).end);
  if (state.sources.least()) {
    state.follow_sources();
  } else {
    state.raise_watermark(*state.sources.greatest_idle());
  }
}

void Intake::Impl::keep_max_open_bytes() {
  while (state.open_bytes() > options.max_open_bytes) {
    ++state.counts.closed_early;
    state.raise_watermark(state.oldest_open()->second.end);
  }
}

Intake::Intake(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Intake::Intake(Intake&&) noexcept = default;
Intake& Intake::operator=(Intake&&) noexcept = default;
Intake::~Intake() = default;

Expected<Intake> Intake::create(IntakeOptions options) {
  if (auto ok = check(options); !ok) return std::unexpected(ok.error());
  auto checker = EventChecker::create();
  if (!checker) return std::unexpected(checker.error());
  return Intake(std::make_unique<Impl>(std::move(options), *std::move(checker), IntakeState{}));
}

Expected<Fate> Intake::add(const Event& event, std::string_view sender) {
  const std::string_view source = event.source.empty() ? sender : std::string_view(event.source);
  if (auto ok = check_source(source); !ok) return std::unexpected(ok.error());
  if (const auto* watermark = std::get_if<WatermarkEvent>(&event.body)) {
    if (watermark->end) {
      impl_->end(source);
      return Fate::watermark;
    }
    if (auto ok = check_event_time(event.time); !ok) return std::unexpected(ok.error());
    impl_->advance(source, event.time);
    return Fate::watermark;
  }
  const auto checked = impl_->checker.check(event);
  if (!checked) return std::unexpected(checked.error());
  if (auto ok = impl_->check_kind(checked->kind()); !ok) return std::unexpected(ok.error());

  IntakeState& state = impl_->state;
  if (!event.id.empty() && !source.empty()) {
    const EventHash hash = hash_of_event(source, event.id);
    if (state.duplicates.contains(hash)) {
      ++state.counts.duplicates;
      return Fate::duplicate;
    }
    state.duplicates.remember(hash, impl_->options.duplicate_horizon);
  }
  state.kind = checked->kind();
  const Fate fate = impl_->place(event.time, *checked);
  if (fate == Fate::late_dropped) ++state.counts.late_dropped;
  if (fate == Fate::late_aside) ++state.counts.late_aside;
  if (fate == Fate::counted || fate == Fate::late_counted) {
    ++state.counts.events;
    state.counts.oversized_tokens += checked->oversized_tokens;
  }
  impl_->advance(source, event.time - impl_->lateness());
  impl_->keep_max_open_bytes();
  return fate;
}

void Intake::set_idle(std::string_view source) {
  impl_->state.sources.set_idle(source);
  impl_->state.follow_sources();
}

Expected<> Intake::close_until(Time end) {
  if (end > latest_time + std::chrono::microseconds{1})
    return fail(ErrorCode::bad_data, "the slice ends at ", format_time(end), ", after the year 9999");
  if (end > earliest_time) impl_->state.raise_watermark(end);  // else there is nothing to close
  return {};
}

Expected<std::optional<formats::SliceData>> Intake::next_slice() {
  IntakeState& state = impl_->state;
  const auto* closed = state.oldest_closed();
  if (closed == nullptr) return std::nullopt;
  const auto& [begin, window] = *closed;
  auto slice = window.tables.builder(state.kind, impl_->options.slicing).build(window.bucket, {begin, window.end});
  state.drop_oldest_closed();  // not before: where memory runs out, the window stays
  ++(slice ? state.counts.slices : state.counts.dropped_slices);
  if (!slice) return std::unexpected(slice.error());
  return std::optional(*std::move(slice));
}

std::optional<Time> Intake::watermark() const noexcept { return impl_->state.watermark(); }

std::optional<Time> Intake::closed_until() const noexcept {
  const auto watermark = impl_->state.watermark();
  if (!watermark || *watermark < earliest_time) return std::nullopt;
  const TimeInterval window = impl_->options.slicing.period.window(std::min(*watermark, latest_time));
  return impl_->state.closed(window.end) ? window.end : window.begin;
}

std::size_t Intake::open_windows() const noexcept { return impl_->state.open_windows(); }
std::size_t Intake::open_bytes() const noexcept { return impl_->state.open_bytes(); }
std::optional<Time> Intake::open_from() const {
  const auto* oldest = impl_->state.oldest_open();
  return oldest == nullptr ? std::nullopt : std::optional(oldest->first);
}

std::vector<std::string> Intake::active_sources() const {
  std::vector<std::string> names;
  for (const auto& [name, source] : impl_->state.sources.sources()) {
    if (!source.idle) names.push_back(name);
  }
  return names;
}

std::size_t Intake::sources() const noexcept { return impl_->state.sources.sources().size(); }
const IntakeCounts& Intake::counts() const noexcept { return impl_->state.counts; }

Expected<std::vector<std::byte>> Intake::encode() const { return encode_state(impl_->state, impl_->options); }

Expected<Intake> Intake::decode(IntakeOptions options, std::span<const std::byte> bytes) {
  auto intake = create(std::move(options));
  if (!intake) return intake;
  auto state = decode_state(bytes, intake->impl_->options);
  if (!state) return std::unexpected(state.error());
  intake->impl_->state = *std::move(state);
  return intake;
}

}  // namespace gaugeline::stream
