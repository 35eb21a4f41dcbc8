// What the Gaussian model believes besides its embeddings: the mean, the offsets, sigma, and the unit of the values;
// and the model of offsets by itself, y_ij ~ N(mu + a_i + b_j, sigma^2), the baseline that embeddings must beat.
//
// Filtered like the rows (docs/algorithm.md, section 7): pm = 1/(1/p + D dt), and given the other side
//   (pm_i + n_i/sigma^2) a_i = pm_i ref_i + sum_j (y_ij - mu - b_j)/sigma^2,   p = pm + n_i/sigma^2,
// in turn for a, b and mu. mu has a flat start and is that of the baseline in both models: what it is off by, the
// offsets take up. The offsets beside embeddings are solved for together with the rows (gaussian_solver.hpp).
//
// sigma^2 = E[(y - x_before)(y - x_after)], the prediction's error times that of the fit (Desroziers et al. 2005, QJRMS
// 131, equation 4): exact for a Gaussian filter with the right gains, without counting degrees of freedom. Of pairs of
// known rows, faded by .9 per slice; at least a hundredth of the scale.
//
// The scale s is the spread of the first slice's values around the baseline: values in thousands then mean the same to
// the priors as ratings. Multiplying all values by c multiplies s, sigma and scores of pairs by c; for c a power of 4
// all embeddings are multiplied by exactly sqrt(c).
//
// All are scalars per row, or sums over values of scalars: no coordinate of an embedding enters, but in u_i . v_j.
// Cost: O(values) per sweep, O(values d) for sigma.
#pragma once

#include <span>

#include <gaugeline/executor.hpp>
#include <gaugeline/options.hpp>

#include "model.hpp"
#include "observations.hpp"

namespace gaugeline {

template <class Scalar>
class OffsetModel {
 public:
  void reserve(Arena& arena, const Options& options) noexcept;

  // Reference and precision of the prediction. From the prior, with reference 0, for slices that are fitted alone.
  void predict(Model<Scalar>& model, typename Model<Scalar>::Sizes known, double elapsed) noexcept;
  // Fits mean and baseline to the slice; with the first data also the scale, and both sigmas for a start.
  void fit(Model<Scalar>& model, const Observations& observations) noexcept;
  // As it was before predict. For a slice that turns out to be refused.
  void undo(Model<Scalar>& model) const noexcept;
  // After the rows were solved for: both sigmas, from the pairs whose rows were known before.
  void estimate_noise(Model<Scalar>& model, const Observations& observations, Executor& executor) noexcept;
  // p = pm + h.
  void update(Model<Scalar>& model) noexcept;

 private:
  struct Residuals {  // over values: their number, and products of the errors before and after
    double count = 0, model = 0, baseline = 0;
  };
  struct Spread {
    double mean = 0, squares = 0;  // means over values
  };

  void predict(SideRows<Scalar>& side, std::size_t first_new, double elapsed, const Model<Scalar>& model) noexcept;
  void set_scale(Model<Scalar>& model, const Observations& observations) noexcept;
  void use_scale(Model<Scalar>& model, double scale) noexcept;
  [[nodiscard]] Spread spread(const Model<Scalar>& model, const Observations& observations, double mean) const noexcept;
  void sweep(Model<Scalar>& model, const Observations& observations) noexcept;
  void solve(Side which, Model<Scalar>& model, const Observations& observations) noexcept;
  void solve_mean(Model<Scalar>& model, const Observations& observations) noexcept;
  [[nodiscard]] Residuals block(const Model<Scalar>& model, const Observations& observations,
                                std::size_t index) const noexcept;

  Options options_;
  bool fitted_ = false;
  bool tied_ = false;
  double predicted_mean_precision_ = 0;
  double mean_information_ = 0;
  double value_scale_before_ = 1;
  ValueState before_;
  std::span<Residuals> blocks_;
};

extern template class OffsetModel<float>;
extern template class OffsetModel<double>;

}  // namespace gaugeline
