#include <Eigen/Jacobi>
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>
#include <limits>

#include <gaugeline/gauge.hpp>

#include "dense.hpp"

namespace gaugeline {
namespace {

using Eigen::Index;
using MatrixRef = Eigen::Ref<Eigen::MatrixXd>;
using Vector = Eigen::Map<Eigen::VectorXd>;

// Steps per eigenvalue; 1 to 2 are needed, and the limit only guards against a cycle of rounding errors.
constexpr Index step_limit = 30;

// T with this diagonal and, beside it, this subdiagonal (its last entry is not used).
struct Tridiagonal {
  Vector diagonal;
  Vector beside;
};

// The reflection I - 2 v v^T takes x to (result, 0, ..., 0). x is overwritten by v, a unit vector, or 0 if x is 0.
void make_reflection(Eigen::Ref<Eigen::VectorXd> x, double& result) noexcept {
  result = x(0) > 0 ? -x.norm() : x.norm();
  x(0) -= result;
  x.normalize();
}

// A = H_0 H_1 ... T ... H_1 H_0 (Householder 1958). The reflections' vectors stay below the diagonal of `a`. `image` is
// work space.
void tridiagonalise(MatrixRef& a, Tridiagonal& t, Vector& image) noexcept {
  const Index d = a.rows();
  for (Index k = 0; k + 1 < d; ++k) {
    t.diagonal(k) = a(k, k);
    const Index rest = d - k - 1;
    make_reflection(a.col(k).tail(rest), t.beside(k));
    const auto v = a.col(k).tail(rest);
    auto block = a.bottomRightCorner(rest, rest);
    auto w = image.head(rest);
    w.noalias() = block * v;
    w = 2 * (w - v.dot(w) * v);
    for (Index j = 0; j < rest; ++j) block.col(j) -= w(j) * v + v(j) * w;
  }
  t.diagonal(d - 1) = a(d - 1, d - 1);
}

// Replaces the reflections' vectors by the product of the reflections.
void multiply_reflections(MatrixRef& a) noexcept {
  const Index d = a.rows();
  a(d - 1, d - 1) = 1;
  for (Index k = d - 2; k >= 0; --k) {
    const Index rest = d - k - 1;
    auto v = a.col(k).tail(rest);
    for (Index j = k + 1; j < d; ++j) a.col(j).tail(rest) -= (2 * v.dot(a.col(j).tail(rest))) * v;
    a(k, k) = 1;
    v.setZero();
    a.row(k).tail(rest).setZero();
  }
}

// The eigenvalue of T's trailing 2 x 2 block that is nearer to its last entry (Wilkinson 1968).
double shift(const Tridiagonal& t, Index end) noexcept {
  const double half = .5 * (t.diagonal(end - 1) - t.diagonal(end));
  const double beside = t.beside(end - 1);
  if (half == 0) return t.diagonal(end) - std::abs(beside);
  return t.diagonal(end) - beside / (half + std::copysign(std::hypot(half, beside), half)) * beside;
}

// One implicit QR step on T's unreduced block [begin, end] (Golub & Van Loan, algorithm 8.3.2), applied to v's columns
// if there is a v.
void qr_step(Tridiagonal& t, MatrixRef* v, Index begin, Index end) noexcept {
  double x = t.diagonal(begin) - shift(t, end);
  double bulge = t.beside(begin);
  for (Index k = begin; k < end && bulge != 0; ++k) {
    Eigen::JacobiRotation<double> rotation;
    rotation.makeGivens(x, bulge);
    const double c = rotation.c();
    const double s = rotation.s();
    const double upper = s * t.diagonal(k) + c * t.beside(k);
    const double lower = s * t.beside(k) + c * t.diagonal(k + 1);
    t.diagonal(k) = c * (c * t.diagonal(k) - s * t.beside(k)) - s * (c * t.beside(k) - s * t.diagonal(k + 1));
    t.diagonal(k + 1) = s * upper + c * lower;
    t.beside(k) = c * upper - s * lower;
    if (k > begin) t.beside(k - 1) = c * t.beside(k - 1) - s * bulge;
    x = t.beside(k);
    if (k + 1 < end) {
      bulge = -s * t.beside(k + 1);
      t.beside(k + 1) *= c;
    }
    if (v != nullptr) rotate_columns(*v, k, k + 1, c, s);
  }
}

bool negligible(const Tridiagonal& t, Index k) noexcept {
  const double neighbours = std::abs(t.diagonal(k)) + std::abs(t.diagonal(k + 1));
  return std::abs(t.beside(k)) <= std::numeric_limits<double>::epsilon() * neighbours;
}

void diagonalise(Tridiagonal& t, MatrixRef* v) noexcept {
  const Index d = t.diagonal.size();
  Index end = d - 1;
  for (Index step = 0; end > 0 && step < step_limit * d; ++step) {
    for (Index k = 0; k < end; ++k) {
      if (negligible(t, k)) t.beside(k) = 0;
    }
    while (end > 0 && t.beside(end - 1) == 0) --end;
    if (end == 0) break;
    Index begin = end - 1;
    while (begin > 0 && t.beside(begin - 1) != 0) --begin;
    qr_step(t, v, begin, end);
  }
}

void sort_falling(Vector& eigenvalues, MatrixRef& v) noexcept {
  for (Index k = 0; k < v.cols(); ++k) {
    Index largest = 0;
    eigenvalues.tail(v.cols() - k).maxCoeff(&largest);
    if (largest == 0) continue;
    std::swap(eigenvalues(k), eigenvalues(k + largest));
    v.col(k).swap(v.col(k + largest));
  }
}

}  // namespace

void symmetric_eigen(Eigen::Ref<Eigen::MatrixXd> a, std::span<double> eigenvalues, std::span<double> work) noexcept {
  const Index d = a.rows();
  Vector image(work.data() + d, d);
  Tridiagonal t{Vector(eigenvalues.data(), d), Vector(work.data(), d)};
  tridiagonalise(a, t, image);
  multiply_reflections(a);
  diagonalise(t, &a);
  sort_falling(t.diagonal, a);
}

void symmetric_eigenvalues(Eigen::Ref<Eigen::MatrixXd> a, std::span<double> eigenvalues,
                           std::span<double> work) noexcept {
  const Index d = a.rows();
  Vector image(work.data() + d, d);
  Tridiagonal t{Vector(eigenvalues.data(), d), Vector(work.data(), d)};
  tridiagonalise(a, t, image);
  diagonalise(t, nullptr);
  std::ranges::sort(eigenvalues.first(static_cast<std::size_t>(d)), std::ranges::greater());
}

}  // namespace gaugeline
