// The lowest eigenvalues of a Hessian beside its zero modes, by implicitly restarted Lanczos.
#pragma once

#include <cstdint>

#include <Eigen/Core>

#include <gaugeline/joint_problem.hpp>
#include <gaugeline/symmetry_modes.hpp>

namespace gaugeline::stream {

struct LowestModes {
  Eigen::VectorXd eigenvalues;  // rising
  Eigen::MatrixXd vectors;      // orthonormal columns, without a part in the zero modes
  Eigen::VectorXd residuals;
  double hessian_norm = 0;
  bool converged = false;
  std::uint64_t hessian_products = 0;
};

struct LowestModesPlan {
  LinkRule rule = LinkRule::plain;
  Eigen::Index modes = 1;  // at most n less the zero modes
  double tolerance = 1e-10;
  std::uint32_t restarts = 1000;
};

// How many Krylov vectors a search for this many of n takes.
[[nodiscard]] Eigen::Index krylov_vectors(Eigen::Index modes, Eigen::Index n) noexcept;

// Throws what Spectra and memory throw.
[[nodiscard]] LowestModes lowest_modes(const JointProblem& problem, const ConstTableRef& z, const ZeroModes& zero_modes,
                                       const LowestModesPlan& plan);

}  // namespace gaugeline::stream
