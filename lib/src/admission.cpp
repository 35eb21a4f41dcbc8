#include "admission.hpp"

#include <algorithm>

namespace gaugeline {

void count_uses(const SliceView& slice, Side side, std::span<float> uses) noexcept {
  if (const auto stated = slice.uses(side); !stated.empty()) {
    std::ranges::copy(stated, uses.begin());
    return;
  }
  std::ranges::fill(uses, 0.F);
  const auto id_of = [side](const auto& entry) { return side == Side::items ? entry.item : entry.context; };
  for (const std::uint32_t id : slice.sequence_ids) uses[id] += 1;
  for (const PairCount& pair : slice.pairs) {
    uses[id_of(pair)] += pair.weight;
    if (slice.pairs_are_symmetric && pair.item != pair.context)
      uses[side == Side::items ? pair.context : pair.item] += pair.weight;
  }
  for (const PairValue& value : slice.values) uses[id_of(value)] += 1;
}

template <class Scalar>
void Admission<Scalar>::reserve(Arena& arena, const Options& options) noexcept {
  admission_uses_ = options.admission_uses;
  chosen_ = arena.take<std::uint32_t>(options.slice_token_capacity);
  wanted_ = arena.take<float>(options.slice_token_capacity);
  named_ = arena.take<char>(row_room(std::max(options.item_capacity, options.context_capacity)));
}

template <class Scalar>
std::uint32_t Admission<Scalar>::run(SideRows<Scalar>& side, const TokenList& tokens) noexcept {
  side.evicted_count = 0;
  std::uint32_t without_row = choose_candidates(side, tokens);
  const auto chosen = chosen_.first(chosen_count_);
  std::size_t bytes = side.vocabulary.tokens().bytes().size();
  for (const std::uint32_t id : chosen) bytes += tokens[id].size();
  if (side.size() + chosen.size() > side.vocabulary.capacity() || bytes > side.vocabulary.byte_capacity()) {
    admit_in_full(side, tokens, without_row);
    return without_row;
  }
  for (const std::uint32_t id : chosen) {
    side.row_of_token[id] = side.vocabulary.admit(tokens[id]);
    --without_row;
  }
  return without_row;
}

template <class Scalar>
std::uint32_t Admission<Scalar>::choose_candidates(SideRows<Scalar>& side, const TokenList& tokens) noexcept {
  std::uint32_t without_row = 0;
  chosen_count_ = 0;
  for (std::uint32_t id = 0; id < tokens.size(); ++id) {
    side.row_of_token[id] = side.vocabulary.find(tokens[id]);
    if (side.row_of_token[id] != no_row || !(side.uses_of_token[id] > 0)) continue;
    ++without_row;
    wanted_[id] = use_decay * side.candidates.count(token_hash(tokens[id])) + side.uses_of_token[id];
    // Weights may be fractions: one use means any.
    if (wanted_[id] > static_cast<float>(admission_uses_ - 1)) chosen_[chosen_count_++] = id;
  }
  return without_row;
}

// The known rows that the slice does not name, by rising frequency; of equal ones, the older row goes first.
template <class Scalar>
void Admission<Scalar>::list_victims(SideRows<Scalar>& side, std::size_t known) noexcept {
  for (std::size_t row = 0; row < known; ++row) {
    if (named_[row] == 0) side.evicted[side.evicted_count++] = static_cast<RowIndex>(row);
  }
  std::ranges::sort(side.evicted.first(side.evicted_count), [&](RowIndex a, RowIndex b) {
    return side.frequency[a] != side.frequency[b] ? side.frequency[a] < side.frequency[b] : a < b;
  });
}

template <class Scalar>
void Admission<Scalar>::admit_in_full(SideRows<Scalar>& side, const TokenList& tokens,
                                      std::uint32_t& without_row) noexcept {
  Vocabulary& vocabulary = side.vocabulary;
  const std::size_t known = side.size();
  std::ranges::fill(named_.first(known), char{0});
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    if (side.row_of_token[id] != no_row) named_[side.row_of_token[id]] = 1;
  }
  list_victims(side, known);
  const std::size_t victims = side.evicted_count;
  const auto chosen = chosen_.first(chosen_count_);
  std::ranges::sort(chosen, [&](std::uint32_t a, std::uint32_t b) {
    return wanted_[a] != wanted_[b] ? wanted_[a] > wanted_[b] : a < b;
  });

  std::size_t admitted = 0, gone = 0, gone_bytes = 0;
  for (const std::uint32_t id : chosen) {
    std::size_t more = 0, more_bytes = 0;
    const auto fits = [&] {
      return vocabulary.size() + 1 - gone - more <= vocabulary.capacity() &&
             vocabulary.tokens().bytes().size() + tokens[id].size() - gone_bytes - more_bytes <=
                 vocabulary.byte_capacity();
    };
    const auto outdone = [&](RowIndex row) {
      return static_cast<Scalar>(wanted_[id]) > static_cast<Scalar>(use_decay) * side.frequency[row];
    };
    while (!fits() && gone + more < victims && outdone(side.evicted[gone + more]))
      more_bytes += vocabulary.tokens()[side.evicted[gone + more++]].size();
    if (!fits()) continue;
    const RowIndex row = vocabulary.admit(tokens[id], VocabularyRoom::spare);
    if (row == no_row) continue;
    chosen[admitted++] = id;
    --without_row;
    gone += more;
    gone_bytes += more_bytes;
  }
  // Chosen by their uses, they are numbered in the order of the list, as in a vocabulary that has room.
  vocabulary.truncate(known);
  std::ranges::sort(chosen.first(admitted));
  for (const std::uint32_t id : chosen.first(admitted))
    side.row_of_token[id] = vocabulary.admit(tokens[id], VocabularyRoom::spare);
  side.evicted_count = gone;
  std::ranges::sort(side.evicted.first(gone));
}

template <class Scalar>
void Admission<Scalar>::settle(SideRows<Scalar>& side, std::size_t first_new, const TokenList& tokens) noexcept {
  side.candidates.fade(use_decay);
  for (std::size_t row = 0; row < side.size(); ++row) side.frequency[row] *= static_cast<Scalar>(use_decay);
  for (std::size_t id = 0; id < tokens.size(); ++id) {
    const float uses = side.uses_of_token[id];
    if (!(uses > 0)) continue;
    if (const RowIndex row = side.row_of_token[id]; row == no_row) {
      side.candidates.add(token_hash(tokens[id]), uses);
    } else if (side.frequency[row] += static_cast<Scalar>(uses); row >= first_new) {
      const std::uint64_t hash = token_hash(tokens[id]);
      side.frequency[row] += static_cast<Scalar>(side.candidates.count(hash));
      side.candidates.remove(hash);
    }
  }
  const auto evicted = side.evicted.first(side.evicted_count);
  for (const RowIndex row : evicted)
    side.candidates.add(token_hash(side.vocabulary.tokens()[row]), static_cast<float>(side.frequency[row]));
  side.remove(evicted);
  side.evicted_count = 0;
}

template class Admission<float>;
template class Admission<double>;

}  // namespace gaugeline
