#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
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

MatrixXd gauge_rotation(const MatrixXd& m) {
  std::vector<double> work(gaugeline::gauge_work_doubles(static_cast<std::size_t>(m.rows())));
  MatrixXd rotation(m.rows(), m.cols());
  gaugeline::gauge_rotation(m, rotation, work);
  return rotation;
}

double rotation_angle(const MatrixXd& rotation) {
  std::vector<double> work(gaugeline::gauge_work_doubles(static_cast<std::size_t>(rotation.rows())));
  return gaugeline::rotation_angle(rotation, work);
}

// The polar factor by another road: Newton's iteration.
MatrixXd polar_factor(MatrixXd m) {
  for (int step = 0; step < 60; ++step) m = (.5 * (m + m.inverse().transpose())).eval();
  return m;
}

double largest_singular_value(const MatrixXd& m) { return Eigen::JacobiSVD<MatrixXd>(m).singularValues()(0); }

MatrixXd identity(Index d) { return MatrixXd::Identity(d, d); }

double orthogonality_error(const MatrixXd& r) { return (r.transpose() * r - identity(r.cols())).norm(); }

MatrixXd plane_rotation(Index d, double angle) {
  MatrixXd r = identity(d);
  r(0, 0) = r(1, 1) = std::cos(angle);
  r(0, 1) = -std::sin(angle);
  r(1, 0) = std::sin(angle);
  return r;
}

// The overlap matrix of 200 noisy rows with a turned copy of themselves, weighted.
struct NoisyPair {
  MatrixXd table;
  MatrixXd reference;
  VectorXd weight;

  NoisyPair(Random& random, Index d, double determinant) : reference(random_matrix(random, 200, d)), weight(200) {
    table = reference * random_orthogonal(random, d, determinant) + random_matrix(random, 200, d, .3);
    for (double& w : weight) w = .5 + random.uniform();
  }
  [[nodiscard]] MatrixXd overlap() const { return table.transpose() * weight.asDiagonal() * reference; }
  [[nodiscard]] double distance(const MatrixXd& r) const {
    return weight.dot((table * r - reference).rowwise().squaredNorm());
  }
};

}  // namespace

TEST_CASE("the gauge step never increases the weighted distance, and reaches the Procrustes minimum") {
  Random random(3);
  for (int draw = 0; draw < 100; ++draw) {
    const NoisyPair pair(random, 16, draw % 2 == 0 ? 1 : -1);
    const MatrixXd m = pair.overlap();
    const MatrixXd r = gauge_rotation(m);
    CHECK(pair.distance(r) <= pair.distance(identity(16)));
    CHECK(pair.distance(r) <= pair.distance(polar_factor(m)) * (1 + 1e-10));
    CHECK((r - polar_factor(m)).norm() < 1e-5);
  }
}

TEST_CASE("the rotation is orthogonal whatever the matrix") {
  Random random(4);
  for (const Index d : {1, 2, 3, 5, 8, 17, 32, 64, 100}) {
    CAPTURE(d);
    const MatrixXd m = random_matrix(random, d, d);
    for (const double scale : {1e-300, 1e-20, 1.0, 1e20, 1e300})
      CHECK(orthogonality_error(gauge_rotation(scale * m)) < 1e-12);
    VectorXd falling(d);
    for (Index k = 0; k < d; ++k) falling[k] = std::pow(1e-12, static_cast<double>(k) / static_cast<double>(d));
    const MatrixXd stretched =
        random_orthogonal(random, d, 1) * falling.asDiagonal() * random_orthogonal(random, d, -1);
    CHECK(orthogonality_error(gauge_rotation(stretched)) < 1e-12);
    const MatrixXd rank_one = m.col(0) * m.row(0);
    CHECK(orthogonality_error(gauge_rotation(rank_one)) < 1e-12);
    CHECK(orthogonality_error(gauge_rotation(-identity(d))) < 1e-12);
  }
}

TEST_CASE("a direction that the regularisation cancels exactly is completed to an orthogonal matrix") {
  VectorXd diagonal = VectorXd::Constant(6, -1e-6);
  diagonal[0] = 1;
  const MatrixXd r = gauge_rotation(diagonal.asDiagonal());
  CHECK(orthogonality_error(r) < 1e-12);
  CHECK(r(0, 0) == doctest::Approx(1));
}

TEST_CASE("the rotation equals the polar factor of the regularised matrix") {
  Random random(5);
  for (const Index d : {1, 2, 3, 7, 16, 33, 64, 128}) {
    CAPTURE(d);
    const MatrixXd m = random_matrix(random, d, d);
    const MatrixXd regularised = m + 1e-6 * largest_singular_value(m) * identity(d);
    CHECK((gauge_rotation(m) - polar_factor(regularised)).norm() < 1e-9);
  }
}

