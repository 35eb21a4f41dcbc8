// The gauge theory of the joint problem (Bamler & Mandt, A Quantum Field Theory of Representation Learning, arXiv
// 1907.02163): every link between neighbouring slices has a rotation R_t in O(d) of its own, a gauge field beside the
// embeddings. R_t takes coordinates of slice t to those of slice t - 1, and the coupling is of covariant differences:
//
//   L(Z, R) = sum_t l_t(Z_t) + sum_t rho_t/2 |Z_t|^2 + sum_t lambda_t/2 |Z_t R_t - Z_t-1|^2.
//
// A gauge transformation, G_t in O(d) for every slice, takes Z_t to Z_t G_t and R_t to G_t^T R_t G_t-1. The difference
// becomes (Z_t R_t - Z_t-1) G_t-1 and L stays what it is. With the best links L is the joint problem with the invariant
// coupling; with all links I it is the one with the plain coupling. A chain has no loops, so that links can always be
// turned into I: the field matters to how one gets to a minimum, not to where that is.
//
// For research and tests: these allocate and do not check their arguments. Thread-safety: the functions have no state.
#pragma once

#include <vector>

#include <Eigen/Core>

#include <gaugeline/joint_problem.hpp>

namespace gaugeline {

// One d x d matrix per slice. As links, generators and tangents: that of the link between slices t - 1 and t, and [0]
// only says what d is. As frames: that of the slice.
using MatrixField = std::vector<Eigen::MatrixXd>;

// --- Links as variables

[[nodiscard]] MatrixField identity_links(const JointShape& shape);

// R_t = F_t exp(Gamma_t), with Gamma_t skew-symmetric and F_t a fixed orthogonal matrix: I, or a reflection for a link
// that is a domain wall. exp is exact: R_t^T R_t = F_t^T F_t to 1e-15 d. O(T d^3).
struct LinkCoordinates {
  MatrixField fixed, generators;
};
[[nodiscard]] MatrixField links_at(const LinkCoordinates& coordinates);

// The inverse: F_t is I, or I - 2 v v^T with R_t v = -v where det R_t = -1; Gamma_t is the principal logarithm of F_t^T
// R_t, angles in [-pi, pi]. links_at gives the links back to 1e-14 d. O(T d^3).
[[nodiscard]] LinkCoordinates coordinates_of(const MatrixField& links);

// R_t <- R_t exp(step_t): a step along skew tangents, such as link_gradient's. Steps turn with the gauge, K_t ->
// G_t-1^T K_t G_t-1, so that descent by them is covariant under every gauge transformation; descent in Gamma only under
// one G common to all slices (where F_t = I, or turns along).
void move_links(MatrixField& links, const MatrixField& steps);

// The R_t in O(d) with the least |Z_t R_t - Z_t-1|: the polar factors of Z_t^T Z_t-1. O(T (rows d^2 + d^3)).
[[nodiscard]] MatrixField best_links(const JointShape& shape, const ConstTableRef& z);

// --- The loss

// Z_t R_t - Z_t-1, slice >= 1.
[[nodiscard]] DoubleTable covariant_difference(const JointShape& shape, const ConstTableRef& z,
                                               const MatrixField& links, Eigen::Index slice);

// L(Z, R).
[[nodiscard]] double link_loss(const JointProblem& problem, const ConstTableRef& z, const MatrixField& links);

// Returns L; overwrites both gradients. `gradient` has the shape of z; `tangents`, one per slice, are the skew K_t with
//   L(.., R_t exp(omega), ..) = L + <K_t, omega> + O(omega^2) for skew omega, <A, B> = tr(A^T B):
//   K_t = lambda_t/2 (M_t^T R_t - R_t^T M_t), M_t = Z_t^T Z_t-1. It vanishes where R_t^T M_t is symmetric.
double link_gradient(const JointProblem& problem, const ConstTableRef& z, const MatrixField& links, TableRef gradient,
                     MatrixField& tangents);

// From the tangents K_t to the gradient with respect to Gamma_t: the adjoint of the derivative of exp, integral over s
// in [0, 1] of exp(s Gamma_t) K_t exp(-s Gamma_t). Skew; in the inner product above. O(T d^3).
[[nodiscard]] MatrixField generator_gradient(const MatrixField& generators, const MatrixField& tangents);

// --- The gauge

// (Z_t, R_t) -> (Z_t G_t, G_t^T R_t G_t-1).
void transform(const JointShape& shape, TableRef z, MatrixField& links, const MatrixField& frames);

// The gauge in which all links are I: G_t = R_t R_t-1 ... R_1. The plain coupling is then the covariant one.
void absorb_links(const JointShape& shape, TableRef z, MatrixField& links);

// The gauge in which the way from the last slice to the first is a rotation at constant speed. The first and the last
// slice keep their frames, so that the product P = R_T-1 ... R_1 stays, and all links become exp(log(F P)/(T - 1)), of
// all links in SO(d) with that product those with the least sum of squared turns, sum_t |log R_t|^2. F = I if det P
// = 1. If det P = -1 one domain wall is left, in the last link, which has F = I - 2 v v^T, P v = -v, as a factor too.
void smooth_links(const JointShape& shape, TableRef z, MatrixField& links);

// --- Diagnostics

// Of the links as they are; for the embeddings, take those of best_links. They depend on the gauge: under G the link's
// determinant is multiplied by det G_t det G_t-1.
struct LinkTurn {
  int determinant = 1;  // 1, or -1: a domain wall
  double angle = 0;     // the largest principal angle (gauge.hpp), [0, pi]; pi for every domain wall
};
[[nodiscard]] std::vector<LinkTurn> link_turns(const MatrixField& links);

// How many links have determinant -1.
[[nodiscard]] Eigen::Index domain_walls(const MatrixField& links);

// What is left of the way from slice `first` to slice `last` > first link by link, and back by the best direct link D,
// the polar factor of Z_last^T Z_first: H = (R_last ... R_first+1)^T D, in the frame of `first`. I if the slices agree;
// under a gauge transformation it becomes G_first^T H G_first, and its angle (rotation_angle) stays.
[[nodiscard]] Eigen::MatrixXd holonomy(const JointShape& shape, const ConstTableRef& z, const MatrixField& links,
                                       Eigen::Index first, Eigen::Index last);
[[nodiscard]] double holonomy_angle(const JointShape& shape, const ConstTableRef& z, const MatrixField& links,
                                    Eigen::Index first, Eigen::Index last);

}  // namespace gaugeline
