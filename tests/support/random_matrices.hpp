// Random matrices for tests, the same on every machine.
#pragma once

#include <Eigen/LU>
#include <Eigen/QR>
#include <Eigen/SVD>

#include <gaugeline/random.hpp>

namespace gaugeline::testing {

// Entries N(0, scale^2), drawn row by row.
inline Eigen::MatrixXd random_matrix(Random& random, Eigen::Index rows, Eigen::Index columns, double scale = 1) {
  Eigen::MatrixXd matrix(rows, columns);
  for (Eigen::Index i = 0; i < rows; ++i) {
    for (Eigen::Index k = 0; k < columns; ++k) matrix(i, k) = scale * random.normal();
  }
  return matrix;
}

// An element of O(d) whose determinant has the sign that is asked for.
inline Eigen::MatrixXd random_orthogonal(Random& random, Eigen::Index d, double determinant) {
  const Eigen::HouseholderQR<Eigen::MatrixXd> qr(random_matrix(random, d, d));
  Eigen::MatrixXd q = qr.householderQ();
  if (q.determinant() * determinant < 0) q.col(0) = -q.col(0);
  return q;
}

}  // namespace gaugeline::testing
