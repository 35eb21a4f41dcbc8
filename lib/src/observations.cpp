#include "observations.hpp"

#include <algorithm>

#include <gaugeline/vocabulary.hpp>

namespace gaugeline {
namespace {

// From how many each row has to where its run ends; filling the runs from their ends then leaves where they begin. The
// last of `rows` + 1 is the end of all.
void counts_to_ends(std::span<std::uint32_t> counts) noexcept {
  std::uint32_t sum = 0;
  for (std::uint32_t& count : counts) count = (sum += count);
}

}  // namespace

void Observations::reserve(Arena& arena, const Options& options) noexcept {
  static_assert(sizeof(Observed) <= sizeof(Entry));
  likelihood_ = options.likelihood;
  capacity_ = options.observation_capacity;
  entry_bytes_ = arena.take<std::byte>(capacity_ * sizeof(Entry));
  by_item_ = arena.take<Observed>(capacity_);
  all_item_starts_ = item_starts_ = arena.take<std::uint32_t>(row_room(options.item_capacity) + 1);
  all_context_starts_ = context_starts_ = arena.take<std::uint32_t>(row_room(options.context_capacity) + 1);
  if (entry_bytes_.empty()) return;
  entries_ = {reinterpret_cast<Entry*>(entry_bytes_.data()), capacity_};
  by_context_ = {reinterpret_cast<Observed*>(entry_bytes_.data()), capacity_};
  clear();
}

void Observations::clear() noexcept {
  size_ = 0;
  left_out_ = 0;
  std::ranges::fill(item_starts_ = all_item_starts_, 0U);
  std::ranges::fill(context_starts_ = all_context_starts_, 0U);
}

Expected<> Observations::build(const SliceView& slice, const RowsOfTokens& rows, std::size_t item_rows,
                               std::size_t context_rows) noexcept {
  size_ = 0;
  left_out_ = 0;
  item_starts_ = all_item_starts_.first(item_rows + 1);
  context_starts_ = all_context_starts_.first(context_rows + 1);
  if (auto ok = collect(slice, rows); !ok) {
    clear();
    return ok;
  }
  sort_entries();
  index_by_context();
  return {};
}

Expected<> Observations::collect(const SliceView& slice, const RowsOfTokens& rows) noexcept {
  if (likelihood_ == Likelihood::gaussian) {
    for (const PairValue& v : slice.values) {
      if (auto ok = add(rows.items[v.item], rows.contexts[v.context], v.value); !ok) return ok;
    }
    return {};
  }
  for (const PairCount& pair : slice.pairs) {
    if (auto ok = add(rows.items[pair.item], rows.contexts[pair.context], pair.weight); !ok) return ok;
    if (!slice.pairs_are_symmetric || pair.item == pair.context) continue;
    if (auto ok = add(rows.items[pair.context], rows.contexts[pair.item], pair.weight); !ok) return ok;
  }
  return add_sequences(slice, rows);
}

Expected<> Observations::add_sequences(const SliceView& slice, const RowsOfTokens& rows) noexcept {
  std::size_t begin = 0;
  for (const std::uint32_t end : slice.sequence_ends) {
    for (std::size_t i = begin; i < end; ++i) {
      const std::size_t last = std::min<std::size_t>(end, i + slice.window + 1);
      for (std::size_t j = i + 1; j < last; ++j) {
        const std::uint32_t a = slice.sequence_ids[i];
        const std::uint32_t b = slice.sequence_ids[j];
        const float weight = pair_weight(slice.window_weights, slice.window, j - i);
        if (auto ok = add(rows.items[a], rows.contexts[b], weight); !ok) return ok;
        if (auto ok = add(rows.items[b], rows.contexts[a], weight); !ok) return ok;
      }
    }
    begin = end;
  }
  return {};
}

Expected<> Observations::add(RowIndex item, RowIndex context, float weight) noexcept {
  if (item == no_row || context == no_row) {
    left_out_ += likelihood_ == Likelihood::skipgram ? static_cast<double>(weight) : 1.0;
    return {};
  }
  if (size_ == capacity_) {
    if (likelihood_ == Likelihood::skipgram) add_up_equal();
    // Adding up again and again for a few free places would cost a sort each time.
    if (size_ > capacity_ - capacity_ / 8 || size_ == capacity_)
      return fail(ErrorCode::capacity_exceeded,
                  "the slice holds more distinct observations than observation_capacity, ", capacity_,
                  ", has room for; make it larger, or the slices shorter");
  }
  entries_[size_++] = {item, context, weight};
  return {};
}

// By two counting sorts, of the contexts and then of the items, which keeps the order of contexts within each item.
void Observations::sort_entries() noexcept {
  const auto entries = entries_.first(size_);
  std::ranges::fill(item_starts_, 0U);
  std::ranges::fill(context_starts_, 0U);
  for (const Entry& entry : entries) {
    ++item_starts_[entry.item];
    ++context_starts_[entry.context];
  }
  counts_to_ends(item_starts_);
  counts_to_ends(context_starts_);
  for (std::size_t i = size_; i > 0; --i) {
    const Entry& entry = entries[i - 1];
    by_item_[--context_starts_[entry.context]] = {entry.item, entry.weight};
  }
  for (std::size_t context = context_starts_.size() - 1, i = size_; i > 0; --i) {
    while (context_starts_[context] >= i) --context;
    by_context_[--item_starts_[by_item_[i - 1].other]] = {static_cast<RowIndex>(context), by_item_[i - 1].weight};
  }
  take_sorted();
}

// From by_context_, where sort_entries has put each item's observations, to by_item_. The weights of equal pairs are
// put in order, so that neither their sum nor the order of values depends on their order in the slice.
void Observations::take_sorted() noexcept {
  std::uint32_t kept = 0;
  for (std::size_t item = 0; item + 1 < item_starts_.size(); ++item) {
    const std::uint32_t end = item_starts_[item + 1];
    std::uint32_t begin = item_starts_[item];
    item_starts_[item] = kept;
    while (begin < end) {
      std::uint32_t next = begin + 1;
      while (next < end && by_context_[next].other == by_context_[begin].other) ++next;
      const auto equal = by_context_.subspan(begin, next - begin);
      if (!std::ranges::is_sorted(equal, {}, &Observed::weight)) std::ranges::sort(equal, {}, &Observed::weight);
      if (likelihood_ == Likelihood::skipgram) {
        Observed sum = equal.front();
        for (const Observed& observed : equal.subspan(1)) sum.weight += observed.weight;
        by_item_[kept++] = sum;
      } else {  // values of one pair stay apart
        for (const Observed& observed : equal) by_item_[kept++] = observed;
      }
      begin = next;
    }
  }
  item_starts_.back() = kept;
  size_ = kept;
}

void Observations::add_up_equal() noexcept {
  sort_entries();
  for (std::size_t item = 0; item + 1 < item_starts_.size(); ++item) {
    for (std::uint32_t i = item_starts_[item]; i < item_starts_[item + 1]; ++i)
      entries_[i] = {static_cast<RowIndex>(item), by_item_[i].other, by_item_[i].weight};
  }
}

// A counting sort of by_item_, which keeps the order of items within each context.
void Observations::index_by_context() noexcept {
  std::ranges::fill(context_starts_, 0U);
  for (const Observed& observed : by_item_.first(size_)) ++context_starts_[observed.other];
  counts_to_ends(context_starts_);
  for (std::size_t row = item_starts_.size() - 1, i = size_; i > 0; --i) {
    while (item_starts_[row] >= i) --row;
    by_context_[--context_starts_[by_item_[i - 1].other]] = {static_cast<RowIndex>(row), by_item_[i - 1].weight};
  }
}

}  // namespace gaugeline
