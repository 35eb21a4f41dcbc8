#include "smoother_ties.hpp"

#include <algorithm>
#include <cmath>

#include <gaugeline/diffusion_prior.hpp>

#include "model.hpp"

namespace gaugeline {
namespace {

// Of a link, over the prior's precision: a row is as good as fixed there, and beyond it float's digits end.
constexpr double stiffest = 1e7;

// The rows that stay keep their order, so that one walk over both lists finds them.
template <class Scalar>
void match(SmootherSide<Scalar>& side, const SmootherSide<Scalar>& before) noexcept {
  const TokenList tokens = side.rows.vocabulary.tokens();
  const TokenList known = before.rows.vocabulary.tokens();
  for (std::size_t row = 0, from = 0; row < tokens.size(); ++row) {
    for (std::size_t k = from; k < known.size(); ++k) {
      if (before.rows.born[k] != side.rows.born[row] || known[k] != tokens[row]) continue;
      side.previous[row] = static_cast<RowIndex>(k);
      from = k + 1;
      break;
    }
  }
}

template <class Scalar>
ColumnVector<Scalar> mean_of_known(const SideRows<Scalar>& rows) {
  ColumnVector<Scalar> mean = ColumnVector<Scalar>::Zero(static_cast<Eigen::Index>(rows.dimension));
  std::size_t known = 0;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    if (!rows.known(row)) continue;
    mean += rows.row(row);
    ++known;
  }
  if (known > 0) mean /= static_cast<Scalar>(known);
  return mean;
}

}  // namespace

template <class Scalar>
SmootherTies<Scalar>::SmootherTies(const Options& options, bool lagged, double value_scale) noexcept
    : dimension_(options.dimension),
      reversion_(static_cast<double>(options.mean_reversion)),
      prior_(static_cast<double>(options.prior_precision) / embedding_scale(options, value_scale)),
      common_(follows_score(options) ? static_cast<double>(options.diffusion) * embedding_scale(options, value_scale)
                                     : 0),
      lagged_(lagged) {}

template <class Scalar>
void SmootherTies<Scalar>::tie(std::deque<SmootherSlice<Scalar>>& slices, Side which) const noexcept {
  SmootherSlice<Scalar>& slice = slices.back();
  SmootherSide<Scalar>& side = slice.side(which);
  begin_chains(side);
  const bool first = slices.size() == 1;
  double elapsed = 0;
  if (!first) {
    const SmootherSlice<Scalar>& before = slices[slices.size() - 2];
    elapsed = slice.time_units - before.time_units;
    slice.retained = static_cast<Scalar>(std::exp(-reversion_ * elapsed));
    match(side, before.side(which));
  }
  for (std::size_t row = 0; row < side.previous.size(); ++row) {
    if (side.previous[row] != no_row) side.link[row] = link(diffusion_of(side, row), elapsed, slice.retained);
    side.start[row] = static_cast<Scalar>(prior_);
  }
  if (lagged_ && !first) predict(side, filtered_[static_cast<std::size_t>(which)], slice.retained, elapsed);
}

template <class Scalar>
double SmootherTies<Scalar>::diffusion_of(const SmootherSide<Scalar>& side, std::size_t row) const noexcept {
  return common_ > 0 ? common_ : static_cast<double>(side.rows.diffusion[row]);
}

template <class Scalar>
Scalar SmootherTies<Scalar>::link(double diffusion, double elapsed, Scalar retained) const noexcept {
  const auto a = static_cast<double>(retained);
  const double precision = reversion_ > 0 ? prior_ / (1 - a * a) : 1 / (diffusion * elapsed);
  return static_cast<Scalar>(std::min(precision, stiffest * prior_));
}

