// The exponential of a skew-symmetric matrix, its derivative, and its inverse: the logarithm of a rotation.
#pragma once

#include <cmath>
#include <complex>
#include <numbers>
#include <vector>

#include <Eigen/Core>
#include <Eigen/Eigenvalues>

namespace gaugeline {

[[nodiscard]] inline Eigen::MatrixXd skew_part(const Eigen::Ref<const Eigen::MatrixXd>& m) {
  return (m - m.transpose()) / 2;
}

// exp(a), orthogonal to 1e-15 times d: Taylor's series of a / 2^k with 1-norm at most 1/2 (15 terms: the rest is below
// 1e-17), squared k times, then one Newton-Schulz step, R (3 I - R^T R) / 2, which squares the distance to O(d).
// a: skew-symmetric, finite. O(d^3 (16 + k)).
[[nodiscard]] inline Eigen::MatrixXd skew_exponential(const Eigen::MatrixXd& a) {
  const double size = a.cwiseAbs().colwise().sum().maxCoeff();
  const int halvings = size > .5 ? std::ilogb(size) + 2 : 0;
  const Eigen::MatrixXd small = std::ldexp(1.0, -halvings) * a;
  const Eigen::MatrixXd identity = Eigen::MatrixXd::Identity(a.rows(), a.cols());
  Eigen::MatrixXd r = identity;
  for (int k = 15; k > 0; --k) r = identity + small * r / k;
  for (int k = 0; k < halvings; ++k) r = (r * r).eval();
  return r * (3 * identity - r.transpose() * r) / 2;
}

// The skew x with d/dt <k, exp(-a) exp(a + t o)> = <x, o> at t = 0 for every skew o: it takes a gradient along exp(a)
// exp(o) to one along exp(a + o). x = integral over s in [0, 1] of exp(s a) k exp(-s a); with a = V diag(i w) V^H that
// is V [(V^H k V)_ij f(w_i - w_j)] V^H, f(y) = (e^(iy) - 1)/(iy) = e^(iy/2) sin(y/2)/(y/2). O(d^3).
[[nodiscard]] inline Eigen::MatrixXd skew_exponential_pullback(const Eigen::MatrixXd& a, const Eigen::MatrixXd& k) {
  using Complex = std::complex<double>;
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXcd> eigen(Complex(0, -1) * a.cast<Complex>());
  const Eigen::MatrixXcd& v = eigen.eigenvectors();
  const Eigen::VectorXd& w = eigen.eigenvalues();
  Eigen::MatrixXcd inner = v.adjoint() * k.cast<Complex>() * v;
  for (Eigen::Index i = 0; i < inner.rows(); ++i) {
    for (Eigen::Index j = 0; j < inner.cols(); ++j) {
      const double half = (w(i) - w(j)) / 2;
      inner(i, j) *= std::polar(1.0, half) * (half == 0 ? 1 : std::sin(half) / half);
    }
  }
  return skew_part((v * inner * v.adjoint()).real());
}

// An orthogonal matrix as r = reflection exp(gamma). The reflection is I, or, where det r = -1, I - 2 v v^T for a unit
// vector v with r v = -v; it commutes with exp(gamma). gamma is the principal logarithm, all angles in [-pi, pi]; where
// -1 is an eigenvalue of the rotation, its plane is one of several.
struct OrthogonalLogarithm {
  Eigen::MatrixXd reflection, gamma;
};

// By the real Schur form, which for a normal matrix is blocks of one or two on the diagonal. O(d^3).
[[nodiscard]] inline OrthogonalLogarithm orthogonal_logarithm(const Eigen::MatrixXd& r) {
  const Eigen::Index d = r.rows();
  const Eigen::RealSchur<Eigen::MatrixXd> schur(r);
  const Eigen::MatrixXd& block = schur.matrixT();
  const Eigen::MatrixXd& q = schur.matrixU();
  Eigen::MatrixXd inner = Eigen::MatrixXd::Zero(d, d);
  const auto turn = [&](Eigen::Index i, Eigen::Index j, double angle) {
    inner(j, i) = angle;
    inner(i, j) = -angle;
  };
  std::vector<Eigen::Index> mirrored;  // r v = -v
  for (Eigen::Index i = 0; i < d; ++i) {
    if (i + 1 < d && block(i + 1, i) != 0) {
      turn(i, i + 1, std::atan2(block(i + 1, i) - block(i, i + 1), block(i, i) + block(i + 1, i + 1)));
      ++i;
    } else if (block(i, i) < 0) {
      mirrored.push_back(i);
    }
  }
  OrthogonalLogarithm result{.reflection = Eigen::MatrixXd::Identity(d, d), .gamma = {}};
  if (mirrored.size() % 2 == 1) {
    const Eigen::VectorXd v = q.col(mirrored.back());
    result.reflection -= 2 * v * v.transpose();
    mirrored.pop_back();
  }
  for (std::size_t k = 0; k < mirrored.size(); k += 2) turn(mirrored[k], mirrored[k + 1], std::numbers::pi);
  result.gamma = skew_part(q * inner * q.transpose());
  return result;
}

}  // namespace gaugeline
