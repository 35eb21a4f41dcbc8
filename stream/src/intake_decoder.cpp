#include <cstring>
#include <memory>
#include <string>
#include <utility>

#include <gaugeline/stream/messages.hpp>

#include "intake_state.hpp"
#include "intake_state_format.hpp"

namespace gaugeline::stream {
namespace {

Time time_at(std::int64_t microseconds) noexcept { return Time(std::chrono::microseconds(microseconds)); }

template <class... Parts>
std::unexpected<Error> bad(const Parts&... parts) noexcept {
  return fail(ErrorCode::bad_data, "intake: ", parts...);
}

template <class Vector>
std::size_t size_of(const Vector* vector) noexcept {
  return vector == nullptr ? 0 : vector->size();
}

std::span<const std::uint32_t> elements(const flatbuffers::Vector<std::uint32_t>* vector) noexcept {
  if (vector == nullptr) return {};
  return {reinterpret_cast<const std::uint32_t*>(vector->Data()), vector->size()};
}

// The same bytes where a FlatBuffer can be read: at a multiple of 8.
class Aligned {
 public:
  explicit Aligned(std::span<const std::byte> bytes) : bytes_(bytes) {
    if (reinterpret_cast<std::uintptr_t>(bytes.data()) % alignof(std::uint64_t) == 0) return;
    copy_ = std::make_unique_for_overwrite<std::uint64_t[]>(bytes.size() / sizeof(std::uint64_t) + 1);
    std::memcpy(copy_.get(), bytes.data(), bytes.size());
    bytes_ = std::as_bytes(std::span(copy_.get(), bytes.size() / sizeof(std::uint64_t) + 1)).first(bytes.size());
  }
  [[nodiscard]] const std::uint8_t* data() const noexcept {
    return reinterpret_cast<const std::uint8_t*>(bytes_.data());
  }
  [[nodiscard]] std::size_t size() const noexcept { return bytes_.size(); }

 private:
  std::span<const std::byte> bytes_;
  std::unique_ptr<std::uint64_t[]> copy_;
};

Expected<std::span<const std::byte>> checked_body(std::span<const std::byte> bytes) {
  if (bytes.size() < intake_checksum_bytes) return bad("only ", bytes.size(), " bytes");
  std::uint64_t stored = 0;
  for (std::size_t i = 0; i < intake_checksum_bytes; ++i)
    stored |= std::to_integer<std::uint64_t>(bytes[i]) << (8U * i);
  const auto body = bytes.subspan(intake_checksum_bytes);
  if (intake_checksum(body) != stored)
    return fail(ErrorCode::checksum_mismatch, "intake: the state's ", bytes.size(), " bytes are damaged");
  return body;
}

Expected<const intake::State*> verified_root(const Aligned& bytes) {
  if (bytes.size() > max_intake_bytes)
    return fail(ErrorCode::capacity_exceeded, "intake: ", bytes.size(), " bytes are over the limit of ",
                max_intake_bytes);
  constexpr std::size_t head_bytes =
      sizeof(flatbuffers::uoffset_t) + flatbuffers::FlatBufferBuilder::kFileIdentifierLength;
  if (bytes.size() < head_bytes || !intake::StateBufferHasIdentifier(bytes.data()))
    return bad("no file identifier ", intake::StateIdentifier());
  // Windows are tables: there may be more than a verifier takes by default. Each takes 8 bytes at the least.
  flatbuffers::Verifier::Options options;
  options.max_tables = static_cast<flatbuffers::uoffset_t>(bytes.size() / 8 + 1);
  flatbuffers::Verifier verifier(bytes.data(), bytes.size(), options);
  if (!intake::VerifyStateBuffer(verifier)) return bad("an offset or a length in the FlatBuffer points outside of it");
  return intake::GetState(bytes.data());
}

Expected<> check_options(const intake::Options& made_with, const IntakeOptions& options) {
  Expected<> same;
  const auto compare = [&](std::string_view name, const auto& then, const auto& now) {
    if (same && then != now)
      same = fail(ErrorCode::invalid_argument, "intake: option ", name, " is ", now, ", but the state was made with ",
                  then);
  };
  const SlicerOptions& slicing = options.slicing;
  compare("period", made_with.period()->string_view(), std::string_view(to_string(slicing.period)));
  compare("lateness (microseconds)", made_with.lateness(),
          slicing.lateness.value_or(std::chrono::microseconds{0}).count());
  compare("window", made_with.window(), slicing.window);
  const auto weights = [](bool falls) { return std::string_view(falls ? "falling" : "full"); };
  compare("window_weights", weights(made_with.window_falls()),
          weights(slicing.window_weights == WindowWeights::falling));
  const auto form = [](bool as_pairs) { return std::string_view(as_pairs ? "pairs" : "sequences"); };
  compare("form", form(made_with.as_pairs()), form(slicing.form == SequenceForm::pairs));
  compare("min_count", made_with.min_count(), slicing.min_count);
  compare("vocabulary", made_with.vocabulary(), slicing.vocabulary);
  compare("stop_words (a hash)", made_with.stop_words(), fingerprint(slicing.stop_words));
  compare("late (policy)", unsigned{made_with.late()}, unsigned{std::to_underlying(options.late)});
  compare("duplicate_horizon", made_with.duplicate_horizon(), std::uint64_t{options.duplicate_horizon});
  compare("max_open_bytes", made_with.max_open_bytes(), std::uint64_t{options.max_open_bytes});
  compare("max_sources", std::size_t{made_with.max_sources()}, options.max_sources);
  return same;
}

// Makes a state of a FlatBuffer whose structure has been verified.
class StateDecoder {
 public:
  StateDecoder(const intake::State& source, std::size_t bytes, const IntakeOptions& options)
      : source_(source), bytes_(bytes), options_(options) {}

