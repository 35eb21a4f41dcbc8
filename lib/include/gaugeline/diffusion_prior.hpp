// How certainty decays between slices, and how fast each row is believed to move, per coordinate:
//   random walk         z_t ~ N(z_t-1, D dt)
//   Ornstein-Uhlenbeck  z_t ~ N(e^(-theta dt) z_t-1, (1 - e^(-2 theta dt))/p0): a random walk with D = 2 theta/p0 and a
//                       pull to 0, with precision p0 in the long run (Bamler & Mandt, arXiv 1702.08359)
// Both compose: after dt and dt' without data stands what stands after dt + dt', but for rounding.
// All scalars per row, since a scalar does not change when the frame is turned (a diagonal covariance would).
#pragma once

#include <algorithm>
#include <cmath>

namespace gaugeline {

// Precision of the prediction, 1 / (1/p + D dt), after a time dt >= 0 without data.
template <class Scalar>
[[nodiscard]] Scalar predicted_precision(Scalar precision, Scalar diffusion, Scalar elapsed) noexcept {
  return 1 / (1 / precision + diffusion * elapsed);
}

template <class Scalar>
struct MeanReversion {
  Scalar rate = 0;                  // theta
  Scalar stationary_precision = 0;  // p0
};

// The share of z that is left after a time dt >= 0: e^(-theta dt).
template <class Scalar>
[[nodiscard]] Scalar retained(const MeanReversion<Scalar>& reversion, Scalar elapsed) noexcept {
  return std::exp(-reversion.rate * elapsed);
}

// Precision of the prediction, 1 / (e^(-2 theta dt)/p + (1 - e^(-2 theta dt))/p0).
template <class Scalar>
[[nodiscard]] Scalar predicted_precision(Scalar precision, const MeanReversion<Scalar>& reversion,
                                         Scalar elapsed) noexcept {
  const Scalar exponent = -2 * reversion.rate * elapsed;
  return 1 / (std::exp(exponent) / precision - std::expm1(exponent) / reversion.stationary_precision);
}

// What the slice did to one row.
template <class Scalar>
struct RowStep {
  Scalar posterior_before = 0;  // p_t-1
  Scalar predicted = 0;         // pm_t
  Scalar posterior = 0;         // p_t
  Scalar squared_movement = 0;  // |z_t - z_t-1|^2
  Scalar dimension = 0;         // d
  Scalar elapsed = 0;           // dt > 0
};

template <class Scalar>
struct DiffusionRule {
  Scalar rate = 0;  // rho
  Scalar min = 0;
  Scalar max = 0;
};

// The adapted diffusion: with gain K = 1 - pm/p the movement has the expectation d K (1/p_t-1 + D dt), so
//   e = (|dz|^2 / (d K) - 1/p_t-1) / dt,   D <- clip(D + rho K (e - D)).
// Below a gain of .02 the data moved the row too little to say anything, and D stays (docs/algorithm.md).
template <class Scalar>
[[nodiscard]] Scalar adapted_diffusion(Scalar diffusion, const RowStep<Scalar>& step,
                                       const DiffusionRule<Scalar>& rule) noexcept {
  const Scalar gain = 1 - step.predicted / step.posterior;
  if (!(gain >= Scalar(.02)) || !(step.elapsed > 0)) return diffusion;
  const Scalar estimate = (step.squared_movement / (step.dimension * gain) - 1 / step.posterior_before) / step.elapsed;
  return std::clamp(diffusion + rule.rate * gain * (estimate - diffusion), rule.min, rule.max);
}

// How far rows should have gone from where they used to be, told by data that come after: z(alpha) = a + alpha (z - a),
// where a is the mean of where the row was (its anchor). With the right gain no alpha betters the estimates, since the
// innovations are white (Mehra 1970); if the data would have had the rows farther out (alpha > 1), the gain is too
// small.
struct ScoresAlongWay {
  static constexpr double step = .3;
  double nearer = 0;   // L(1 - step)
  double here = 0;     // L(1): mean log-likelihood of an observation times the number of distinct ones in the slice
  double farther = 0;  // L(1 + step)
};

// Maximises L(alpha) - (alpha - 1)^2 / (2 .3^2) in [1/2, 2], by the parabola through the three scores; the second term
// keeps a few observations from saying much.
[[nodiscard]] inline double best_way(const ScoresAlongWay& scores) noexcept {
  constexpr double least = .5;
  constexpr double most = 2;
  const double slope = (scores.farther - scores.nearer) / 2;
  const double curvature = 2 * scores.here - scores.nearer - scores.farther + 1;
  if (!(curvature > 0)) return slope > 0 ? most : least;
  return std::clamp(1 + ScoresAlongWay::step * slope / curvature, least, most);
}

// What all D are multiplied by: (alpha taken nearer to 1 by the factor e^.15, at most to 1)^rate. A stochastic solver's
// noise, which no D takes away, makes alpha about so much too small.
[[nodiscard]] inline double factor_of_way(double way, double rate) noexcept {
  constexpr double noise = .15;
  const double way_log = std::log(way);
  return std::exp(rate * (way_log - std::clamp(way_log, -noise, noise)));
}

}  // namespace gaugeline
