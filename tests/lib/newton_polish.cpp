#include <gaugeline/newton_polish.hpp>

#include <array>

#include <doctest/doctest.h>

#include <gaugeline/symmetry_modes.hpp>

#include "../support/joint_problems.hpp"
#include "../support/random_matrices.hpp"

namespace {

using namespace gaugeline;
using Eigen::Index;

constexpr std::array both_rules{LinkRule::plain, LinkRule::invariant};

DoubleTable start_of(const JointProblem& problem) {
  DoubleTable z = testing::random_table(problem.shape(), 5, .6);
  for (Index t = 1; t < problem.shape().slices; ++t)
    slice_rows(z, problem.shape(), t) = slice_rows(z, problem.shape(), 0);
  return z;
}

TEST_CASE("a polished table is a minimum, and reports what it is") {
  for (const auto& example : testing::joint_examples()) {
    for (const LinkRule rule : both_rules) {
      CAPTURE(example.name);
      CAPTURE(static_cast<int>(rule));
      DoubleTable z = start_of(example.problem);
      const double before = example.problem.loss(z, rule);
      const PolishReport report = polish(example.problem, {.rule = rule, .newton_steps = 200}, z);
      CHECK(report.gradient_norm < 1e-10);
      CHECK(report.loss < before);
      CHECK(report.newton_steps > 0);
      CHECK(report.newton_steps < 200);
      CHECK(report.hessian_products > 0);
      DoubleTable gradient(z.rows(), z.cols());
      CHECK(example.problem.gradient(z, gradient, rule) == doctest::Approx(report.loss).epsilon(1e-13));
      CHECK(gradient.norm() < 1e-10);
      for (const std::uint64_t seed : {1, 2, 3})  // in every direction it goes up
        CHECK(example.problem.loss(z + testing::random_table(example.problem.shape(), seed, 1e-3), rule) >
              report.loss - 1e-12 * report.loss);
    }
  }
}

TEST_CASE("steps are counted, and the loss falls with each") {
  const JointProblem problem = std::move(testing::joint_examples().front().problem);
  DoubleTable z = start_of(problem);
  double loss = problem.loss(z);
  for (int i = 0; i < 5; ++i) {
    const PolishReport report = polish(problem, {.newton_steps = 1}, z);
    CHECK(report.newton_steps == 1);
    CHECK_FALSE(report.converged);
    CHECK(report.loss < loss);
    loss = report.loss;
  }
  CHECK(polish(problem, {.gradient_tolerance = 1e-6, .newton_steps = 200}, z).converged);
  CHECK(polish(problem, {.gradient_tolerance = 1e-5, .newton_steps = 200}, z).newton_steps == 0);
}

TEST_CASE("polishing turns with the frame") {
  Random random(2);
  for (const auto& example : testing::joint_examples()) {
    const Eigen::MatrixXd turn = testing::random_orthogonal(random, 3, -1);
    DoubleTable z = start_of(example.problem);
    DoubleTable turned = z * turn;
    polish(example.problem, {.newton_steps = 200}, z);
    polish(example.problem, {.newton_steps = 200}, turned);
    CHECK((turned - z * turn).norm() < 1e-6 * z.norm());
  }
}

TEST_CASE("rotations are zero modes at a minimum, and projected out") {
  Random random(4);
  for (const auto& example : testing::joint_examples()) {
    for (const LinkRule rule : both_rules) {
      DoubleTable z = start_of(example.problem);
      polish(example.problem, {.newton_steps = 200}, z);
      const ZeroModes modes(example.problem, z, rule);
      CHECK(modes.size() == (rule == LinkRule::plain ? 3 : 12));
      CHECK(modes.groups().size() == (rule == LinkRule::plain ? 1U : 4U));
      CHECK(modes.residual(example.problem, z, rule) < 1e-9);
      Eigen::VectorXd direction = testing::random_table(example.problem.shape(), 8, 1).reshaped<Eigen::RowMajor>();
      const double length = direction.norm();
      modes.project_out(direction);
      CHECK(direction.norm() < length);
      const Eigen::VectorXd once = direction;
      modes.project_out(direction);
      CHECK((direction - once).norm() < 1e-13 * length);
      DoubleTable rotated = z;  // along a rotation of the first slice: all of it goes with the invariant rule
      Eigen::MatrixXd skew = testing::random_matrix(random, 3, 3);
      skew = (skew - skew.transpose()).eval();
      rotated.setZero();
      slice_rows(rotated, example.problem.shape(), 0) = slice_rows(z, example.problem.shape(), 0) * skew;
      direction = rotated.reshaped<Eigen::RowMajor>();
      modes.project_out(direction);
      const double left = direction.norm() / rotated.norm();
      CHECK((rule == LinkRule::invariant ? left < 1e-13 : left > .5));
    }
  }
}

TEST_CASE("directions of slices whose rows span less than the space have a lower rank") {
  const JointShape shape{.slices = 1, .items = 4, .contexts = 3, .dimension = 3};
  DoubleTable z = testing::random_table(shape, 3, 1);
  z.col(2).setZero();
  const SliceDirections rotations = rotation_directions(shape, z, 0, 1);
  const SliceDirections stretches = stretch_directions(shape, z, 0, rotations);
  CHECK(rotations.rank == 3);
  CHECK(stretches.rank == 5);  // A = e3 e3^T moves nothing
  z.col(1).setZero();
  CHECK(rotation_directions(shape, z, 0, 1).rank == 2);
  z.setZero();
  CHECK(rotation_directions(shape, z, 0, 1).rank == 0);
  CHECK(stretch_directions(shape, z, 0, rotation_directions(shape, z, 0, 1)).rank == 0);
}

TEST_CASE("stretches leave the likelihood alone, and are orthogonal to rotations") {
  for (const auto& example : testing::joint_examples()) {
    const JointShape& shape = example.problem.shape();
    const DoubleTable z = testing::random_table(shape, 9, .6);
    const SliceDirections rotations = rotation_directions(shape, z, 2, 1);
    const SliceDirections stretches = stretch_directions(shape, z, 2, rotations);
    REQUIRE(stretches.rank == 6);
    CHECK((stretches.basis.transpose() * stretches.basis - Eigen::MatrixXd::Identity(6, 6)).norm() < 1e-12);
    CHECK((rotations.basis.transpose() * stretches.basis).norm() < 1e-12);
    for (Index i = 0; i < 6; ++i) {
      DoubleTable moved = DoubleTable::Zero(z.rows(), z.cols());
      const Eigen::VectorXd column = stretches.basis.col(i);
      slice_rows(moved, shape, 2) = Eigen::Map<const DoubleTable>(column.data(), shape.rows_per_slice(), 3);
      constexpr double h = 1e-5;
      const double slope =
          (example.problem.likelihood_loss(z + h * moved, 2) - example.problem.likelihood_loss(z - h * moved, 2)) /
          (2 * h);
      CHECK(std::abs(slope) < 1e-7);
    }
  }
}

}  // namespace
