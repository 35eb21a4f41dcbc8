// The gauge: Z -> Z R with R in O(d) changes no score u_i . v_j and no likelihood. These functions choose R.
// All matrices are d x d with d >= 1, in double. Thread-safety: the functions have no state; work belongs to one call.
#pragma once

#include <span>

#include <Eigen/Core>

#include <gaugeline/types.hpp>

namespace gaugeline {

// How many doubles of work space the functions below need for dimension d.
[[nodiscard]] constexpr std::size_t gauge_work_doubles(std::size_t d) noexcept { return 2 * d * d + 3 * d; }

// The exact gauge step (Procrustes; Schoenemann 1966), regularised: R = P Q^T for M + 1e-6 s_max I = P S Q^T, which
// maximises tr(R^T (M + 1e-6 s_max I)) over O(d). With M = Z^T diag(w) Z_ref, |Z R - Z_ref|_w is never larger than
// |Z - Z_ref|_w, and directions in which the tables hold nothing stay where they are. R = I if M = 0 or not finite. The
// determinant is not forced: a reflected frame (a domain wall) is turned back too.
// R^T R = I to 1e-12, and R(B^T M B) = B^T R(M) B for B in O(d), up to rounding times the condition, at most 1e6.
// In double: a float32 decomposition errs by .01 to .5 at a condition of 1e6, and flips determinants. By scaled
// Newton-Schulz iterations, 2 to 22 of two products each; or, where what the regularisation adds leaves a singular
// value far below 1e-7 s_max, by the singular values themselves, which takes several times as long.
// work: gauge_work_doubles(d). O(d^3), no allocation.
void gauge_rotation(const Eigen::Ref<const Eigen::MatrixXd>& m, Eigen::Ref<Eigen::MatrixXd> rotation,
                    std::span<double> work) noexcept;

// The largest principal angle of an orthogonal matrix, radians in [0, pi]: 2 asin(|R - I|_2 / 2). Small angles come out
// with full relative accuracy, angles near pi to 1e-7. A reflection gives pi.
[[nodiscard]] double rotation_angle(const Eigen::Ref<const Eigen::MatrixXd>& rotation, std::span<double> work) noexcept;

// A = V diag(lambda) V^T for a symmetric matrix, by Householder reflections to tridiagonal form and implicit QR steps
// (Golub & Van Loan, section 8.3): on return the columns of `a` are the v_k, by falling eigenvalue. Errors of the
// eigenvalues are rounding errors of the largest one, so that those of a positive semi-definite A may fall a little
// below 0. A is finite, its entries between 1e-140 and 1e140 or 0. work: 2 d doubles. O(d^3), no allocation.
void symmetric_eigen(Eigen::Ref<Eigen::MatrixXd> a, std::span<double> eigenvalues, std::span<double> work) noexcept;

// The eigenvalues alone; `a` is overwritten. Half the work.
void symmetric_eigenvalues(Eigen::Ref<Eigen::MatrixXd> a, std::span<double> eigenvalues,
                           std::span<double> work) noexcept;

}  // namespace gaugeline
