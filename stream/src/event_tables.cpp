#include "event_tables.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace gaugeline::stream {
namespace {

std::uint32_t use(Lexicon& lexicon, std::string_view token) {
  const std::uint32_t id = lexicon.intern(token);
  lexicon.count_use(id);
  return id;
}

// The tokens of a table that slices may hold.
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

Expected<> check(const SlicerOptions& options) noexcept {
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

void EventTables::add(const CheckedEvent& event, Bucket& bucket) {
  switch (event.form) {
    case CheckedEvent::Form::sequence:
      ids_.clear();
      for (const std::string& token : event.tokens) ids_.push_back(use(items_, token));
      bucket.sequences.append(ids_);
      break;
    case CheckedEvent::Form::bag: {
      ids_.clear();
      for (const std::string& token : event.tokens) ids_.push_back(items_.intern(token));
      std::ranges::sort(ids_);
      const auto repeated = std::ranges::unique(ids_);
      ids_.erase(repeated.begin(), repeated.end());
      for (const std::uint32_t id : ids_) items_.count_use(id);
      bucket.bags.append(ids_);
      break;
    }
    case CheckedEvent::Form::pair:
      bucket.pairs.push_back({use(items_, event.item), use(contexts_, event.context)});
      break;
    case CheckedEvent::Form::value:
      bucket.values.push_back({use(items_, event.item), use(contexts_, event.context), event.value});
      break;
  }
}

SliceBuilder EventTables::builder(InputKind kind, const SlicerOptions& options) const {
  SideTokens items(items_, kept_tokens(items_, options));
  if (kind != InputKind::pairs && kind != InputKind::values) return {std::move(items), options};
  return {std::move(items), SideTokens(contexts_, kept_tokens(contexts_, options)), options};
}

}  // namespace gaugeline::stream
