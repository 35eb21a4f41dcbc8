// Directions in which the joint problem (joint_problem.hpp) is soft, because its likelihoods depend on the scores U V^T
// only: U -> U G, V -> V G^-T with G in GL(d) changes none. Near G = I these are, slice by slice,
//   rotations  (U_t A,  V_t A),  A skew:       d (d - 1) / 2 a slice, which norms do not see either,
//   stretches  (U_t A, -V_t A),  A symmetric:  d (d + 1) / 2 a slice, which norms lift by about 2 rho.
// Where the gradient vanishes, the Hessian has exact zero modes: the rotations of all slices together that are coupled
// with the plain rule, and of every slice by itself with the invariant rule.
//
// A direction is a vector of rows() d entries: a table, row by row. These allocate and do not check their arguments.
// Thread-safety: const calls may run side by side.
#pragma once

#include <vector>

#include <Eigen/Core>

#include <gaugeline/joint_problem.hpp>

namespace gaugeline {

// Directions in which the slices first, ..., first + count - 1 move, and no others. The columns, over the rows of these
// slices alone, are the orthonormal ones nearest to a basis of them (Loewdin): basis = C (C^T C)^(-1/2), so that they
// turn with the frame, and those of slices that differ little differ little. Where the rows span less than the space
// (C^T C)^(-1/2) is a pseudo-inverse, and the rank below the number of columns; basis basis^T is a projection all the
// same.
struct SliceDirections {
  Eigen::Index first = 0, count = 0, rank = 0;
  Eigen::MatrixXd basis;
};

// Z_t A for all these slices with the same A. O(rows d^5) for `count` slices with `rows` rows together.
[[nodiscard]] SliceDirections rotation_directions(const JointShape& shape, const ConstTableRef& z, Eigen::Index first,
                                                  Eigen::Index count);
// (U_t A, -V_t A) of one slice, less what lies in `rotations`, which are those of the same slice. They are orthogonal
// already where U^T U = V^T V, as they are in a minimum with one slice.
[[nodiscard]] SliceDirections stretch_directions(const JointShape& shape, const ConstTableRef& z, Eigen::Index slice,
                                                 const SliceDirections& rotations);

// The exact zero modes of the Hessian at a stationary point z. A chain with a link of strength 0 falls into parts that
// turn by themselves.
class ZeroModes {
 public:
  ZeroModes(const JointProblem& problem, const ConstTableRef& z, LinkRule rule);

  [[nodiscard]] Eigen::Index size() const noexcept;
  [[nodiscard]] const std::vector<SliceDirections>& groups() const noexcept { return groups_; }
  // direction less its part in the zero modes. O(rows d^3).
  void project_out(Eigen::Ref<Eigen::VectorXd> direction) const;
  // The largest |H v| over the modes v: 0 but for rounding if the gradient g vanishes, else about |g|/|z|, since a
  // rotation takes g along: H (Z A) = g A. One Hessian-vector product a mode.
  [[nodiscard]] double residual(const JointProblem& problem, const ConstTableRef& z, LinkRule rule) const;

 private:
  JointShape shape_;
  std::vector<SliceDirections> groups_;
};

}  // namespace gaugeline
