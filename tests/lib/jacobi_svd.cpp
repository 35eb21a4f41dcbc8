#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include <gaugeline/gauge.hpp>
#include <support/random_matrices.hpp>

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using gaugeline::Random;
using gaugeline::testing::random_matrix;
using gaugeline::testing::random_orthogonal;

struct Decomposition {
  MatrixXd scaled_left;  // columns u_k sigma_k
  MatrixXd right;
  VectorXd sigma;

  explicit Decomposition(const MatrixXd& a) : scaled_left(a), right(a.rows(), a.cols()), sigma(a.cols()) {
    gaugeline::jacobi_svd(scaled_left, right, {sigma.data(), static_cast<std::size_t>(sigma.size())});
  }
};

MatrixXd with_singular_values(Random& random, const VectorXd& sigma) {
  return random_orthogonal(random, sigma.size(), 1) * sigma.asDiagonal() * random_orthogonal(random, sigma.size(), -1);
}

// What must hold of any decomposition, relative to the largest singular value.
void check_laws(const MatrixXd& a) {
  const Index d = a.rows();
  const Decomposition svd(a);
  const double top = std::max(svd.sigma[0], 1e-300);
  CHECK((svd.scaled_left / top * svd.right.transpose() - a / top).norm() <= 1e-12);
  CHECK((svd.right.transpose() * svd.right - MatrixXd::Identity(d, d)).norm() < 1e-12);
  CHECK(std::ranges::is_sorted(svd.sigma, std::greater{}));
  const MatrixXd gram = (svd.scaled_left / top).transpose() * (svd.scaled_left / top);
  const MatrixXd squares = (svd.sigma / top).cwiseAbs2().asDiagonal();
  CHECK((gram - squares).norm() < 1e-12);
}

}  // namespace

TEST_CASE("any matrix of dimension 1 to 64 is reconstructed from orthogonal factors in falling order") {
  Random random(11);
  for (Index d = 1; d <= 64; ++d) {
    CAPTURE(d);
    check_laws(random_matrix(random, d, d));
  }
  check_laws(random_matrix(random, 128, 128));
}

TEST_CASE("scale does not matter") {
  Random random(12);
  const MatrixXd a = random_matrix(random, 9, 9);
  for (const double scale : {1e-200, 1e-20, 1e20, 1e200}) {
    CAPTURE(scale);
    check_laws(scale * a);
    CHECK((Decomposition(scale * a).sigma / scale - Decomposition(a).sigma).norm() < 1e-13 * a.norm());
  }
}

TEST_CASE("singular values agree with Eigen's two-sided Jacobi") {
  Random random(13);
  for (const Index d : {2, 10, 40, 64}) {
    CAPTURE(d);
    const MatrixXd a = random_matrix(random, d, d);
    const VectorXd expected = Eigen::JacobiSVD<MatrixXd>(a).singularValues();
    CHECK((Decomposition(a).sigma - expected).norm() < 1e-12 * expected[0]);
  }
}

TEST_CASE("degenerate and falling spectra are found, conditions up to 1e12 included") {
  Random random(14);
  const Index d = 20;
  VectorXd degenerate = VectorXd::Ones(d);
  degenerate.tail(d / 2).setConstant(.5);
  VectorXd falling(d);
  for (Index k = 0; k < d; ++k) falling[k] = std::pow(1e-12, static_cast<double>(k) / static_cast<double>(d - 1));
  for (const VectorXd& sigma : {degenerate, falling}) {
    const MatrixXd a = with_singular_values(random, sigma);
    check_laws(a);
    CHECK((Decomposition(a).sigma - sigma).norm() < 1e-13);
  }
}

TEST_CASE("rank-deficient matrices have vanishing singular values and a complete right basis") {
  Random random(15);
  const Index d = 16;
  for (const Index rank : {0, 1, 8, 15}) {
    CAPTURE(rank);
    const MatrixXd a = random_matrix(random, d, rank) * random_matrix(random, rank, d);
    check_laws(a);
    const VectorXd sigma = Decomposition(a).sigma;
    CHECK(sigma.tail(d - rank).norm() <= 1e-13 * sigma[0]);
    if (rank > 0) CHECK(sigma[rank - 1] > 1e-3 * sigma[0]);
  }
  MatrixXd zero_columns = random_matrix(random, d, d);
  zero_columns.leftCols(5).setZero();
  check_laws(zero_columns);
}

TEST_CASE("columns of very different length keep relative accuracy") {
  Random random(16);
  const Index d = 6;
  const MatrixXd basis = random_orthogonal(random, d, 1);
  VectorXd lengths(d);
  for (Index k = 0; k < d; ++k) lengths[k] = std::pow(1e-5, static_cast<double>(k));  // down to 1e-25
  const VectorXd sigma = Decomposition(basis * lengths.asDiagonal()).sigma;
  for (Index k = 0; k < d; ++k) CHECK(sigma[k] == doctest::Approx(lengths[k]).epsilon(1e-13));
}
