#include "observations.hpp"

#include <algorithm>
#include <tuple>

#include <gaugeline/vocabulary.hpp>

namespace gaugeline {

void Observations::reserve(Arena& arena, const Options& options) noexcept {
  static_assert(sizeof(Observed) <= sizeof(Entry));
  likelihood_ = options.likelihood;
  capacity_ = options.observation_capacity;
  entry_bytes_ = arena.take<std::byte>(capacity_ * sizeof(Entry));
  by_item_ = arena.take<Observed>(capacity_);
  item_starts_ = arena.take<std::uint32_t>(row_room(options.item_capacity) + 1);
  context_starts_ = arena.take<std::uint32_t>(row_room(options.context_capacity) + 1);
  if (entry_bytes_.empty()) return;
  entries_ = {reinterpret_cast<Entry*>(entry_bytes_.data()), capacity_};
  by_context_ = {reinterpret_cast<Observed*>(entry_bytes_.data()), capacity_};
  clear();
}

void Observations::clear() noexcept {
  size_ = 0;
  left_out_ = 0;
  std::ranges::fill(item_starts_, 0U);
  std::ranges::fill(context_starts_, 0U);
}

Expected<> Observations::build(const SliceView& slice, const RowsOfTokens& rows, std::size_t item_rows,
                               std::size_t context_rows) noexcept {
  size_ = 0;
  left_out_ = 0;
  if (auto ok = collect(slice, rows); !ok) {
    clear();
    return ok;
  }
  if (likelihood_ == Likelihood::skipgram) {
    add_up_equal();
  } else {  // values of one pair stay apart; the value decides last, so that their order in the slice does not matter
    std::ranges::sort(entries_.first(size_), {},
                      [](const Entry& e) { return std::tuple(e.item, e.context, e.weight); });
  }
  index_by_item(item_rows);
  index_by_context(item_rows, context_rows);
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
        if (auto ok = add(rows.items[a], rows.contexts[b], 1); !ok) return ok;
        if (auto ok = add(rows.items[b], rows.contexts[a], 1); !ok) return ok;
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

void Observations::add_up_equal() noexcept {
  const auto entries = entries_.first(size_);
  // The weight decides last: equal pairs are added up in an order that does not depend on the slice's.
  std::ranges::sort(entries, {}, [](const Entry& e) { return std::tuple(e.item, e.context, e.weight); });
  std::size_t kept = 0;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (kept > 0 && entries[kept - 1].item == entries[i].item && entries[kept - 1].context == entries[i].context)
      entries[kept - 1].weight += entries[i].weight;
    else
      entries[kept++] = entries[i];
  }
  size_ = kept;
}

void Observations::index_by_item(std::size_t item_rows) noexcept {
  std::ranges::fill(item_starts_.first(item_rows + 1), 0U);
  for (std::size_t i = 0; i < size_; ++i) {
    by_item_[i] = {entries_[i].context, entries_[i].weight};
    ++item_starts_[entries_[i].item + 1];
  }
  for (std::size_t row = 0; row < item_rows; ++row) item_starts_[row + 1] += item_starts_[row];
}

// A counting sort of by_item_, which keeps the order of items within each context.
void Observations::index_by_context(std::size_t item_rows, std::size_t context_rows) noexcept {
  const auto starts = context_starts_.first(context_rows + 1);
  std::ranges::fill(starts, 0U);
  for (std::size_t i = 0; i < size_; ++i) ++starts[by_item_[i].other];
  std::uint32_t sum = 0;
  for (std::uint32_t& start : starts) start = (sum += start);  // now the end of each context's run
  for (std::size_t row = item_rows, i = size_; i > 0; --i) {
    while (item_starts_[row] >= i) --row;
    by_context_[--starts[by_item_[i - 1].other]] = {static_cast<RowIndex>(row), by_item_[i - 1].weight};
  }
}

}  // namespace gaugeline