TEST_CASE("it does so at any condition that the regularisation leaves, up to rounding times the condition") {
  Random random(15);
  for (const Index d : {2, 10, 64, 100}) {
    for (const double condition : {1e1, 1e3, 1e5, 1e9}) {
      CAPTURE(d);
      CAPTURE(condition);
      VectorXd falling(d);
      for (Index k = 0; k < d; ++k)
        falling[k] = std::pow(condition, -static_cast<double>(k) / static_cast<double>(d - 1));
      const MatrixXd b = random_orthogonal(random, d, 1);
      // Left and right vectors near one another, as those of two successive slices are: then no sum of M and the
      // regularisation vanishes.
      const MatrixXd m = b.transpose() * falling.asDiagonal() * b * plane_rotation(d, .1);
      const MatrixXd r = gauge_rotation(m);
      CHECK(orthogonality_error(r) < 1e-12);
      CHECK((r - polar_factor(m + 1e-6 * largest_singular_value(m) * identity(d))).norm() <
            1e-14 * static_cast<double>(d) * std::min(condition, 1e6));
    }
  }
}

TEST_CASE("a known rotation is recovered, reflections included") {
  Random random(6);
  for (const Index d : {1, 2, 10, 64}) {
    for (const double determinant : {1.0, -1.0}) {
      CAPTURE(d);
      CAPTURE(determinant);
      const MatrixXd table = random_matrix(random, 4 * d, d);
      const MatrixXd turn = random_orthogonal(random, d, determinant);
      const MatrixXd turned = table * turn;
      const MatrixXd r = gauge_rotation(turned.transpose() * table);
      CHECK((turned * r - table).norm() < 1e-5 * table.norm());
      CHECK(r.determinant() == doctest::Approx(determinant));
    }
  }
}

TEST_CASE("a known rotation is recovered at a condition of 1e6 in the tables, where float would lose it") {
  Random random(7);
  VectorXd spread(8);
  for (Index k = 0; k < 8; ++k) spread[k] = std::pow(1e-3, static_cast<double>(k) / 7);  // squared in M
  const MatrixXd table = random_matrix(random, 200, 8) * spread.asDiagonal();
  const MatrixXd turn = plane_rotation(8, .01);
  const MatrixXd turned = table * turn;
  CHECK((gauge_rotation(turned.transpose() * table) - turn.transpose()).norm() < 1e-3);
}

TEST_CASE("turning the frame turns the rotation: R(B^T M B) = B^T R(M) B") {
  Random random(8);
  for (const Index d : {1, 2, 5, 16, 64}) {
    for (const double determinant : {1.0, -1.0}) {
      CAPTURE(d);
      const NoisyPair pair(random, d, determinant);
      const MatrixXd m = pair.overlap();
      const MatrixXd b = random_orthogonal(random, d, -determinant);
      const MatrixXd expected = b.transpose() * gauge_rotation(m) * b;
      CHECK((gauge_rotation(b.transpose() * m * b) - expected).norm() < 1e-10);
    }
  }
}

TEST_CASE("directions in which the tables hold nothing stay where they are") {
  const Index d = 16;
  Random random(3);
  for (const Index rank : {12, 8, 1}) {
    CAPTURE(rank);
    MatrixXd turn = identity(d);
    turn.topLeftCorner(rank, rank) = random_orthogonal(random, rank, 1);
    MatrixXd reference = MatrixXd::Zero(200, d);
    reference.leftCols(rank) = random_matrix(random, 200, rank);
    const MatrixXd table = reference * turn.transpose();
    const MatrixXd frame = random_orthogonal(random, d, 1);
    const MatrixXd m = frame.transpose() * table.transpose() * reference * frame;
    CHECK((gauge_rotation(m) - frame.transpose() * turn * frame).norm() < 1e-5);
  }
}

TEST_CASE("nothing to go by leaves the frame alone") {
  MatrixXd m = MatrixXd::Zero(5, 5);
  CHECK(gauge_rotation(m) == identity(5));
  m(2, 3) = std::numeric_limits<double>::quiet_NaN();
  CHECK(gauge_rotation(m) == identity(5));
  m(2, 3) = std::numeric_limits<double>::infinity();
  CHECK(gauge_rotation(m) == identity(5));
}

TEST_CASE("a symmetric positive definite overlap needs no rotation") {
  Random random(9);
  const MatrixXd z = random_matrix(random, 50, 12);
  CHECK((gauge_rotation(z.transpose() * z) - identity(12)).norm() < 1e-10);
}

TEST_CASE("the angle of a plane rotation is its angle, small ones to full relative accuracy") {
  for (const double angle : {1e-12, 1e-6, .1, 1.0, 3.0}) {
    CHECK(rotation_angle(plane_rotation(6, angle)) == doctest::Approx(angle).epsilon(1e-12));
    CHECK(rotation_angle(plane_rotation(6, -angle)) == doctest::Approx(angle).epsilon(1e-12));
  }
  CHECK(rotation_angle(identity(6)) == 0);
}

TEST_CASE("the angle of a reflection is pi") {
  MatrixXd mirror = identity(4);
  mirror(2, 2) = -1;
  CHECK(rotation_angle(mirror) == doctest::Approx(std::numbers::pi));
  CHECK(rotation_angle(-identity(1)) == doctest::Approx(std::numbers::pi));
  Random random(10);
  CHECK(rotation_angle(random_orthogonal(random, 9, -1)) == doctest::Approx(std::numbers::pi));
}
