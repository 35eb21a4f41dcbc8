#include "offset_model.hpp"

#include <algorithm>
#include <cmath>

#include <gaugeline/diffusion_prior.hpp>

#include "half_step.hpp"

namespace gaugeline {
namespace {

constexpr Side sides[] = {Side::items, Side::contexts};
constexpr double noise_kept = .9;     // of the weight of earlier slices in sigma
constexpr double noise_floor = 1e-2;  // of the scale
// What is no spread, but rounding, or a slice too small for its offsets:
constexpr double equal_values = 1e-6;      // deviation over the values' size
constexpr double explained_values = 1e-2;  // residual over the deviation

template <class Visit>
void for_each_value(const Observations& observations, std::size_t items, Visit&& visit) {
  for (std::size_t item = 0; item < items; ++item) {
    for (const Observed& observed : observations.of(Side::items, item))
      visit(item, observed.other, static_cast<double>(observed.weight));
  }
}

// sigma after a slice with so many values and such a sum of products of errors.
void blend(double& deviation, double& weight, double count, double sum, double least) noexcept {
  const double kept = noise_kept * weight;
  const double variance = (kept * deviation * deviation + sum) / (kept + count);
  weight = kept + count;
  deviation = std::max(std::sqrt(std::max(variance, 0.)), least);
}

}  // namespace

template <class Scalar>
void OffsetModel<Scalar>::reserve(Arena& arena, const Options& options) noexcept {
  options_ = options;
  fitted_ = fits_offsets(options);
  blocks_ = arena.take<Residuals>((row_room(options.item_capacity) + row_block - 1) / row_block);
}

// ---- before the rows
// ------------------------------------------------------------------------------------------------

template <class Scalar>
void OffsetModel<Scalar>::predict(Model<Scalar>& model, typename Model<Scalar>::Sizes known, double elapsed) noexcept {
  before_ = model.values;
  value_scale_before_ = model.value_scale;
  tied_ = !model.cold && options_.coupling != Coupling::none;
  if (!fitted_) return;
  predict(model.items, known.items, elapsed, model);
  predict(model.contexts, known.contexts, elapsed, model);
  mean_information_ = 0;
  predicted_mean_precision_ =
      tied_ ? predicted_precision(before_.mean_precision, static_cast<double>(model.offset_diffusion()), elapsed) : 0;
}

template <class Scalar>
void OffsetModel<Scalar>::predict(SideRows<Scalar>& side, std::size_t first_new, double elapsed,
                                  const Model<Scalar>& model) noexcept {
  for (auto* columns : {&side.offsets, &side.baseline}) {
    for (std::size_t row = 0; row < side.size(); ++row) {
      columns->reference[row] = columns->offset[row];
      columns->predicted[row] =
          tied_ && row < first_new
              ? predicted_precision(columns->precision[row], model.offset_diffusion(), static_cast<Scalar>(elapsed))
              : model.offset_precision();
      columns->data_precision[row] = 0;
    }
  }
}

template <class Scalar>
void OffsetModel<Scalar>::fit(Model<Scalar>& model, const Observations& observations) noexcept {
  if (model.cold) set_scale(model, observations);
  if (!fitted_) return;
  const std::uint32_t sweeps = tied_ ? options_.sweeps : options_.first_slice_sweeps;
  for (std::uint32_t k = 0; k < sweeps; ++k) sweep(model, observations);
  if (tied_) return;
  for (const Side which : sides) {  // a start for the offsets beside embeddings
    SideRows<Scalar>& side = model.side(which);
    std::ranges::copy(side.baseline.offset.first(side.size()), side.offsets.offset.begin());
  }
}

// The spread around the mean takes the place of the scale for a first fit, whose residuals then are the scale.
template <class Scalar>
void OffsetModel<Scalar>::set_scale(Model<Scalar>& model, const Observations& observations) noexcept {
  ValueState& values = model.values;
  const Spread raw = spread(model, observations, 0);
  if (fitted_) values.mean = raw.mean;
  double scale = std::sqrt(raw.squares);
  if (fitted_) {
    const double deviation = std::sqrt(spread(model, observations, raw.mean).squares);
    if (deviation > equal_values * scale) scale = deviation;
    use_scale(model, scale);
    for (std::uint32_t k = 0; k < options_.first_slice_sweeps; ++k) sweep(model, observations);
    const double residual = std::sqrt(spread(model, observations, values.mean).squares);
    if (residual > explained_values * scale) scale = residual;
  }
  use_scale(model, scale > 0 ? scale : 1);
}

// With sigma given, only what the baseline starts with.
template <class Scalar>
void OffsetModel<Scalar>::use_scale(Model<Scalar>& model, double scale) noexcept {
  if (estimates_noise(options_)) {
    model.value_scale = scale;
    model.values.noise_deviation = scale;  // all of the spread is noise, until the second slice tells
  }
  if (!fitted_) return;
  model.values.baseline_noise_deviation = scale;
  for (const Side which : sides) {
    SideRows<Scalar>& side = model.side(which);
    for (auto* columns : {&side.offsets, &side.baseline})
      std::ranges::fill(columns->predicted.first(side.size()), model.offset_precision());
  }
}

// Of the values less a mean and the baseline's offsets as they are.
template <class Scalar>
auto OffsetModel<Scalar>::spread(const Model<Scalar>& model, const Observations& observations,
                                 double mean) const noexcept -> Spread {
  const auto count = static_cast<double>(observations.size());
  Spread sum;
  for_each_value(observations, model.items.size(), [&](std::size_t item, std::size_t context, double value) {
    const double error =
        value - mean - offsets_of<Scalar>(model.items.baseline.offset, item, model.contexts.baseline.offset, context);
    sum.mean += error / count;
    sum.squares += error * error / count;
  });
  return sum;
}

template <class Scalar>
void OffsetModel<Scalar>::sweep(Model<Scalar>& model, const Observations& observations) noexcept {
  for (const Side which : sides) solve(which, model, observations);
  solve_mean(model, observations);
}

template <class Scalar>
void OffsetModel<Scalar>::solve(Side which, Model<Scalar>& model, const Observations& observations) noexcept {
  OffsetColumns<Scalar>& moving = model.side(which).baseline;
  const OffsetColumns<Scalar>& fixed = model.side(other(which)).baseline;
  const double noise_precision = 1 / (model.values.baseline_noise_deviation * model.values.baseline_noise_deviation);
  for (std::size_t row = 0; row < model.side(which).size(); ++row) {
    const auto observed = observations.of(which, row);
    if (observed.empty()) continue;
    double sum = 0;
    for (const Observed& one : observed)
      sum += static_cast<double>(one.weight) - model.values.mean - static_cast<double>(fixed.offset[one.other]);
    const auto prior = static_cast<double>(moving.predicted[row]);
    const double information = noise_precision * static_cast<double>(observed.size());
    const double pull = tied_ ? prior * static_cast<double>(moving.reference[row]) : 0;
    moving.offset[row] = static_cast<Scalar>((pull + noise_precision * sum) / (prior + information));
    moving.data_precision[row] = static_cast<Scalar>(information);
  }
}

// In steps from where it is, so that a constant that is added to all values goes into mu alone, to rounding.
template <class Scalar>
void OffsetModel<Scalar>::solve_mean(Model<Scalar>& model, const Observations& observations) noexcept {
  ValueState& values = model.values;
  const double noise_precision = 1 / (values.baseline_noise_deviation * values.baseline_noise_deviation);
  double sum = 0;
  for_each_value(observations, model.items.size(), [&](std::size_t item, std::size_t context, double value) {
    sum += value - values.mean -
           offsets_of<Scalar>(model.items.baseline.offset, item, model.contexts.baseline.offset, context);
  });
  mean_information_ = noise_precision * static_cast<double>(observations.size());
  const double pull = predicted_mean_precision_ * (before_.mean - values.mean);
  values.mean += (pull + noise_precision * sum) / (predicted_mean_precision_ + mean_information_);
}

// ---- after the rows
// -------------------------------------------------------------------------------------------------

template <class Scalar>
void OffsetModel<Scalar>::undo(Model<Scalar>& model) const noexcept {
  model.values = before_;
  model.value_scale = value_scale_before_;
  if (!fitted_) return;
  for (const Side which : sides) {
    SideRows<Scalar>& side = model.side(which);
    for (auto* columns : {&side.offsets, &side.baseline})
      std::ranges::copy(columns->reference.first(side.size()), columns->offset.begin());
  }
}

template <class Scalar>
void OffsetModel<Scalar>::estimate_noise(Model<Scalar>& model, const Observations& observations,
                                         Executor& executor) noexcept {
  const std::size_t count = (model.items.size() + row_block - 1) / row_block;
  executor.run(count, [&](std::size_t, std::size_t index) { blocks_[index] = block(model, observations, index); });
  Residuals sum;
  for (const Residuals& part : blocks_.first(count)) {
    sum.count += part.count;
    sum.model += part.model;
    sum.baseline += part.baseline;
  }
  if (sum.count == 0) return;
  ValueState& values = model.values;
  const double least = noise_floor * model.value_scale;
  if (estimates_noise(options_)) blend(values.noise_deviation, values.noise_weight, sum.count, sum.model, least);
  if (fitted_) blend(values.baseline_noise_deviation, values.baseline_noise_weight, sum.count, sum.baseline, least);
}

template <class Scalar>
auto OffsetModel<Scalar>::block(const Model<Scalar>& model, const Observations& observations,
                                std::size_t index) const noexcept -> Residuals {
  const SideRows<Scalar>& items = model.items;
  const SideRows<Scalar>& contexts = model.contexts;
  Residuals sum;
  for (std::size_t i = index * row_block; i < std::min((index + 1) * row_block, items.size()); ++i) {
    if (!items.known(i)) continue;
    for (const auto& [j, weight] : observations.of(Side::items, i)) {
      if (!contexts.known(j)) continue;
      const auto value = static_cast<double>(weight);
      const auto x = static_cast<double>(items.row(i).dot(contexts.row(j)));
      const auto x_before = static_cast<double>(items.reference_row(i).dot(contexts.reference_row(j)));
      const double after =
          value - model.values.mean - offsets_of<Scalar>(items.offsets.offset, i, contexts.offsets.offset, j);
      const double before =
          value - before_.mean - offsets_of<Scalar>(items.offsets.reference, i, contexts.offsets.reference, j);
      sum.count += 1;
      sum.model += (before - x_before) * (after - x);
      if (!fitted_) continue;
      const double baseline_after =
          value - model.values.mean - offsets_of<Scalar>(items.baseline.offset, i, contexts.baseline.offset, j);
      const double baseline_before =
          value - before_.mean - offsets_of<Scalar>(items.baseline.reference, i, contexts.baseline.reference, j);
      sum.baseline += baseline_before * baseline_after;
    }
  }
  return sum;
}

template <class Scalar>
void OffsetModel<Scalar>::update(Model<Scalar>& model) noexcept {
  if (!fitted_) return;
  model.values.mean_precision = predicted_mean_precision_ + mean_information_;
  for (const Side which : sides) {
    SideRows<Scalar>& side = model.side(which);
    for (auto* columns : {&side.offsets, &side.baseline}) {
      for (std::size_t row = 0; row < side.size(); ++row)
        columns->precision[row] = columns->predicted[row] + columns->data_precision[row];
    }
  }
}

template class OffsetModel<float>;
template class OffsetModel<double>;

}  // namespace gaugeline