template <class Scalar>
void SmootherTies<Scalar>::predict(SmootherSide<Scalar>& side, const Filtered& last, Scalar retained,
                                   double elapsed) const noexcept {
  const auto time = static_cast<Scalar>(elapsed);
  const MeanReversion<Scalar> reversion{static_cast<Scalar>(reversion_), static_cast<Scalar>(prior_)};
  for (std::size_t row = 0; row < side.previous.size(); ++row) {
    auto reference = side.rows.reference_row(row);
    if (side.previous[row] == no_row) {
      reference = last.mean;
      side.start[row] = static_cast<Scalar>(prior_);
      continue;
    }
    const std::size_t from = side.previous[row];
    const Scalar precision = last.precision[from];
    reference = retained * as_vector(std::span<const Scalar>(last.embeddings).subspan(from * dimension_, dimension_));
    side.start[row] = reversion_ > 0 ? predicted_precision(precision, reversion, time)
                                     : predicted_precision(precision, side.rows.diffusion[row], time);
  }
}

template <class Scalar>
void SmootherTies<Scalar>::keep(const SmootherSlice<Scalar>& slice) {
  if (!lagged_) return;
  for (const Side which : both_sides) {
    const SideRows<Scalar>& from = slice.side(which).rows;
    Filtered& to = filtered_[static_cast<std::size_t>(which)];
    const auto embeddings = from.embeddings.first(from.size() * dimension_);
    const auto precision = from.precision.first(from.size());
    to.embeddings.assign(embeddings.begin(), embeddings.end());
    to.precision.assign(precision.begin(), precision.end());
    to.mean = mean_of_known(from);
  }
}

template <class Scalar>
void begin_chains(SmootherSide<Scalar>& side) noexcept {
  std::ranges::fill(side.previous, no_row);
  std::ranges::fill(side.link, Scalar(0));
}

template <class Scalar>
void expect_new_rows(SmootherSide<Scalar>& side, const SideRows<Scalar>& before) noexcept {
  if (std::ranges::find(side.previous, no_row) == side.previous.end()) return;
  const ColumnVector<Scalar> mean = mean_of_known(before);
  for (std::size_t row = 0; row < side.previous.size(); ++row) {
    if (side.previous[row] == no_row) side.rows.reference_row(row) = mean;
  }
}

template <class Scalar>
void update_precision(std::deque<SmootherSlice<Scalar>>& slices, Side which, const Chains& chains,
                      std::span<Scalar> forward) noexcept {
  for (std::size_t k = 0; k < chains.size(); ++k) {
    const Chain chain = chains[k];
    const auto side = [&](std::size_t n) -> SmootherSide<Scalar>& { return slices[chain.first + n].side(which); };
    const auto retained = [&](std::size_t n) { return slices[chain.first + n].retained; };
    const std::size_t length = chain.rows.size();
    for (std::size_t n = 0; n < length; ++n) {
      const RowIndex row = chain.rows[n];
      const Scalar before =
          n == 0 ? side(n).start[row] : 1 / (retained(n) * retained(n) / forward[n - 1] + 1 / side(n).link[row]);
      forward[n] = before + side(n).rows.data_precision[row];
    }
    Scalar after = 0;
    for (std::size_t n = length; n-- > 0;) {
      const RowIndex row = chain.rows[n];
      side(n).smoothed[row] = forward[n] + after;
      if (n == 0) break;
      after += side(n).rows.data_precision[row];
      if (after > 0) after = retained(n) * retained(n) / (1 / after + 1 / side(n).link[row]);
    }
  }
}

template class SmootherTies<float>;
template class SmootherTies<double>;
template void begin_chains(SmootherSide<float>&) noexcept;
template void begin_chains(SmootherSide<double>&) noexcept;
template void expect_new_rows(SmootherSide<float>&, const SideRows<float>&) noexcept;
template void expect_new_rows(SmootherSide<double>&, const SideRows<double>&) noexcept;
template void update_precision(std::deque<SmootherSlice<float>>&, Side, const Chains&, std::span<float>) noexcept;
template void update_precision(std::deque<SmootherSlice<double>>&, Side, const Chains&, std::span<double>) noexcept;

}  // namespace gaugeline
