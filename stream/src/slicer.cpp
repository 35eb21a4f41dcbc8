#include <gaugeline/stream/slicer.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <utility>

#include <gaugeline/stream/text.hpp>

#include "lexicon.hpp"
#include "slice_builder.hpp"

namespace gaugeline::stream {
namespace {

// What one input holds: see slicer.hpp.
enum class InputKind : std::uint8_t { undecided, tokens, pairs };

Expected<> check(const SlicerOptions& options) {
  if (const auto* length = std::get_if<std::chrono::microseconds>(&options.period.length);
      length != nullptr && (*length <= length->zero() || *length > max_duration))
    return fail(ErrorCode::invalid_argument, "period is ", length->count(), " microseconds, not 1 to ",
                max_duration.count());
  if (options.window < 1 || options.window > max_window)
    return fail(ErrorCode::invalid_argument, "window is ", options.window, ", not 1 to ", max_window);
  if (options.lateness && (options.lateness->count() < 0 || *options.lateness > max_duration))
    return fail(ErrorCode::invalid_argument, "lateness is ", options.lateness->count(), " microseconds, not 0 to ",
                max_duration.count());
  return {};
}

Expected<> check_tokens(const std::vector<std::string>& tokens) {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (auto ok = check_token(tokens[i]); !ok)
      return fail(ErrorCode::bad_data, "token ", i, ": ", ok.error().message());
  }
  return {};
}

Expected<> check_sides(const std::string& item, const std::string& context) {
  if (auto ok = check_token(item); !ok) return std::unexpected(ok.error().within("item"));
  if (auto ok = check_token(context); !ok) return std::unexpected(ok.error().within("context"));
  return {};
}

// The tokens of the whole input that slices may hold.
std::vector<bool> kept_tokens(const Lexicon& lexicon, const SlicerOptions& options) {
  std::vector<std::uint32_t> ids;
  for (std::uint32_t id = 0; id < lexicon.size(); ++id) {
    if (lexicon.uses(id) >= options.min_count && !options.stop_words.contains(std::string(lexicon.token(id))))
      ids.push_back(id);
  }
  if (options.vocabulary != 0 && ids.size() > options.vocabulary) {
    const auto more_used = [&](std::uint32_t a, std::uint32_t b) {
      return lexicon.uses(a) != lexicon.uses(b) ? lexicon.uses(a) > lexicon.uses(b)
                                                : lexicon.token(a) < lexicon.token(b);
    };
    std::ranges::nth_element(ids, ids.begin() + options.vocabulary, more_used);
    ids.resize(options.vocabulary);
  }
  std::vector<bool> kept(lexicon.size());
  for (const std::uint32_t id : ids) kept[id] = true;
  return kept;
}

}  // namespace

struct Slicer::Impl {
  Impl(SlicerOptions slicer_options, Tokenizer text_tokenizer)
      : options(std::move(slicer_options)), tokenizer(std::move(text_tokenizer)) {}

  SlicerOptions options;
  Tokenizer tokenizer;
  SlicerCounts counts;
  InputKind kind = InputKind::undecided;
  std::optional<Time> newest;
  Lexicon items;  // of text, tokens and bags too
  Lexicon contexts;
  std::map<Time, std::pair<TimeInterval, Bucket>> buckets;  // by the window's begin
  std::vector<std::string> words;                           // of the text that is being added
  std::vector<std::uint32_t> ids;                           // of the event that is being added

  // The bucket for an event's time; moves the watermark.
  Bucket& bucket_at(Time time);
  Expected<> decide(InputKind wanted);

  // One for each form of event: checks everything, then changes.
  Expected<> add(Time time, const TextEvent& event);
  Expected<> add(Time time, const TokensEvent& event);
  Expected<> add(Time time, const BagEvent& event);
  Expected<> add(Time time, const PairEvent& event);
  Expected<> add(Time time, const ValueEvent& event);
  void add_sequence(Time time, const std::vector<std::string>& tokens);
  std::uint32_t use(Lexicon& lexicon, std::string_view token);
  SliceBuilder builder() const;
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
  if (kind != InputKind::undecided && kind != wanted)
    return fail(ErrorCode::bad_data, wanted == InputKind::pairs
                                         ? "an item and a context, but this input began with text, tokens or bags"
                                         : "text, tokens or a bag, but this input began with items and contexts");
  kind = wanted;
  return {};
}