  Expected<IntakeState> decode() {
    if (source_.version() != intake_version)
      return fail(ErrorCode::unsupported_version, "intake: version ", source_.version(), " of the state, not ",
                  intake_version);
    if (auto ok = check_options(*source_.options(), options_); !ok) return std::unexpected(ok.error());
    for (const auto step : {&StateDecoder::check_size, &StateDecoder::read_kind, &StateDecoder::read_sources,
                            &StateDecoder::read_watermark, &StateDecoder::read_ids, &StateDecoder::read_windows}) {
      if (const auto done = (this->*step)(); !done) return std::unexpected(done.error());
    }
    read_counts();
    return std::move(state_);
  }

 private:
  // Offsets may point to the same list many times; then a few bytes would become much memory.
  Expected<> check_size() {
    std::size_t content = 0;
    for (std::size_t i = 0; i < size_of(source_.windows()); ++i) {
      const auto& window = *source_.windows()->Get(static_cast<flatbuffers::uoffset_t>(i));
      for (const auto* lexicon : {window.items(), window.contexts()}) {
        if (lexicon != nullptr) content += size_of(lexicon->bytes()) + size_of(lexicon->ends()) * sizeof(std::uint32_t);
      }
      content += (size_of(window.sequence_ids()) + size_of(window.sequence_ends()) + size_of(window.bag_ids()) +
                  size_of(window.bag_ends())) *
                     sizeof(std::uint32_t) +
                 size_of(window.pairs()) * sizeof(intake::PairIds) +
                 size_of(window.values()) * sizeof(intake::ValueIds);
    }
    if (content > bytes_) return bad("the windows claim ", content, " bytes of ", bytes_);
    return {};
  }

  Expected<> read_kind() {
    if (source_.kind() > std::to_underlying(InputKind::values))
      return bad("kind is ", unsigned{source_.kind()}, ", not 0 to 3");
    state_.kind = static_cast<InputKind>(source_.kind());
    return {};
  }

  [[nodiscard]] Time least_watermark() const noexcept {
    return earliest_time - options_.slicing.lateness.value_or(std::chrono::microseconds{0});
  }

  [[nodiscard]] Time greatest_watermark() const noexcept { return options_.slicing.period.window(latest_time).end; }

  Expected<> read_sources() {
    const std::size_t count = size_of(source_.sources());
    if (count > options_.max_sources) return bad(count, " sources are over the limit of ", options_.max_sources);
    std::string_view last;
    for (std::size_t i = 0; i < count; ++i) {
      const auto& source = *source_.sources()->Get(static_cast<flatbuffers::uoffset_t>(i));
      const std::string_view name = source.name()->string_view();
      if (i > 0 && name <= last) return bad("source ", i, " is not after the one before it");
      if (!name.empty()) {
        if (auto ok = validate_source(name); !ok) return bad("source ", i, ": ", ok.error().message());
      }
      const Time watermark = time_at(source.watermark());
      if (watermark < least_watermark() || watermark > greatest_watermark())
        return bad("source ", i, ": watermark is ", source.watermark(), ", out of event time");
      if (source.ended() && !source.idle()) return bad("source ", i, ": has ended, and is not idle");
      state_.sources.insert(name, {watermark, source.idle(), source.ended()});
      last = name;
    }
    return {};
  }

