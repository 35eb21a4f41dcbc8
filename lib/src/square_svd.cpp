#include "square_svd.hpp"

#include <Eigen/SVD>

namespace gaugeline {

SquareSvd square_svd(const Eigen::Ref<const Eigen::MatrixXd>& m) {
  const Eigen::JacobiSVD<Eigen::MatrixXd, Eigen::NoQRPreconditioner> svd(m, Eigen::ComputeFullU | Eigen::ComputeFullV);
  return {.u = svd.matrixU(), .v = svd.matrixV(), .s = svd.singularValues()};
}

}  // namespace gaugeline