Expected<> Slicer::Impl::add(Time time, const TextEvent& event) {
  words.clear();
  const auto oversized = tokenizer.tokenize(event.text, words);
  if (!oversized) return std::unexpected(oversized.error());
  if (auto ok = decide(InputKind::tokens); !ok) return ok;
  counts.oversized_tokens += *oversized;
  add_sequence(time, words);
  return {};
}

Expected<> Slicer::Impl::add(Time time, const TokensEvent& event) {
  if (auto ok = check_tokens(event.tokens); !ok) return ok;
  if (auto ok = decide(InputKind::tokens); !ok) return ok;
  add_sequence(time, event.tokens);
  return {};
}

void Slicer::Impl::add_sequence(Time time, const std::vector<std::string>& tokens) {
  ids.clear();
  for (const std::string& token : tokens) ids.push_back(use(items, token));
  bucket_at(time).sequences.append(ids);
}

Expected<> Slicer::Impl::add(Time time, const BagEvent& event) {
  if (auto ok = check_tokens(event.tokens); !ok) return ok;
  if (auto ok = decide(InputKind::tokens); !ok) return ok;
  ids.clear();
  for (const std::string& token : event.tokens) ids.push_back(items.intern(token));
  std::ranges::sort(ids);
  const auto repeated = std::ranges::unique(ids);
  ids.erase(repeated.begin(), repeated.end());
  for (const std::uint32_t id : ids) items.count_use(id);
  bucket_at(time).bags.append(ids);
  return {};
}

Expected<> Slicer::Impl::add(Time time, const PairEvent& event) {
  if (auto ok = check_sides(event.item, event.context); !ok) return ok;
  if (auto ok = decide(InputKind::pairs); !ok) return ok;
  bucket_at(time).pairs.push_back({use(items, event.item), use(contexts, event.context)});
  return {};
}

Expected<> Slicer::Impl::add(Time time, const ValueEvent& event) {
  if (auto ok = check_sides(event.item, event.context); !ok) return ok;
  if (!(std::abs(event.value) <= std::numeric_limits<float>::max()))
    return fail(ErrorCode::bad_data, "value is ", event.value, ", out of the range of float");
  if (auto ok = decide(InputKind::pairs); !ok) return ok;
  bucket_at(time).values.push_back(
      {use(items, event.item), use(contexts, event.context), static_cast<float>(event.value)});
  return {};
}

std::uint32_t Slicer::Impl::use(Lexicon& lexicon, std::string_view token) {
  const std::uint32_t id = lexicon.intern(token);
  lexicon.count_use(id);
  return id;
}

SliceBuilder Slicer::Impl::builder() const {
  SideTokens item_tokens(items, kept_tokens(items, options));
  if (kind != InputKind::pairs) return {std::move(item_tokens), options};
  return {std::move(item_tokens), SideTokens(contexts, kept_tokens(contexts, options)), options};
}

Slicer::Slicer(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Slicer::Slicer(Slicer&&) noexcept = default;
Slicer& Slicer::operator=(Slicer&&) noexcept = default;
Slicer::~Slicer() = default;

Expected<Slicer> Slicer::create(SlicerOptions options) {
  if (auto ok = check(options); !ok) return std::unexpected(ok.error());
  auto tokenizer = Tokenizer::create();
  if (!tokenizer) return std::unexpected(tokenizer.error());
  return Slicer(std::make_unique<Impl>(std::move(options), *std::move(tokenizer)));
}

Expected<> Slicer::add(const Event& event) {
  if (event.time < earliest_time || event.time > latest_time)
    return fail(ErrorCode::bad_data, "time is ", format_time(event.time), ", not in the years 0001 to 9999");
  const auto add_body = [&](const auto& body) { return impl_->add(event.time, body); };
  if (auto ok = std::visit(add_body, event.body); !ok) return ok;
  ++impl_->counts.events;
  return {};
}

Expected<> Slicer::finish(const std::function<Expected<>(const SliceView&)>& take) {
  SliceBuilder builder = impl_->builder();
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
