#include <gaugeline/gauge.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>

#include "dense.hpp"

namespace gaugeline {
namespace {

using Eigen::Index;
using Matrix = Eigen::Map<Eigen::MatrixXd>;
using MatrixRef = Eigen::Ref<Eigen::MatrixXd>;

constexpr double epsilon = std::numeric_limits<double>::epsilon();
constexpr int sweep_limit = 40;  // 6 to 12 are needed; the limit only guards against a cycle of rounding errors

// Relative weight of the identity in the gauge step: far above the rounding errors of M (1e-16), far below the accuracy
// that is asked of a recovered rotation (1e-5).
constexpr double gauge_regularisation = 1e-6;

// The power of two that brings the largest entry into [1/2, 1): squares then neither overflow nor vanish, and scaling
// costs no accuracy. 1 for a zero matrix.
double unit_scale(const Eigen::Ref<const Eigen::MatrixXd>& a) noexcept {
  const double largest = a.cwiseAbs().maxCoeff();
  int exponent = 0;
  std::frexp(largest, &exponent);
  return largest > 0 ? std::ldexp(1.0, -std::clamp(exponent, -1020, 1020)) : 1;
}

// Columns p.. : the longest comes first (de Rijk 1989), which saves sweeps and leaves the columns nearly sorted.
void bring_longest_forward(MatrixRef& a, MatrixRef& v, std::span<double> squared, Index p) noexcept {
  const auto first = squared.begin() + p;
  const Index q = std::max_element(first, squared.end()) - squared.begin();
  if (q == p) return;
  a.col(p).swap(a.col(q));
  v.col(p).swap(v.col(q));
  std::swap(*first, squared[static_cast<std::size_t>(q)]);
}

// Makes columns p and q orthogonal. False if they are already.
bool rotate_pair(MatrixRef& a, MatrixRef& v, std::span<double> squared, Index p, Index q) noexcept {
  double& alpha = squared[static_cast<std::size_t>(p)];
  double& beta = squared[static_cast<std::size_t>(q)];
  const double gamma = a.col(p).dot(a.col(q));
  const double tolerance = epsilon * std::sqrt(static_cast<double>(a.rows()));
  if (!(std::abs(gamma) > tolerance * std::sqrt(alpha) * std::sqrt(beta))) return false;

  const double zeta = (beta - alpha) / (2 * gamma);
  const double t = std::copysign(1 / (std::abs(zeta) + std::sqrt(1 + zeta * zeta)), zeta);
  const double c = 1 / std::sqrt(1 + t * t);
  rotate_columns(a, p, q, c, c * t);
  rotate_columns(v, p, q, c, c * t);

  // |a_q|^2 falls (or |a_p|^2, where rounding has put them in the wrong order); the update cancels if it falls far.
  const double alpha_before = alpha;
  const double beta_before = beta;
  alpha -= t * gamma;
  beta += t * gamma;
  if (alpha < .01 * alpha_before) alpha = a.col(p).squaredNorm();
  if (beta < .01 * beta_before) beta = a.col(q).squaredNorm();
  return true;
}

// a <- a J and v <- v J with J orthogonal, such that the columns of a J are orthogonal. `squared` is work space.
void orthogonalise_columns(MatrixRef& a, MatrixRef& v, std::span<double> squared) noexcept {
  const Index d = a.cols();
  bool turned = true;
  for (int sweep = 0; turned && sweep < sweep_limit; ++sweep) {
    turned = false;
    for (Index k = 0; k < d; ++k) squared[static_cast<std::size_t>(k)] = a.col(k).squaredNorm();
    for (Index p = 0; p < d; ++p) {
      bring_longest_forward(a, v, squared, p);
      for (Index q = p + 1; q < d; ++q) turned |= rotate_pair(a, v, squared, p, q);
    }
  }
}

// v <- the eigenvectors of M^T M, a <- M v: columns that are orthogonal but for the accuracy that squaring M has cost.
// The sweeps that follow restore it, and are fewer by half. `work` holds 3 d.
void start_from_gram(const MatrixRef& m, MatrixRef& a, MatrixRef& v, std::span<double> work) noexcept {
  const Index d = m.cols();
  const auto size = static_cast<std::size_t>(d);
  a = m.transpose();
  multiply(v, a, m);
  symmetric_eigen(v, work.first(size), work.subspan(size));
  multiply(a, m, v);
}

void sort_by_length(MatrixRef& a, MatrixRef& v, std::span<double> squared) noexcept {
  for (Index k = 0; k < a.cols(); ++k) squared[static_cast<std::size_t>(k)] = a.col(k).squaredNorm();
  for (Index k = 0; k < a.cols(); ++k) bring_longest_forward(a, v, squared, k);
}

// Takes what lies in the span of u's first k columns out of x, twice, since once leaves rounding errors of a short
// rest.
void project_out(const MatrixRef& u, Index k, Eigen::Ref<Eigen::VectorXd> x) noexcept {
  for (int pass = 0; pass < 2; ++pass) {
    for (Index i = 0; i < k; ++i) x -= u.col(i).dot(x) * u.col(i);
  }
}

// Turns the orthogonal columns u_k sigma_k into the u_k themselves. Where sigma_k vanishes next to the largest, nothing
// is left of u_k but rounding errors: then u_k is what the columns before leave of v_k (so that the rotation leaves
// that direction alone) or, if nothing, of a coordinate axis.
void normalise_columns(MatrixRef& u, const MatrixRef& v) noexcept {
  const Index d = u.cols();
  const double vanishing = static_cast<double>(d) * epsilon * u.col(0).norm();
  for (Index k = 0; k < d; ++k) {
    bool found = u.col(k).norm() > vanishing;
    if (found) {
      u.col(k).normalize();
      project_out(u, k, u.col(k));
    }
    for (Index candidate = -1; !found; ++candidate) {
      if (candidate < 0) {
        u.col(k) = v.col(k);
      } else {
        u.col(k).setUnit(candidate);
      }
      project_out(u, k, u.col(k));
      // Of the d axes at least one leaves a rest of sqrt((d - k)/d) or more.
      found = u.col(k).squaredNorm() * static_cast<double>(2 * d) > 1 || candidate == d - 1;
    }
    u.col(k).normalize();
  }
}

// One scaled Newton-Schulz step, X <- rho (I - E/2) X with E = rho^2 X X^T - I, for which `excess` and `copy` are work
// space (Bjoerck & Bowie 1971; scaled: Chen & Chow 2014): a singular value s becomes t (3 - t^2)/2, t = rho s. Returns
// |E|, which without scaling is squared by the step if it is small.
double newton_schulz_step(MatrixRef& x, double rho, MatrixRef& excess, MatrixRef& copy) noexcept {
  multiply(excess, x, x.transpose());
  excess *= rho * rho;
  excess.diagonal().array() -= 1;
  const double norm = excess.norm();
  excess *= -.5 * rho;
  excess.diagonal().array() += rho;
  multiply(copy, excess, x);
  x = copy;
  return norm;
}

// X <- its polar factor but for errors below 1e-8, by products alone; its singular values are between `least` and about
// 1. Small ones grow by 1.5 rho a step, where rho takes the interval as far up as it may, but nothing near 1 below .2,
// which would cost accuracy. False, and X is lost, where that is not enough: singular values far below `least`.
bool iterate_to_polar_factor(MatrixRef& x, double least, MatrixRef& excess, MatrixRef& copy) noexcept {
  constexpr double largest_square_of_rho = 2.75;
  constexpr int step_limit = 30;  // 6 + ln(.2 / least) / ln 2.5 are needed
  const auto step_from = [](double t) { return t * (3 - t * t) / 2; };
  for (int step = 0; step < step_limit; ++step) {
    const double rho = std::sqrt(std::min(3 / (1 + least + least * least), largest_square_of_rho));
    const double norm = newton_schulz_step(x, rho, excess, copy);
    if (norm < 1e-4) return true;
    least = std::min(step_from(rho * least), step_from(rho));
  }
  return false;
}

struct SingularRange {
  double largest, least;
};

// Of M; the least one errs by up to 1e-7 of the largest one.
SingularRange singular_range(const MatrixRef& m, MatrixRef& gram, std::span<double> work) noexcept {
  const auto size = static_cast<std::size_t>(m.cols());
  multiply(gram, m, m.transpose());
  symmetric_eigenvalues(gram, work.first(size), work.subspan(size));
  return {std::sqrt(work[0]), std::sqrt(std::max(work[size - 1], 0.))};
}

// m <- the polar factor of m + shift I, by singular values. `work` holds 3 d.
void decompose_to_polar_factor(MatrixRef& m, double shift, MatrixRef& a, MatrixRef& v,
                               std::span<double> work) noexcept {
  const std::span<double> squared = work.first(static_cast<std::size_t>(m.cols()));
  start_from_gram(m, a, v, work);
  orthogonalise_columns(a, v, squared);
  sort_by_length(a, v, squared);
  // (M + e I) V = M V + e V: the columns that are orthogonal for M are nearly so for the regularised matrix.
  a += shift * v;
  orthogonalise_columns(a, v, squared);
  sort_by_length(a, v, squared);
  normalise_columns(a, v);
  multiply(m, a, v.transpose());
}

}  // namespace

void gauge_rotation(const Eigen::Ref<const Eigen::MatrixXd>& m, Eigen::Ref<Eigen::MatrixXd> rotation,
                    std::span<double> work) noexcept {
  const Index d = m.rows();
  const auto size = static_cast<std::size_t>(d);
  rotation.setIdentity();
  if (!m.allFinite() || m.cwiseAbs().maxCoeff() == 0) return;

  MatrixRef a = Matrix(work.data(), d, d);
  MatrixRef v = Matrix(work.data() + size * size, d, d);
  const std::span<double> rest = work.subspan(2 * size * size);
  rotation = m * unit_scale(m);
  const auto [largest, least] = singular_range(rotation, a, rest);
  const double shift = gauge_regularisation * largest;
  rotation.diagonal().array() += shift;
  rotation /= largest;
  // The shift takes at most itself from the least one. Where M has hardly any, it adds about as much, in most cases.
  if (!iterate_to_polar_factor(rotation, std::max(.9 * (least - shift) / largest, .1 * gauge_regularisation), a, v)) {
    rotation = m * unit_scale(m);
    decompose_to_polar_factor(rotation, shift, a, v, rest);
  }
  newton_schulz_step(rotation, 1, a, v);  // squares the errors that either way has left
}

double rotation_angle(const Eigen::Ref<const Eigen::MatrixXd>& rotation, std::span<double> work) noexcept {
  const Index d = rotation.rows();
  const auto size = static_cast<std::size_t>(d);
  Matrix moved(work.data(), d, d);
  Matrix gram(work.data() + size * size, d, d);
  const std::span<double> rest = work.subspan(2 * size * size);
  moved = rotation;
  moved.diagonal().array() -= 1;
  const double scale = unit_scale(moved);
  moved *= scale;
  // The largest eigenvalue of a product has full relative accuracy, however small R - I is.
  multiply(gram, moved, moved.transpose());
  symmetric_eigenvalues(gram, rest.first(size), rest.subspan(size));
  return 2 * std::asin(std::min(1.0, std::sqrt(rest[0]) / scale / 2));
}

}  // namespace gaugeline
