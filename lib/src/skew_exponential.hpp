// The exponential of a skew-symmetric matrix, its derivative, and its inverse: the logarithm of a rotation. They take
// long to compile, hence a source of their own.
#pragma once

#include <Eigen/Core>

namespace gaugeline {

[[nodiscard]] Eigen::MatrixXd skew_part(const Eigen::Ref<const Eigen::MatrixXd>& m);

// exp(a), orthogonal to 1e-15 times d: Taylor's series of a / 2^k with 1-norm at most 1/2 (15 terms: the rest is below
// 1e-17), squared k times, then one Newton-Schulz step, R (3 I - R^T R) / 2, which squares the distance to O(d).
// a: skew-symmetric, finite. O(d^3 (16 + k)).
[[nodiscard]] Eigen::MatrixXd skew_exponential(const Eigen::MatrixXd& a);

// The skew x with d/dt <k, exp(-a) exp(a + t o)> = <x, o> at t = 0 for every skew o: it takes a gradient along exp(a)
// exp(o) to one along exp(a + o). x = integral over s in [0, 1] of exp(s a) k exp(-s a) = sum_n ad_a^n(k)/(n + 1)!,
// ad_a(k) = a k - k a: the series of a/2^m (15 terms: the rest is below 1e-17), and m times the mean of what there is
// and of it turned by exp of half the way. O(d^3 (30 + m)).
[[nodiscard]] Eigen::MatrixXd skew_exponential_pullback(const Eigen::MatrixXd& a, const Eigen::MatrixXd& k);

// An orthogonal matrix as r = reflection exp(gamma). The reflection is I, or, where det r = -1, I - 2 v v^T for a unit
// vector v with r v = -v; it commutes with exp(gamma). gamma is the principal logarithm, all angles in [-pi, pi]; where
// -1 is an eigenvalue of the rotation, its plane is one of several.
struct OrthogonalLogarithm {
  Eigen::MatrixXd reflection, gamma;
};

// By the real Schur form, which for a normal matrix is blocks of one or two on the diagonal. O(d^3).
[[nodiscard]] OrthogonalLogarithm orthogonal_logarithm(const Eigen::MatrixXd& r);

}  // namespace gaugeline
