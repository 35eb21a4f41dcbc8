#include "filter.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <gaugeline/diffusion_prior.hpp>
#include <gaugeline/gauge.hpp>
#include <gaugeline/random.hpp>

#include "certainty.hpp"

namespace gaugeline {
namespace {

template <class Scalar>
bool is_finite(const SideRows<Scalar>& side) noexcept {
  for (std::size_t row = 0; row < side.size(); ++row) {
    if (!std::isfinite(side.row(row).squaredNorm())) return false;
  }
  for (const auto& column : {side.data_precision, side.gradient_energy, side.offsets.offset, side.baseline.offset}) {
    if (!column.empty() && !as_vector(column.first(side.size())).allFinite()) return false;
  }
  return true;
}

}  // namespace

template <class Scalar>
void Filter<Scalar>::reserve(Arena& arena) noexcept {
  const std::size_t d = options().dimension;
  model_.reserve(arena);
  observations_.reserve(arena, options());
  admission_.reserve(arena, options());
  sums_.reserve(arena, options());
  prequential_.reserve(arena, options());
  if (options().likelihood == Likelihood::skipgram) {
    negatives_.reserve(arena, options());
    pass_.reserve(arena, options());
    skipgram_.reserve(arena, options());
  } else {
    gaussian_.reserve(arena, options());
    offset_model_.reserve(arena, options());
  }
  if (keeps_anchors(options())) anchor_.reserve(arena, options());
  overlap_ = arena.take<double>(d * d);
  gauge_work_ = arena.take<double>(gauge_work_doubles(d));
}

// ---- one slice

template <class Scalar>
Expected<SliceReport> Filter<Scalar>::learn(const SliceView& slice, Executor& executor) noexcept {
  if (auto ok = check(slice, executor); !ok) return std::unexpected(ok.error());
  SliceReport report{.slice = model_.slices, .interval = slice.interval};
  if (model_.slices > 0)
    report.elapsed_units =
        (middle_microseconds(slice.interval) - middle_microseconds(model_.interval)) * 1e-6 / model_.time_unit_seconds;
  const auto known = model_.sizes();
  if (auto ok = find_rows(slice, report); !ok) {
    model_.forget_rows_from(known);
    return std::unexpected(ok.error());
  }
  model_.start_rows(known);
  count(report);
  const bool has_data = report.observations > 0;
  for_both_sides(
      executor, [&](Side which) { revert_to_mean(model_, model_.side(which), known.of(which), report.elapsed_units); });
  model_.diffusion_factor = 1;
  if (!model_.cold && has_data) score(report, executor);

  if (gaussian()) offset_model_.predict(model_, known, report.elapsed_units);
  if (gaussian() && has_data) offset_model_.fit(model_, observations_);
  for_both_sides(executor,
                 [&](Side which) { predict(model_, model_.side(which), known.of(which), report.elapsed_units); });
  model_.rotation().setIdentity();
  if (has_data) {
    share_negatives(true);
    weigh_negatives(model_.items, model_.contexts, options().negatives, report.observations);
    for_both_sides(executor,
                   [&](Side which) { choose_active(model_.side(which), options().likelihood, passes_over(slice)); });
    solve(slice, executor);
    if (passes_over(slice) && options().pass_sweeps == 0) {
      for_both_sides(executor,
                     [&](Side which) { take_precision_of_passes(model_, model_.side(which), known.of(which)); });
    }
    if (!all_finite(executor) || !std::isnormal(model_.offset_precision())) {
      for (const Side which : both_sides) {
        SideRows<Scalar>& side = model_.side(which);
        side.table() = side.table_before();
        std::ranges::copy(side.energy_before.first(side.size()), side.gradient_energy.begin());
      }
      if (gaussian()) offset_model_.undo(model_);
      model_.forget_rows_from(known);
      return fail(ErrorCode::bad_data, "the slice's figures drive the embeddings beyond the range of numbers");
    }
    if (model_.cold && gaussian()) model_.keep_from_vanishing();
    if (!model_.cold) fix_gauge(executor);
    if (gaussian()) offset_model_.estimate_noise(model_, observations_, executor);
  }
  if (keeps_anchors(options())) {
    anchor_.follow(model_, report.elapsed_units, executor);
    if (has_data) report.holonomy_angle = anchor_.hold(model_, sums_, executor);
  }
  const Eigen::Index d = model_.dimension();
  report.rotation_angle =
      rotation_angle(Eigen::Map<const Eigen::MatrixXd>(model_.rotation().data(), d, d), gauge_work_);
  report.gauge_residual = model_.cold ? 0 : gauge_residual(executor);

  if (gaussian()) offset_model_.update(model_);
  for_both_sides(executor, [&](Side which) { update(model_, which, known.of(which), slice, report.elapsed_units); });
  admission_.settle(model_.items, known.items, slice.tokens(Side::items));
  admission_.settle(model_.contexts, known.contexts, slice.tokens(Side::contexts));
  report.item_rows = static_cast<std::uint32_t>(model_.items.size());
  report.context_rows = static_cast<std::uint32_t>(model_.contexts.size());
  model_.end_slice(slice.interval, has_data);
  return report;
}

template <class Scalar>
Expected<> Filter<Scalar>::check(const SliceView& slice, const Executor& executor) const noexcept {
  if (executor.worker_count() > options().worker_capacity)
    return fail(ErrorCode::invalid_argument, "the executor has ", executor.worker_count(),
                " workers, but worker_capacity is ", options().worker_capacity);
  if (auto ok = validate(slice); !ok) return ok;
  if (model_.slices > 0 && slice.interval.begin < model_.interval.end)
    return fail(ErrorCode::out_of_order, "the slice begins at ", slice.interval.begin.time_since_epoch().count(),
                " microseconds since 1970, before the end of the last one learnt, ",
                model_.interval.end.time_since_epoch().count());
  const bool has_counts = !slice.pairs.empty() || !slice.sequence_ids.empty();
  if (options().likelihood == Likelihood::skipgram && !slice.values.empty())
    return fail(ErrorCode::bad_data, "the slice holds values, but the learner's likelihood is skip-gram");
  if (options().likelihood == Likelihood::gaussian && has_counts)
    return fail(ErrorCode::bad_data, "the slice holds sequences or pairs, but the learner's likelihood is Gaussian");
  for (const Side which : both_sides) {
    if (slice.tokens(which).size() > options().slice_token_capacity)
      return fail(ErrorCode::capacity_exceeded, "the slice names ", slice.tokens(which).size(),
                  " tokens, but slice_token_capacity is ", options().slice_token_capacity);
  }
  return {};
}

// Maps tokens to rows, with admission, and indexes the observations by row.
template <class Scalar>
Expected<> Filter<Scalar>::find_rows(const SliceView& slice, SliceReport& report) noexcept {
  const auto before = model_.sizes();
  for (const Side which : both_sides) {
    SideRows<Scalar>& side = model_.side(which);
    const TokenList& tokens = slice.tokens(which);
    const auto uses = side.uses_of_token.first(tokens.size());
    count_uses(slice, which, uses);
    const std::uint32_t without = admission_.run(side, tokens);
    if (which == Side::items || !slice.contexts_are_items) report.unadmitted_tokens += without;
  }
  const auto now = model_.sizes();
  report.new_item_rows = static_cast<std::uint32_t>(now.items - before.items);
  report.new_context_rows = static_cast<std::uint32_t>(now.contexts - before.contexts);
  return observations_.build(slice,
                             {model_.items.row_of_token.first(slice.tokens(Side::items).size()),
                              model_.contexts.row_of_token.first(slice.tokens(Side::contexts).size())},
                             now.items, now.contexts);
}

// Weight of the slice's observations per row.
template <class Scalar>
void Filter<Scalar>::count(SliceReport& report) noexcept {
  const bool weighted = options().likelihood == Likelihood::skipgram;
  for (const Side which : both_sides) {
    SideRows<Scalar>& side = model_.side(which);
    double total = 0;
    for (std::size_t row = 0; row < side.size(); ++row) {
      double sum = 0;
      for (const Observed& observed : observations_.of(which, row))
        sum += weighted ? static_cast<double>(observed.weight) : 1.0;
      side.slice_count[row] = static_cast<Scalar>(sum);
      total += sum;
    }
    report.observations = total;  // the same from both sides but for the order of summation
  }
  report.distinct = observations_.size();
  report.unadmitted_observations = observations_.left_out();
}

template <class Scalar>
void Filter<Scalar>::score(SliceReport& report, Executor& executor) noexcept {
  if (options().likelihood == Likelihood::skipgram) {
    share_negatives(false);
    // Every count may have faded away (count_decay 0 after an empty slice): then there are no negatives to score with.
    const auto shares = model_.contexts.negative_share.first(model_.contexts.size());
    if (std::ranges::none_of(shares, [](Scalar q) { return q > 0; })) return;
  }
  const PrequentialScore sum =
      prequential_.run(model_.items, model_.contexts, observations_, negatives_, model_.values, executor);
  report.scored = sum.weight;
  report.score = sum.weight > 0 ? sum.total / sum.weight : 0;
  report.baseline_score = sum.weight > 0 ? sum.baseline / sum.weight : 0;
  if (follows_score(options()) && sum.weight > 0) follow_score(executor);
}

template <class Scalar>
void Filter<Scalar>::follow_score(Executor& executor) noexcept {
  const PrequentialScore here = prequential_.sampled(model_.items);
  if (!(here.weight > 0)) return;
  const double distinct = static_cast<double>(observations_.size()) / here.weight;
  const auto score = [&](double share) {
    const PrequentialScore there = prequential_.sampled_along_way(share, model_.items, model_.contexts, observations_,
                                                                  negatives_, model_.values, executor);
    return distinct * there.total;
  };
  constexpr double step = ScoresAlongWay::step;
  const double way = best_way({.nearer = score(1 - step), .here = distinct * here.total, .farther = score(1 + step)});
  model_.diffusion_factor = factor_of_way(way, static_cast<double>(options().diffusion_score_rate));
}

// q_j, proportional to (faded count)^.75 (Mikolov et al. 2013), as it stood before the slice or stands with it.
template <class Scalar>
void Filter<Scalar>::share_negatives(bool after_slice) noexcept {
  SideRows<Scalar>& contexts = model_.contexts;
  const auto decay = static_cast<Scalar>(options().count_decay);
  for (std::size_t row = 0; row < contexts.size(); ++row)
    contexts.negative_share[row] =
        after_slice ? decay * contexts.count[row] + contexts.slice_count[row] : contexts.count[row];
  gaugeline::share_negatives(contexts.negative_share.first(contexts.size()));
}

// A slice on its own has its own random start and AdaGrad scale; rows without data go where their prior has them: to 0.
template <class Scalar>
void Filter<Scalar>::start_alone() noexcept {
  Random random(options().seed + model_.slices);
  for (const Side which : both_sides) {
    SideRows<Scalar>& side = model_.side(which);
    model_.draw_embeddings(side, 0, random);
    std::ranges::fill(side.gradient_energy.first(side.size()), static_cast<Scalar>(initial_gradient_energy));
    for (std::size_t row = 0; row < side.size(); ++row) {
      if (!(side.slice_count[row] > 0)) side.row(row).setZero();
    }
  }
}

template <class Scalar>
bool Filter<Scalar>::suits_passes(const SliceView& slice) const noexcept {
  return options().likelihood == Likelihood::skipgram && options().passes > 0 && !slice.sequence_ids.empty();
}

template <class Scalar>
bool Filter<Scalar>::passes_over(const SliceView& slice) const noexcept {
  const bool early = options().pass_slices == 0 || model_.slices < options().pass_slices;
  return suits_passes(slice) && (early || model_.cold || alone());
}

template <class Scalar>
void Filter<Scalar>::solve(const SliceView& slice, Executor& executor) noexcept {
  if (alone())
    start_alone();
  else if (model_.cold)
    model_.scale_start();
  const bool tied = !model_.cold && !alone();
  std::uint64_t key = Random(options().seed ^ (model_.slices + 1) * 0x9E3779B97F4A7C15ULL).bits();
  for (std::uint32_t pass = 0; passes_over(slice) && pass < options().passes; ++pass)
    pass_.run(slice, model_.items, model_.contexts, ++key, tied, executor);
  const std::uint32_t sweeps = suits_passes(slice) ? options().pass_sweeps
                               : tied              ? options().sweeps
                                                   : options().first_slice_sweeps;
  for (std::uint32_t sweep = 0; sweep < sweeps; ++sweep) {
    for (const Side which : both_sides) {
      const HalfStep<Scalar> step{which, model_.side(which), model_.side(other(which)), observations_.rows(which), tied,
                                  ++key};
      if (options().likelihood == Likelihood::skipgram)
        skipgram_.run(step, sums_, negatives_, executor);
      else
        gaussian_.run(step, model_.values, executor);
    }
  }
}

template <class Scalar>
bool Filter<Scalar>::all_finite(Executor& executor) const noexcept {
  std::array<bool, 2> finite{};
  for_both_sides(executor,
                 [&](Side which) { finite[static_cast<std::size_t>(which)] = is_finite(model_.side(which)); });
  return finite[0] && finite[1];
}

// ---- the gauge

template <class Scalar>
void Filter<Scalar>::fix_gauge(Executor& executor) noexcept {
  if (options().gauge == GaugeFixing::none) return;
  const Eigen::Index d = model_.dimension();
  MatrixView<double> overlap(overlap_.data(), d, d);
  overlap.setZero();
  for (const Side which : both_sides) {
    const SideRows<Scalar>& side = model_.side(which);
    const auto rows = static_cast<Eigen::Index>(side.size());
    sums_.add(overlap, ConstMatrixView<Scalar>(side.embeddings.data(), rows, d), side.predicted.first(side.size()),
              ConstMatrixView<Scalar>(side.reference.data(), rows, d), executor);
  }
  // Read column by column both matrices are transposed; the rotation of M^T is R^T, so that R comes out row by row.
  using Columns = Eigen::Map<Eigen::MatrixXd>;
  gauge_rotation(Columns(overlap_.data(), d, d), Columns(model_.rotation().data(), d, d), gauge_work_);
  model_.turn(executor);
}

template <class Scalar>
double Filter<Scalar>::gauge_residual(Executor& executor) const noexcept {
  std::array<double, 2> moved{};
  std::array<double, 2> all{};
  for_both_sides(executor, [&](Side which) {
    const auto sum = static_cast<std::size_t>(which);
    const SideRows<Scalar>& side = model_.side(which);
    for (std::size_t row = 0; row < side.size(); ++row) {
      const auto weight = static_cast<double>(side.predicted[row]);
      moved[sum] += weight * static_cast<double>((side.row(row) - side.reference_row(row)).squaredNorm());
      all[sum] += weight * static_cast<double>(side.reference_row(row).squaredNorm());
    }
  });
  return all[0] + all[1] > 0 ? std::sqrt((moved[0] + moved[1]) / (all[0] + all[1])) : 0;
}

template class Filter<float>;
template class Filter<double>;

}  // namespace gaugeline