  Expected<> read_watermark() {
    if (!source_.has_watermark()) {
      if (size_of(source_.sources()) > 0) return bad("sources without a watermark");
      return {};
    }
    const Time watermark = time_at(source_.watermark());
    if (watermark < least_watermark() || watermark > greatest_watermark())
      return bad("watermark is ", source_.watermark(), ", out of event time");
    if (const auto least = state_.sources.least(); least && watermark < *least)
      return bad("watermark is behind all sources");
    state_.raise_watermark(watermark);
    return {};
  }

  Expected<> read_ids() {
    const std::size_t count = size_of(source_.ids());
    if (count > options_.duplicate_horizon)
      return bad(count, " ids are over the limit of ", options_.duplicate_horizon);
    for (std::size_t i = 0; i < count; ++i) {
      EventHash hash;  // copied: the verifier does not check that 8-byte elements are aligned
      static_assert(sizeof(hash) == sizeof(intake::Hash));
      std::memcpy(&hash, source_.ids()->Data() + i * sizeof(hash), sizeof(hash));
      if (state_.duplicates.contains(hash)) return bad("id ", i, " comes twice");
      state_.duplicates.remember(hash, options_.duplicate_horizon);
    }
    return {};
  }

  Expected<> read_windows() {
    if (state_.kind == InputKind::undecided && size_of(source_.windows()) > 0)
      return bad("windows of events, but no kind of event");
    const Period& period = options_.slicing.period;
    for (std::size_t i = 0; i < size_of(source_.windows()); ++i) {
      const auto& source = *source_.windows()->Get(static_cast<flatbuffers::uoffset_t>(i));
      const Time begin = time_at(source.begin());
      // The first window of event time may begin before it.
      const TimeInterval interval = period.window(std::clamp(begin, earliest_time, latest_time));
      if (interval.begin != begin) return bad("window ", i, " begins at ", source.begin(), ", where none does");
      if (i > 0 && begin <= state_.windows().rbegin()->first)
        return bad("window ", i, " is not after the one before it");
      IntakeWindow window{interval.end};
      if (auto ok = read_window(source, window); !ok)
        return fail(ok.error().code(), "intake: window ", i, ": ", ok.error().message());
      state_.insert(begin, std::move(window));
    }
    if (state_.open_bytes() > options_.max_open_bytes)
      return bad("the open windows take ", state_.open_bytes(), " bytes, over the limit of ", options_.max_open_bytes);
    return {};
  }

  Expected<> read_window(const intake::Window& source, IntakeWindow& window) const {
    const bool of_tokens = size_of(source.sequence_ends()) + size_of(source.bag_ends()) > 0;
    const bool of_pairs = size_of(source.pairs()) > 0;
    const bool of_values = size_of(source.values()) > 0;
    if (of_tokens != (state_.kind == InputKind::tokens) || of_pairs != (state_.kind == InputKind::pairs) ||
        of_values != (state_.kind == InputKind::values))
      return fail(ErrorCode::bad_data, "its events are not of the state's kind");
    if (auto ok = read_lexicon(source.items(), "items", window.tables.items()); !ok) return ok;
    if (auto ok = read_lexicon(source.contexts(), "contexts", window.tables.contexts()); !ok) return ok;
    if (auto ok = read_runs(source.sequence_ids(), source.sequence_ends(), "sequences", window.tables.items(),
                            window.bucket.sequences);
        !ok)
      return ok;
    if (auto ok = read_runs(source.bag_ids(), source.bag_ends(), "bags", window.tables.items(), window.bucket.bags);
        !ok)
      return ok;
    if (auto ok = check_bags(window.bucket.bags); !ok) return ok;
    if (auto ok = read_pairs(source, window); !ok) return ok;
    if (auto ok = check_uses(window.tables.items(), "items"); !ok) return ok;
    return check_uses(window.tables.contexts(), "contexts");
  }

  static Expected<> read_lexicon(const intake::Lexicon* source, std::string_view field, Lexicon& lexicon) {
    if (source == nullptr) return {};
    std::span<const char> bytes;
    if (source->bytes() != nullptr)
      bytes = {reinterpret_cast<const char*>(source->bytes()->Data()), source->bytes()->size()};
    const TokenList tokens(bytes, elements(source->ends()));
    if (!tokens.well_formed()) return fail(ErrorCode::bad_data, field, ": the ends of the tokens do not fit");
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      if (auto ok = check_token(tokens[i]); !ok)
        return fail(ErrorCode::bad_data, field, "[", i, "]: ", ok.error().message());
      if (lexicon.intern(tokens[i]) != i) return fail(ErrorCode::bad_data, field, "[", i, "] comes twice");
    }
    return {};
  }

