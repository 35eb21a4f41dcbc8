// The two likelihoods, as what a row update needs of them.
//
// Bernoulli skip-gram (arXiv 1702.08359): -log p = - sum_ij [ n+_ij log s(x_ij) + n-_ij log s(-x_ij) ], x_ij = u_i .
// v_j, s the logistic function, n+ the slice's pair counts, n-_ij = k n_i q_j. Gaussian: -log p = sum_ij (y_ij -
// x_ij)^2 / (2 sigma^2) + log(sigma sqrt(2 pi)).
#pragma once

#include <algorithm>
#include <cmath>
#include <numbers>

namespace gaugeline {

// s(x) = 1 / (1 + e^-x), without overflow.
template <class Scalar>
[[nodiscard]] Scalar logistic(Scalar x) noexcept {
  const Scalar e = std::exp(-std::abs(x));
  return x >= 0 ? 1 / (1 + e) : e / (1 + e);
}

// log s(x) = -log(1 + e^-x), without overflow.
template <class Scalar>
[[nodiscard]] Scalar log_logistic(Scalar x) noexcept {
  return std::min(x, Scalar(0)) - std::log1p(std::exp(-std::abs(x)));
}

// Curvature of the tightest quadratic bound on -log s at x that is symmetric (Jaakkola & Jordan 2000):
// tanh(x/2) / (2x) = (s(x) - 1/2) / x, at most 1/4. Takes s(x) since whoever asks has it already.
template <class Scalar>
[[nodiscard]] Scalar jaakkola_weight(Scalar x, Scalar logistic_x) noexcept {
  // Near 0 the quotient loses digits; the series' next term is 17 x^6 / 80640 < 4e-12 there.
  return std::abs(x) < Scalar(.05) ? Scalar(.25) - x * x / 48 + x * x * x * x / 480 : (logistic_x - Scalar(.5)) / x;
}

// log N(y; x, sigma^2) in nats.
[[nodiscard]] inline double gaussian_log_density(double y, double x, double sigma) noexcept {
  const double z = (y - x) / sigma;
  return -.5 * z * z - std::log(sigma) - .5 * std::log(2 * std::numbers::pi);
}

}  // namespace gaugeline
