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
  MatrixXd vectors;
  VectorXd values;

  explicit Decomposition(const MatrixXd& a) : vectors(a), values(a.rows()) {
    std::vector<double> work(static_cast<std::size_t>(2 * a.rows()));
    gaugeline::symmetric_eigen(vectors, {values.data(), static_cast<std::size_t>(values.size())}, work);
  }
};

// What must hold of any decomposition, relative to the largest entry.
void check_laws(const MatrixXd& a) {
  const Index d = a.rows();
  const Decomposition eigen(a);
  const double size = std::max(a.cwiseAbs().maxCoeff(), 1e-300);
  CHECK((a / size * eigen.vectors - eigen.vectors * (eigen.values / size).asDiagonal()).norm() < 1e-12);
  CHECK((eigen.vectors.transpose() * eigen.vectors - MatrixXd::Identity(d, d)).norm() < 1e-12);
  CHECK(std::ranges::is_sorted(eigen.values, std::greater{}));
  MatrixXd overwritten = a;
  VectorXd alone(d);
  std::vector<double> work(static_cast<std::size_t>(2 * d));
  gaugeline::symmetric_eigenvalues(overwritten, {alone.data(), static_cast<std::size_t>(d)}, work);
  CHECK((alone - eigen.values).norm() <= 1e-12 * size);
}

MatrixXd with_eigenvalues(Random& random, const VectorXd& values) {
  const MatrixXd basis = random_orthogonal(random, values.size(), 1);
  const MatrixXd a = basis * values.asDiagonal() * basis.transpose();
  return .5 * (a + a.transpose());
}

}  // namespace

TEST_CASE("any symmetric matrix of dimension 1 to 64 is diagonalised in falling order") {
  Random random(21);
  for (Index d = 1; d <= 64; ++d) {
    CAPTURE(d);
    const MatrixXd x = random_matrix(random, d, d);
    check_laws(x + x.transpose());
    check_laws(x.transpose() * x);
  }
}

TEST_CASE("known eigenvalues come out, degenerate and vanishing ones included") {
  Random random(22);
  VectorXd values(12);
  values << 7, 7, 7, 3, 1, 1e-3, 1e-6, 1e-9, 0, 0, -2, -2;
  const MatrixXd a = with_eigenvalues(random, values);
  check_laws(a);
  CHECK((Decomposition(a).values - values).norm() < 1e-13);
}

TEST_CASE("diagonal, zero and rank-deficient matrices are ordinary input") {
  Random random(23);
  VectorXd diagonal(5);
  diagonal << 1, 5, 2, 4, 3;
  const MatrixXd a = diagonal.asDiagonal();
  check_laws(a);
  CHECK(Decomposition(a).values[0] == doctest::Approx(5));
  check_laws(MatrixXd::Zero(6, 6));
  check_laws(MatrixXd::Ones(9, 9));
  const MatrixXd thin = random_matrix(random, 3, 20);
  check_laws(thin.transpose() * thin);
  CHECK(Decomposition(thin.transpose() * thin).values.tail(17).norm() < 1e-12);
}

TEST_CASE("scale does not matter") {
  Random random(24);
  const MatrixXd x = random_matrix(random, 8, 8);
  for (const double scale : {1e-140, 1e-20, 1e20, 1e140}) {
    CAPTURE(scale);
    check_laws(scale * (x + x.transpose()));
  }
}
