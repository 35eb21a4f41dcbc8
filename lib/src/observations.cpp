#include "observations.hpp"

#include <algorithm>
#include <bit>
#include <iterator>

#include <gaugeline/vocabulary.hpp>

namespace gaugeline {
namespace {

constexpr std::size_t least_positions = 4096;  // room for a few windows at least

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
  const std::size_t item_rows = row_room(options.item_capacity);
  const std::size_t context_rows = row_room(options.context_capacity);
  constexpr std::size_t position_bytes = sizeof(Position) + sizeof(std::uint32_t);
  entry_bytes_ = arena.take<std::byte>(std::max(capacity_ * sizeof(Entry), least_positions * position_bytes));
  by_item_ = arena.take<Observed>(capacity_);
  all_item_starts_ = item_starts_ = arena.take<std::uint32_t>(item_rows + 1);
  all_context_starts_ = context_starts_ = arena.take<std::uint32_t>(context_rows + 1);
  const bool sequences = likelihood_ == Likelihood::skipgram;
  centre_starts_ = arena.take<std::uint32_t>(sequences ? item_rows + 1 : 0);
  units_ = arena.take<std::uint64_t>(sequences ? context_rows : 0);
  counted_ = arena.take<std::uint64_t>(sequences ? context_rows / 64 + 1 : 0);
  if (entry_bytes_.empty()) return;
  const std::size_t positions = entry_bytes_.size() / position_bytes;
  positions_ = {reinterpret_cast<Position*>(entry_bytes_.data()), positions};
  centres_ = {reinterpret_cast<std::uint32_t*>(entry_bytes_.data() + positions * sizeof(Position)), positions};
  entries_ = {reinterpret_cast<Entry*>(entry_bytes_.data()), capacity_};
  by_context_ = {reinterpret_cast<Observed*>(entry_bytes_.data()), capacity_};
  clear();
}

void Observations::clear() noexcept {
  size_ = 0;
  left_out_ = 0;
  sides_are_alike_ = false;
  std::ranges::fill(units_, 0U);
  std::ranges::fill(counted_, 0U);
  std::ranges::fill(item_starts_ = all_item_starts_, 0U);
  std::ranges::fill(context_starts_ = all_context_starts_, 0U);
}

Expected<> Observations::build(const SliceView& slice, const RowsOfTokens& rows, std::size_t item_rows,
                               std::size_t context_rows) noexcept {
  size_ = 0;
  left_out_ = 0;
  item_starts_ = all_item_starts_.first(item_rows + 1);
  context_starts_ = all_context_starts_.first(context_rows + 1);
  auto ok = collect(slice, rows);
  if (ok) {
    sort_entries();
    ok = add_sequences(slice, rows);
  }
  if (!ok) {
    clear();
    return ok;
  }
  sides_are_alike_ = both_ways_alike(slice, rows);
  if (!sides_are_alike_) index_by_context();
  return {};
}

// Whether (i, j) and (j, i) have the same weight, to the last bit, as they have in sequences whose counts are added up
// as whole numbers.
bool Observations::both_ways_alike(const SliceView& slice, const RowsOfTokens& rows) const noexcept {
  return slice.pairs.empty() && slice.values.empty() && slice.sequence_ids.size() <= positions_at_once(slice) &&
         item_starts_.size() == context_starts_.size() && std::ranges::equal(rows.items, rows.contexts);
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
  return {};
}

// To what by_item_ holds, which is sorted, as many positions at a time as there is room for.
Expected<> Observations::add_sequences(const SliceView& slice, const RowsOfTokens& rows) noexcept {
  const std::size_t end = slice.sequence_ids.size();
  if (end == 0) return {};
  const bool falling = slice.window_weights == WindowWeights::falling;
  Window window;
  window.unit = falling ? 1 / static_cast<float>(slice.window) : 1;
  for (std::uint32_t distance = 1; distance <= slice.window; ++distance)
    window.units[distance] = falling ? slice.window + 1 - distance : 1;
  left_out_units_ = 0;
  const std::size_t at_once = positions_at_once(slice);
  for (std::size_t first = 0; first < end; first += at_once) {
    const std::size_t last = std::min(end, first + at_once);
    const std::size_t begin = take_positions(slice, rows, first, last);
    sort_centres(first - begin, last - begin);
    for (const Position& centre : positions_.subspan(first - begin, last - first)) {
      if (centre.item != no_row) continue;
      for (std::size_t distance = 1; distance <= slice.window; ++distance)
        left_out_units_ += ((distance <= centre.before) + (distance <= centre.after)) * window.units[distance];
    }
    if (auto ok = count_centres(window); !ok) return ok;
  }
  left_out_ += left_out_units_ * static_cast<double>(window.unit);
  return {};
}

// Positions [first, last) of the slice into positions_, and those before and after them within the window. Returns
// which position stands first.
std::size_t Observations::take_positions(const SliceView& slice, const RowsOfTokens& rows, std::size_t first,
                                         std::size_t last) noexcept {
  const std::size_t begin = first - std::min<std::size_t>(first, slice.window);
  const std::size_t end = std::min(slice.sequence_ids.size(), last + slice.window);
  auto sequence = std::ranges::upper_bound(slice.sequence_ends, begin);
  std::size_t sequence_begin = sequence == slice.sequence_ends.begin() ? 0 : *std::prev(sequence);
  for (std::size_t position = begin; position < end; ++position) {
    for (; *sequence <= position; ++sequence) sequence_begin = *sequence;
    const std::uint32_t id = slice.sequence_ids[position];
    const std::size_t after = *sequence - 1 - position;
    positions_[position - begin] = {
        .item = rows.items[id],
        .context = rows.contexts[id],
        .before = static_cast<std::uint8_t>(std::min<std::size_t>(position - sequence_begin, slice.window)),
        .after = static_cast<std::uint8_t>(std::min<std::size_t>(after, slice.window))};
  }
  return begin;
}

// positions_ [first, last) into centres_, by item.
void Observations::sort_centres(std::size_t first, std::size_t last) noexcept {
  const auto starts = centre_starts_.first(item_starts_.size());
  std::ranges::fill(starts, 0U);
  const auto has_row = [&](std::size_t position) { return positions_[position].item != no_row; };
  for (std::size_t position = first; position < last; ++position) {
    if (has_row(position)) ++starts[positions_[position].item];
  }
  counts_to_ends(starts);
  for (std::size_t position = last; position > first; --position) {
    if (has_row(position - 1))
      centres_[--starts[positions_[position - 1].item]] = static_cast<std::uint32_t>(position - 1);
  }
}

// Adds the pairs of all centres to by_item_.
Expected<> Observations::count_centres(const Window& window) noexcept {
  // What is there moves to the end, so that sums can be written from the front.
  const std::size_t shift = capacity_ - size_;
  std::move_backward(by_item_.begin(), by_item_.begin() + static_cast<std::ptrdiff_t>(size_), by_item_.end());
  size_ = 0;
  for (std::size_t item = 0; item + 1 < item_starts_.size(); ++item) {
    const auto given = by_item_.subspan(shift + item_starts_[item], item_starts_[item + 1] - item_starts_[item]);
    item_starts_[item] = static_cast<std::uint32_t>(size_);
    if (given.empty() && centre_starts_[item] == centre_starts_[item + 1]) continue;
    for (std::uint32_t k = centre_starts_[item]; k < centre_starts_[item + 1]; ++k) count_around(centres_[k], window);
    if (!put_counted(given, window.unit)) return std::unexpected(no_room());
  }
  item_starts_.back() = static_cast<std::uint32_t>(size_);
  return {};
}

void Observations::count_around(std::size_t position, const Window& window) noexcept {
  const Position* const centre = &positions_[position];
  const auto count = [&](RowIndex context, std::uint32_t units) {
    if (context == no_row) {
      left_out_units_ += units;
      return;
    }
    units_[context] += units;
    counted_[context / 64] |= std::uint64_t{1} << (context % 64);
  };
  for (std::size_t distance = 1; distance <= centre->before; ++distance)
    count((centre - distance)->context, window.units[distance]);
  for (std::size_t distance = 1; distance <= centre->after; ++distance)
    count((centre + distance)->context, window.units[distance]);
}

// Appends one item's observations: those given, and those counted, which are forgotten. False if there is no room.
bool Observations::put_counted(std::span<const Observed> given, float unit) noexcept {
  const Observed* next = given.data();
  const Observed* const end = next + given.size();
  // What is written must not reach what is still to be read.
  const auto put = [&](const Observed& observed) {
    if (by_item_.data() + size_ == next) return false;
    by_item_[size_++] = observed;
    return true;
  };
  const auto words = counted_.first((context_starts_.size() - 1) / 64 + 1);
  for (std::size_t word = 0; word < words.size(); ++word) {
    for (; words[word] != 0; words[word] &= words[word] - 1) {
      const auto context = static_cast<RowIndex>(word * 64 + static_cast<std::size_t>(std::countr_zero(words[word])));
      while (next != end && next->other < context) {
        const Observed observed = *next++;
        if (!put(observed)) return false;
      }
      Observed sum{context, static_cast<float>(units_[context]) * unit};
      units_[context] = 0;
      if (next != end && next->other == context) sum.weight += (next++)->weight;
      if (!put(sum)) return false;
    }
  }
  while (next != end) {
    const Observed observed = *next++;
    if (!put(observed)) return false;
  }
  return true;
}

Error Observations::no_room() const noexcept {
  return Error(ErrorCode::capacity_exceeded, "the slice holds more distinct observations than observation_capacity, ",
               capacity_, ", has room for; make it larger, or the slices shorter");
}

Expected<> Observations::add(RowIndex item, RowIndex context, float weight) noexcept {
  if (item == no_row || context == no_row) {
    left_out_ += likelihood_ == Likelihood::skipgram ? static_cast<double>(weight) : 1.0;
    return {};
  }
  if (size_ == capacity_) {
    if (likelihood_ == Likelihood::skipgram) add_up_equal();
    // Adding up again and again for a few free places would cost a sort each time.
    if (size_ > capacity_ - capacity_ / 8 || size_ == capacity_) return std::unexpected(no_room());
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
