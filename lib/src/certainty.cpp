#include "certainty.hpp"

#include <algorithm>
#include <cmath>

#include <gaugeline/diffusion_prior.hpp>

namespace gaugeline {
namespace {

template <class Scalar>
bool alone(const Model<Scalar>& model) noexcept {
  return model.options.coupling == Coupling::none;
}

// E of a known row as it goes into a slice.
template <class Scalar>
Scalar faded_energy(Scalar energy, Scalar precision, Scalar predicted) noexcept {
  const Scalar kept = predicted / precision;
  const auto first = static_cast<Scalar>(initial_gradient_energy);
  return kept < 1 ? first + kept * kept * (energy - first) : energy;
}

}  // namespace

template <class Scalar>
void revert_to_mean(const Model<Scalar>& model, SideRows<Scalar>& side, std::size_t first_new,
                    double elapsed) noexcept {
  if (!model.reverts()) return;
  side.table_before() = side.table();
  side.table().topRows(static_cast<Eigen::Index>(first_new)) *= model.share_left(elapsed);
}

template <class Scalar>
void predict(const Model<Scalar>& model, SideRows<Scalar>& side, std::size_t first_new, double elapsed) noexcept {
  side.reference_table() = side.table();
  std::ranges::copy(side.gradient_energy.first(side.size()), side.energy_before.begin());
  const bool from_prior = model.cold || alone(model);
  const auto time = static_cast<Scalar>(elapsed);
  for (std::size_t row = 0; row < side.size(); ++row) {
    const Scalar precision = side.precision[row];
    const bool known = !from_prior && row < first_new;
    if (!known) {
      side.predicted[row] = model.prior_precision();
    } else if (model.reverts()) {
      side.predicted[row] = predicted_precision(precision, model.mean_reversion(), time);
    } else {
      side.predicted[row] = predicted_precision(precision, model.followed_diffusion(side.diffusion[row]), time);
    }
    if (known) side.gradient_energy[row] = faded_energy(side.gradient_energy[row], precision, side.predicted[row]);
  }
  std::ranges::fill(side.data_precision.first(side.size()), Scalar(0));
}

template <class Scalar>
void take_precision_of_passes(const Model<Scalar>& model, SideRows<Scalar>& side, std::size_t first_new) noexcept {
  for (std::size_t row = 0; row < side.size(); ++row) {
    auto before = static_cast<Scalar>(initial_gradient_energy);
    if (!model.cold && !alone(model) && row < first_new)
      before = faded_energy(side.energy_before[row], side.precision[row], side.predicted[row]);
    side.data_precision[row] = std::max(Scalar(0), side.gradient_energy[row] - before);
  }
}

template <class Scalar>
void update(Model<Scalar>& model, Side which, std::size_t first_new, const SliceView& slice, double elapsed) noexcept {
  SideRows<Scalar>& side = model.side(which);
  const DiffusionRule<Scalar> rule{static_cast<Scalar>(model.options.diffusion_rate),
                                   model.scaled(model.options.diffusion_min),
                                   model.scaled(model.options.diffusion_max)};
  const bool adapt = model.options.diffusion_rate > 0 && !model.cold && !alone(model) && !model.reverts();
  const Scalar left = model.share_left(elapsed);
  if (model.cold) std::ranges::fill(side.diffusion.first(side.size()), model.starting_diffusion());
  for (std::size_t row = 0; row < side.size(); ++row) {
    const Scalar predicted = side.predicted[row];
    const Scalar information = side.data_precision[row];
    const Scalar posterior = predicted + information;
    if (!model.cold) side.diffusion[row] = model.followed_diffusion(side.diffusion[row]);
    if (adapt && row < first_new) {
      const RowStep<Scalar> step{.posterior_before = side.precision[row],
                                 .predicted = predicted,
                                 .posterior = posterior,
                                 .squared_movement = (side.row(row) - side.reference_row(row)).squaredNorm(),
                                 .dimension = static_cast<Scalar>(model.options.dimension),
                                 .elapsed = static_cast<Scalar>(elapsed)};
      side.diffusion[row] = adapted_diffusion(side.diffusion[row], step, rule);
    }
    if (left < 1 && side.known(row)) {
      side.null_variance[row] *= left * left;
      side.log_retention[row] += std::log(left);
    }
    if (information > 0) {  // the variance under no movement, see drift.hpp
      const Scalar kept = predicted / posterior;
      const bool known = side.known(row);
      const Scalar before = known ? side.null_variance[row] : 1 / predicted;
      side.null_variance[row] = kept * kept * before + (1 - kept) * (1 - kept) / information;
      if (known) side.log_retention[row] += std::log(kept);
    }
    side.precision[row] = posterior;
    side.count[row] = static_cast<Scalar>(model.options.count_decay) * side.count[row] + side.slice_count[row];
    side.uses[row] = 0;
  }
  for (std::size_t id = 0; id < slice.tokens(which).size(); ++id) {
    if (const RowIndex row = side.row_of_token[id]; row != no_row)
      side.uses[row] += static_cast<Scalar>(side.uses_of_token[id]);
  }
}

template void revert_to_mean(const Model<float>&, SideRows<float>&, std::size_t, double) noexcept;
template void revert_to_mean(const Model<double>&, SideRows<double>&, std::size_t, double) noexcept;
template void predict(const Model<float>&, SideRows<float>&, std::size_t, double) noexcept;
template void predict(const Model<double>&, SideRows<double>&, std::size_t, double) noexcept;
template void take_precision_of_passes(const Model<float>&, SideRows<float>&, std::size_t) noexcept;
template void take_precision_of_passes(const Model<double>&, SideRows<double>&, std::size_t) noexcept;
template void update(Model<float>&, Side, std::size_t, const SliceView&, double) noexcept;
template void update(Model<double>&, Side, std::size_t, const SliceView&, double) noexcept;

}  // namespace gaugeline
