#include "smoother_slice.hpp"

#include <algorithm>
#include <cmath>

#include "negatives.hpp"

namespace gaugeline {
namespace {

// Room for exactly the rows of a state.
template <class Scalar>
Options room_for(const Options& options, const LearnerState<Scalar>& state) noexcept {
  Options room = options;
  const auto rows = [&](Side which) { return std::max<std::size_t>(state[which].size(), 1); };
  room.item_capacity = static_cast<std::uint32_t>(rows(Side::items));
  room.context_capacity = static_cast<std::uint32_t>(rows(Side::contexts));
  std::size_t bytes = 0;
  for (const Side which : both_sides) bytes = std::max(bytes, state[which].tokens.bytes().size() / rows(which) + 1);
  room.token_bytes_per_row = static_cast<std::uint32_t>(bytes);
  room.slice_token_capacity = 0;
  room.anchor_memory = 0;
  room.mean_reversion = 0;
  return room;
}

template <class Scalar>
void lay_out(Arena& arena, SmootherSlice<Scalar>& slice, const Options& room, const LearnerState<Scalar>& state,
             std::size_t observations) noexcept {
  for (const Side which : both_sides) {
    SmootherSide<Scalar>& side = slice.side(which);
    const std::size_t rows = state[which].size();
    side.rows.reserve(arena, room, std::max<std::size_t>(rows, 1));
    side.previous = arena.take<RowIndex>(rows);
    for (auto* column : {&side.link, &side.start, &side.smoothed}) *column = arena.take<Scalar>(rows);
    side.starts = arena.take<std::uint32_t>(rows + 1);
    side.observations = arena.take<Observed>(observations);
  }
}

template <class Scalar>
Expected<> fill_rows(SmootherSide<Scalar>& to, const SideState<Scalar>& from) noexcept {
  SideRows<Scalar>& rows = to.rows;
  const std::size_t n = from.size();
  for (std::size_t row = 0; row < n; ++row) {
    if (rows.vocabulary.admit(from.tokens[row]) != row)
      return fail(ErrorCode::invalid_argument, "the state names token '", from.tokens[row], "' twice");
  }
  rows.table() = from.embeddings;
  std::ranges::copy(from.precision, rows.precision.begin());
  std::ranges::copy(from.precision, to.smoothed.begin());
  std::ranges::copy(from.diffusion, rows.diffusion.begin());
  std::ranges::copy(from.count, rows.count.begin());
  std::ranges::copy(from.null_variance, rows.null_variance.begin());
  std::ranges::copy(from.born, rows.born.begin());
  std::ranges::copy(from.offset, rows.offsets.offset.begin());
  for (const auto& column : {rows.predicted, rows.slice_count, rows.negative_weight, rows.negative_share,
                             rows.squared_norm, rows.data_precision})
    std::ranges::fill(column, Scalar(0));
  rows.reference_table().setZero();
  return {};
}

template <class Scalar>
void count(SmootherSlice<Scalar>& slice, const Options& options) noexcept {
  SideRows<Scalar>& items = slice.side(Side::items).rows;
  SideRows<Scalar>& contexts = slice.side(Side::contexts).rows;
  const bool weighted = options.likelihood == Likelihood::skipgram;
  double total = 0;
  for (const Side which : both_sides) {
    SmootherSide<Scalar>& side = slice.side(which);
    total = 0;
    for (std::size_t row = 0; row < side.rows.size(); ++row) {
      double sum = 0;
      for (const Observed& observed : side.observed().of(row))
        sum += weighted ? static_cast<double>(observed.weight) : 1;
      side.rows.slice_count[row] = static_cast<Scalar>(sum);
      total += sum;
    }
  }
  if (weighted && total > 0) {
    const auto shares = contexts.negative_share.first(contexts.size());
    std::ranges::copy(contexts.count.first(contexts.size()), shares.begin());
    share_negatives(shares);
    weigh_negatives(items, contexts, options.negatives, total);
  }
  for (const Side which : both_sides) choose_active(slice.side(which).rows, options.likelihood, /*passed=*/false);
}

}  // namespace

template <class Scalar>
Expected<SmootherSlice<Scalar>> make_slice(const Options& options, const LearnerState<Scalar>& state,
                                           const SliceView& view, Observations& workbench) {
  SmootherSlice<Scalar> slice;
  slice.values = state.values;
  const Options room = room_for(options, state);

  // The tokens' rows, by a vocabulary that only serves to find them: the slice's own lies in memory that is not yet
  // made.
  Arena measure;
  Vocabulary vocabularies[2];
  std::span<RowIndex> rows_of_tokens[2];
  const auto lay_out_lookup = [&](Arena& arena) {
    for (const Side which : both_sides) {
      const auto side = static_cast<std::size_t>(which);
      const std::size_t rows = std::max<std::size_t>(state[which].size(), 1);
      vocabularies[side].reserve(arena, rows, rows * room.token_bytes_per_row, 0);
      rows_of_tokens[side] = arena.take<RowIndex>(view.tokens(which).size());
    }
  };
  lay_out_lookup(measure);
  const OwnedBytes lookup(measure.used());
  if (lookup.data() == nullptr) return fail(ErrorCode::out_of_memory, "no ", measure.used(), " bytes to find tokens");
  Arena lookup_arena(lookup.data());
  lay_out_lookup(lookup_arena);
  for (const Side which : both_sides) {
    const auto side = static_cast<std::size_t>(which);
    for (std::size_t row = 0; row < state[which].size(); ++row)
      (void)vocabularies[side].admit(state[which].tokens[row]);
    for (std::size_t id = 0; id < view.tokens(which).size(); ++id)
      rows_of_tokens[side][id] = vocabularies[side].find(view.tokens(which)[id]);
  }
  if (auto ok =
          workbench.build(view, {rows_of_tokens[0], rows_of_tokens[1]}, state.items.size(), state.contexts.size());
      !ok)
    return std::unexpected(ok.error());

  Arena sizes;
  lay_out(sizes, slice, room, state, workbench.size());
  slice.memory = OwnedBytes(sizes.used());
  if (slice.memory.data() == nullptr)
    return fail(ErrorCode::out_of_memory, "no ", sizes.used(), " bytes for a slice of the smoother");
  Arena arena(slice.memory.data());
  lay_out(arena, slice, room, state, workbench.size());
  for (const Side which : both_sides) {
    SmootherSide<Scalar>& side = slice.side(which);
    const ObservedRows built = workbench.rows(which);
    std::ranges::copy(built.starts, side.starts.begin());
    std::ranges::copy(built.all.first(workbench.size()), side.observations.begin());
    if (auto ok = fill_rows(side, state[which]); !ok) return std::unexpected(ok.error());
  }
  count(slice, options);
  return slice;
}

template Expected<SmootherSlice<float>> make_slice(const Options&, const LearnerState<float>&, const SliceView&,
                                                   Observations&);
template Expected<SmootherSlice<double>> make_slice(const Options&, const LearnerState<double>&, const SliceView&,
                                                    Observations&);

}  // namespace gaugeline
