// The singular value decomposition of a square matrix in double, m = u diag(s) v^T, s falling: Eigen's one-sided
// Jacobi, in one place, since it takes long to compile. Allocates; gauge.hpp has what a stream uses. O(d^3).
#pragma once

#include <Eigen/Core>

namespace gaugeline {

struct SquareSvd {
  Eigen::MatrixXd u, v;
  Eigen::VectorXd s;
};

[[nodiscard]] SquareSvd square_svd(const Eigen::Ref<const Eigen::MatrixXd>& m);

}  // namespace gaugeline