  static Expected<> read_runs(const flatbuffers::Vector<std::uint32_t>* id_vector,
                              const flatbuffers::Vector<std::uint32_t>* end_vector, std::string_view field,
                              Lexicon& lexicon, Runs& runs) {
    const auto ids = elements(id_vector);
    std::size_t begin = 0;
    for (const std::uint32_t end : elements(end_vector)) {
      if (end < begin || end > ids.size()) return fail(ErrorCode::bad_data, field, ": their ends do not fit");
      const auto run = ids.subspan(begin, end - begin);
      for (const std::uint32_t id : run) {
        if (auto ok = count_use(lexicon, id, field); !ok) return ok;
      }
      runs.append(run);
      begin = end;
    }
    if (begin != ids.size()) return fail(ErrorCode::bad_data, field, ": ids after the last end");
    return {};
  }

  static Expected<> check_bags(const Runs& bags) {
    for (std::size_t i = 0; i < bags.size(); ++i) {
      if (std::ranges::adjacent_find(bags[i], std::ranges::greater_equal{}) != bags[i].end())
        return fail(ErrorCode::bad_data, "bag ", i, ": its ids do not rise");
    }
    return {};
  }

  static Expected<> read_pairs(const intake::Window& source, IntakeWindow& window) {
    const auto count_uses = [&](std::uint32_t item, std::uint32_t context, std::string_view field) -> Expected<> {
      if (auto ok = count_use(window.tables.items(), item, field); !ok) return ok;
      return count_use(window.tables.contexts(), context, field);
    };
    for (std::size_t i = 0; i < size_of(source.pairs()); ++i) {
      const auto& pair = *source.pairs()->Get(static_cast<flatbuffers::uoffset_t>(i));
      if (auto ok = count_uses(pair.item(), pair.context(), "pairs"); !ok) return ok;
      window.bucket.pairs.push_back({pair.item(), pair.context()});
    }
    for (std::size_t i = 0; i < size_of(source.values()); ++i) {
      const auto& value = *source.values()->Get(static_cast<flatbuffers::uoffset_t>(i));
      if (auto ok = count_uses(value.item(), value.context(), "values"); !ok) return ok;
      if (auto ok = check_value(value.value()); !ok)
        return std::unexpected(ok.error().within("value " + std::to_string(i)));
      window.bucket.values.push_back({value.item(), value.context(), value.value()});
    }
    return {};
  }

  static Expected<> count_use(Lexicon& lexicon, std::uint32_t id, std::string_view field) {
    if (id >= lexicon.size())
      return fail(ErrorCode::bad_data, field, ": id ", id, ", but there are ", lexicon.size(), " tokens");
    lexicon.count_use(id);
    return {};
  }

  static Expected<> check_uses(const Lexicon& lexicon, std::string_view field) {
    for (std::uint32_t id = 0; id < lexicon.size(); ++id) {
      if (lexicon.uses(id) == 0) return fail(ErrorCode::bad_data, field, "[", id, "] is not used");
    }
    return {};
  }

  void read_counts() {
    const intake::Counts& counts = *source_.counts();
    state_.counts = {.events = counts.events(),
                     .late = counts.late(),
                     .late_dropped = counts.late_dropped(),
                     .late_aside = counts.late_aside(),
                     .duplicates = counts.duplicates(),
                     .oversized_tokens = counts.oversized_tokens(),
                     .slices = counts.slices(),
                     .dropped_slices = counts.dropped_slices(),
                     .closed_early = counts.closed_early(),
                     .forgotten_sources = counts.forgotten_sources()};
  }

  const intake::State& source_;
  std::size_t bytes_;
  const IntakeOptions& options_;
  IntakeState state_;
};

}  // namespace

Expected<IntakeState> decode_state(std::span<const std::byte> bytes, const IntakeOptions& options) {
  const auto body = checked_body(bytes);
  if (!body) return std::unexpected(body.error());
  const Aligned aligned(*body);
  const auto root = verified_root(aligned);
  if (!root) return std::unexpected(root.error());
  return StateDecoder(**root, aligned.size(), options).decode();
}

}  // namespace gaugeline::stream
