#include <gaugeline/gauge_fixing.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <doctest/doctest.h>

#include "../../lib/src/goldstone.hpp"
#include "../support/gauge_transformations.hpp"
#include "../support/joint_problems.hpp"

namespace {

using namespace gaugeline;
using Eigen::Index;
using Eigen::MatrixXd;

constexpr GoldstoneRate rates[] = {GoldstoneRate::authors, GoldstoneRate::sum, GoldstoneRate::newton};

std::vector<std::unique_ptr<GaugeStep>> every_step() {
  std::vector<std::unique_ptr<GaugeStep>> steps;
  steps.push_back(exact_transport());
  for (const GoldstoneRate rate : rates) steps.push_back(goldstone_step(rate));
  return steps;
}

// The coupling alone.
JointProblem chain(const JointShape& shape, std::vector<double> coupling) {
  std::vector<std::unique_ptr<SliceLikelihood>> none;
  for (Index t = 0; t < shape.slices; ++t) none.push_back(gaussian_likelihood({}, 1));
  std::vector<double> norm(coupling.size(), 0);
  return {shape, std::move(none), {.coupling = std::move(coupling), .norm = std::move(norm)}};
}

void check_gauge_step(GaugeStep& step, const JointProblem& problem, const DoubleTable& z) {
  CAPTURE(step.name());
  const JointShape& shape = problem.shape();
  DoubleTable fixed = z;
  step.fix(problem, fixed);
  REQUIRE(fixed.allFinite());
  const double before = problem.coupling_loss(z);
  CHECK(problem.coupling_loss(fixed) <= before + 1e-12 * (before + z.squaredNorm()));
  for (Index t = 0; t < shape.slices; ++t) {
    const double likelihood = problem.likelihood_loss(z, t);
    CHECK(std::abs(problem.likelihood_loss(fixed, t) - likelihood) <= 1e-12 * std::abs(likelihood));
    // Turned as a whole: the scalar products between the slice's rows are the same.
    const DoubleTable was = slice_rows(z, shape, t);
    const DoubleTable is = slice_rows(fixed, shape, t);
    CHECK((is * is.transpose() - was * was.transpose()).norm() <= 1e-13 * was.squaredNorm());
  }
}

TEST_CASE("a gauge step never raises the coupling, and turns every slice as a whole") {
  for (const Index d : {1, 2, 3, 8}) {
    for (const auto& example : testing::joint_examples(d)) {
      for (const double scale : {1e-6, 1e-2, 1.0, 1e2, 1e6}) {
        CAPTURE(example.name);
        CAPTURE(d);
        CAPTURE(scale);
        const DoubleTable z = testing::random_table(example.problem.shape(), 21, scale);
        for (const auto& step : every_step()) check_gauge_step(*step, example.problem, z);
      }
    }
  }
}

TEST_CASE("gauge steps bear slices of zeros, tables without full rank, a single slice and links of strength 0") {
  const JointShape shape{.slices = 4, .items = 3, .contexts = 3, .dimension = 3};
  const JointProblem tied = chain(shape, {0, 1, 2, .5});
  const DoubleTable z = testing::random_table(shape, 22, 1);
  DoubleTable zero_slice = z;
  slice_rows(zero_slice, shape, 1).setZero();
  DoubleTable flat = z;
  flat.col(1).setZero();
  DoubleTable thin = z;
  thin.col(2) = thin.col(0) - 2 * thin.col(1);
  const DoubleTable zero = DoubleTable::Zero(shape.rows(), 3);
  const JointShape one{.slices = 1, .items = 3, .contexts = 3, .dimension = 3};
  for (const auto& step : every_step()) {
    for (const DoubleTable& table : {zero_slice, flat, thin, zero}) {
      check_gauge_step(*step, tied, table);
      check_gauge_step(*step, chain(shape, {0, 1, 0, 2}), table);
      check_gauge_step(*step, chain(shape, {0, 0, 0, 0}), table);
    }
    check_gauge_step(*step, chain(one, {0}), testing::random_table(one, 23, 1));
  }
}

TEST_CASE("exact transport leaves a table alone that is in place") {
  const JointShape shape{.slices = 4, .items = 3, .contexts = 3, .dimension = 3};
  const JointProblem problem = chain(shape, {0, 1, 0, .5});
  DoubleTable tables[4];
  for (DoubleTable& z : tables) z = testing::random_table(shape, 24, 1);
  slice_rows(tables[1], shape, 1).setZero();
  tables[2].col(1).setZero();
  item_rows(tables[3], shape, 1).setZero();  // one direction is left in this slice, and two in the next
  context_rows(tables[3], shape, 1).bottomRows(2).setZero();
  slice_rows(tables[3], shape, 2).col(0).setZero();
  for (DoubleTable& z : tables) {
    exact_transport()->fix(problem, z);
    DoubleTable again = z;
    exact_transport()->fix(problem, again);
    CHECK((again - z).norm() < 1e-12 * z.norm());
  }
}

TEST_CASE("exact transport reaches the invariant coupling") {
  for (const auto& example : testing::joint_examples()) {
    DoubleTable z = testing::random_table(example.problem.shape(), 25, 1);
    const double least = example.problem.coupling_loss(z, LinkRule::invariant);
    exact_transport()->fix(example.problem, z);
    CHECK(example.problem.coupling_loss(z) == doctest::Approx(least).epsilon(1e-13));
  }
}

// Descent of the coupling over the slices' frames from a random start with given determinants.
double descend_frames(const JointProblem& problem, const DoubleTable& z, unsigned reflections, Random& random) {
  const JointShape& shape = problem.shape();
  MatrixField frames;
  double largest = 0;
  for (Index t = 0; t < shape.slices; ++t) {
    frames.push_back(testing::random_orthogonal(random, shape.dimension, ((reflections >> t) & 1U) != 0 ? -1 : 1));
    largest = std::max(largest, slice_rows(z, shape, t).squaredNorm());
  }
  frames[0].setIdentity();
  const double rate = 1 / (2 * largest * *std::ranges::max_element(problem.prior().coupling));
  for (int step = 0; step < 400; ++step) {
    const DoubleTable now = testing::turned(shape, z, frames);
    DoubleTable gradient(z.rows(), z.cols());
    problem.gradient(now, gradient);
    for (Index t = 1; t < shape.slices; ++t) {
      const MatrixXd slope = slice_rows(now, shape, t).transpose() * slice_rows(gradient, shape, t);
      MatrixXd& frame = frames[static_cast<std::size_t>(t)];
      frame = (frame * skew_exponential(-rate * (slope - slope.transpose()))).eval();
    }
  }
  return problem.coupling_loss(testing::turned(shape, z, frames));
}

TEST_CASE("no descent over frames of any determinants gets below exact transport, and the best one gets there") {
  for (const Index slices : {3, 4}) {
    for (const Index d : {1, 2, 3}) {
      CAPTURE(slices);
      CAPTURE(d);
      const JointShape shape{.slices = slices, .items = 2, .contexts = 3, .dimension = d};
      const JointProblem problem = chain(shape, {0, 1, 2, .5});
      const DoubleTable z = testing::random_table(shape, 26, 1);
      Random random(27);
      double best = std::numeric_limits<double>::infinity();
      for (unsigned reflections = 0; reflections < 1U << slices; reflections += 2) {
        for (int start = 0; start < 6; ++start) best = std::min(best, descend_frames(problem, z, reflections, random));
      }
      DoubleTable fixed = z;
      exact_transport()->fix(problem, fixed);
      const double transported = problem.coupling_loss(fixed);
      CHECK(transported <= best * (1 + 1e-12));
      CHECK(transported == doctest::Approx(best).epsilon(1e-4));
    }
  }
}

TEST_CASE("the Goldstone step's expansion is of second order, and its gradient agrees with differences") {
  for (const Index d : {2, 3, 5}) {
    const JointShape shape{.slices = 4, .items = 4, .contexts = 5, .dimension = d};
    const JointProblem problem = chain(shape, {0, 1, 2, .5});
    const DoubleTable z = testing::random_table(shape, 28, 1);
    ExpandedCoupling expanded{{MatrixXd{}}};
    for (Index t = 1; t < shape.slices; ++t)
      expanded.overlaps.emplace_back(problem.prior().coupling[static_cast<std::size_t>(t)] *
                                     slice_rows(z, shape, t).transpose() * slice_rows(z, shape, t - 1));
    Random random(29);
    const MatrixField a = testing::random_generators(random, shape, .5);
    const MatrixField direction = testing::random_generators(random, shape, 1);
    const auto along = [&](const MatrixField& from, double h) {
      MatrixField sum = from;
      for (std::size_t t = 0; t < sum.size(); ++t) sum[t] += h * direction[t];
      return sum;
    };
    const MatrixField gradient = expanded.gradient(a);
    double slope = 0;
    for (std::size_t t = 0; t < a.size(); ++t) slope += gradient[t].cwiseProduct(direction[t]).sum();
    // A quadratic function: central differences are exact.
    CHECK(slope == doctest::Approx(expanded.value(along(a, .5)) - expanded.value(along(a, -.5))).epsilon(1e-11));

    const MatrixField still(a.size(), MatrixXd::Zero(d, d));
    const auto rest = [&](double h) {
      MatrixField frames;
      for (const MatrixXd& generator : along(still, h)) frames.push_back(skew_exponential(generator));
      const double exact = problem.coupling_loss(testing::turned(shape, z, frames)) - problem.coupling_loss(z);
      return exact - (expanded.value(along(still, h)) - expanded.value(still));
    };
    CHECK(std::abs(rest(1e-2)) < 1e-4 * z.squaredNorm());
    CHECK(rest(1e-2) == doctest::Approx(8 * rest(5e-3)).epsilon(.1));
  }
}

// One table in all slices, turned by a random walk of frames with steps of that Frobenius norm: all coupling is gauge.
DoubleTable excitation(const JointShape& shape, double step, Random& random) {
  const DoubleTable table = testing::random_table(shape.rows_per_slice(), shape.dimension, 30, 1);
  DoubleTable z(shape.rows(), shape.dimension);
  MatrixXd frame = MatrixXd::Identity(shape.dimension, shape.dimension);
  for (Index t = 0; t < shape.slices; ++t) {
    slice_rows(z, shape, t) = table * frame;
    const MatrixXd turn = testing::random_skew(random, shape.dimension, 1);
    frame = (frame * skew_exponential(step / turn.norm() * turn)).eval();
  }
  return z;
}

// The generators of a step, from the table before and after it.
MatrixField generators_of(const JointShape& shape, const DoubleTable& before, const DoubleTable& after) {
  MatrixField generators;
  for (Index t = 0; t < shape.slices; ++t) {
    const MatrixXd turn = polar_factor(slice_rows(before, shape, t).transpose() * slice_rows(after, shape, t));
    generators.push_back(orthogonal_logarithm(turn).gamma);
  }
  return generators;
}

TEST_CASE("one inner Goldstone step is the gradient, preconditioned by the weighted Laplacian, times the rate") {
  const JointShape shape{.slices = 5, .items = 6, .contexts = 6, .dimension = 3};
  const std::vector<double> coupling{0, 1, 4, .5, 2};
  const JointProblem problem = chain(shape, coupling);
  Random random(36);
  const DoubleTable z = excitation(shape, .1, random);
  // At rest the gradient of a link is lambda (M^T - M)/2, once with each sign; the Laplacian is shifted by
  // mean(lambda)/T.
  std::vector<MatrixXd> gradient(5, MatrixXd::Zero(3, 3));
  MatrixXd laplacian = (7.5 / 4 / 5) * MatrixXd::Identity(5, 5);
  for (Index t = 1; t < 5; ++t) {
    const auto slice = static_cast<std::size_t>(t);
    const MatrixXd m = slice_rows(z, shape, t).transpose() * slice_rows(z, shape, t - 1);
    gradient[slice] += coupling[slice] * (m.transpose() - m) / 2;
    gradient[slice - 1] -= coupling[slice] * (m.transpose() - m) / 2;
    laplacian(t, t) += coupling[slice];
    laplacian(t - 1, t - 1) += coupling[slice];
    laplacian(t, t - 1) -= coupling[slice];
    laplacian(t - 1, t) -= coupling[slice];
  }
  const MatrixXd inverse = laplacian.inverse();
  const double rate_over_sum = 3 / z.squaredNorm();
  for (const auto& [name, rate] :
       {std::pair{GoldstoneRate::authors, rate_over_sum}, std::pair{GoldstoneRate::sum, 4 * rate_over_sum},
        std::pair{GoldstoneRate::newton, 5 * rate_over_sum}}) {
    DoubleTable fixed = z;
    goldstone_step(name, 1)->fix(problem, fixed);
    const MatrixField generators = generators_of(shape, z, fixed);
    for (Index t = 0; t < 5; ++t) {
      MatrixXd expected = MatrixXd::Zero(3, 3);
      for (Index s = 0; s < 5; ++s) expected -= rate * inverse(t, s) * gradient[static_cast<std::size_t>(s)];
      CHECK((generators[static_cast<std::size_t>(t)] - expected).norm() < 1e-12);
    }
  }
}

TEST_CASE("a Goldstone step does not turn the chain as a whole") {
  const JointShape shape{.slices = 5, .items = 6, .contexts = 6, .dimension = 3};
  Random random(37);
  const DoubleTable z = excitation(shape, .5, random);
  DoubleTable fixed = z;
  goldstone_step(GoldstoneRate::newton)->fix(chain(shape, {0, 1, 4, .5, 2}), fixed);
  MatrixXd sum = MatrixXd::Zero(3, 3);
  double largest = 0;
  for (const MatrixXd& generator : generators_of(shape, z, fixed)) {
    sum += generator;
    largest = std::max(largest, generator.norm());
  }
  CHECK(largest > .1);
  CHECK(sum.norm() < 1e-12);
}

TEST_CASE("a few Goldstone steps of Newton's scale remove a pure excitation, whatever the couplings' scale") {
  for (const Index slices : {10, 30}) {
    for (const double strength : {1e-6, 1.0, 1e6}) {
      CAPTURE(slices);
      CAPTURE(strength);
      const JointShape shape{.slices = slices, .items = 40, .contexts = 40, .dimension = 4};
      std::vector<double> coupling;
      for (Index t = 0; t < slices; ++t) coupling.push_back(strength * (1 + .5 * static_cast<double>(t % 3)));
      const JointProblem problem = chain(shape, coupling);
      Random random(31);
      DoubleTable z = excitation(shape, .3, random);
      const double before = problem.coupling_loss(z);
      const auto step = goldstone_step(GoldstoneRate::newton);
      for (int k = 0; k < 4; ++k) step->fix(problem, z);
      CHECK(problem.coupling_loss(z) < 1e-5 * before);
      exact_transport()->fix(problem, z);
      CHECK(problem.coupling_loss(z) < 1e-25 * before);
    }
  }
}

TEST_CASE("the slower rates descend in the order of their names") {
  const JointShape shape{.slices = 12, .items = 10, .contexts = 10, .dimension = 3};
  const JointProblem problem = chain(shape, std::vector<double>(12, 1));
  Random random(32);
  const DoubleTable start = excitation(shape, .2, random);
  double last = problem.coupling_loss(start);
  for (const GoldstoneRate rate : rates) {
    DoubleTable z = start;
    goldstone_step(rate)->fix(problem, z);
    CHECK(problem.coupling_loss(z) < .9 * last);
    last = problem.coupling_loss(z);
  }
}

TEST_CASE("a Goldstone step leaves domain walls, exact transport takes them away") {
  const JointShape shape{.slices = 6, .items = 8, .contexts = 8, .dimension = 3};
  const JointProblem problem = chain(shape, {0, 1, 2, .5, 1, 1});
  Random random(33);
  DoubleTable z = excitation(shape, .3, random);
  slice_rows(z, shape, 2).col(1) *= -1;
  slice_rows(z, shape, 4).col(0) *= -1;
  slice_rows(z, shape, 5).col(2) *= -1;
  CHECK(domain_walls(best_links(shape, z)) == 3);
  const auto step = goldstone_step(GoldstoneRate::newton);
  for (int k = 0; k < 30; ++k) {
    step->fix(problem, z);
    CHECK(domain_walls(best_links(shape, z)) == 3);
  }
  CHECK(problem.coupling_loss(z) > 1);
  exact_transport()->fix(problem, z);
  CHECK(domain_walls(best_links(shape, z)) == 0);
  CHECK(problem.coupling_loss(z) < 1e-20);
}

TEST_CASE("a Goldstone step may serve problems with other couplings in turn") {
  const JointShape shape{.slices = 6, .items = 8, .contexts = 8, .dimension = 3};
  const auto step = goldstone_step(GoldstoneRate::newton);
  for (const double strength : {1.0, 4.0, 1.0}) {
    const JointProblem problem = chain(shape, {0, 1, strength, .5, strength, 1});
    DoubleTable z = testing::random_table(shape, 34, 1);
    DoubleTable other = z;
    step->fix(problem, z);
    goldstone_step(GoldstoneRate::newton)->fix(problem, other);
    CHECK(z == other);
  }
}

TEST_CASE("the exponential of a skew matrix is orthogonal, and a rotation by its angle") {
  Random random(35);
  for (const Index d : {1, 2, 3, 8, 40}) {
    for (const double scale : {1e-9, 1e-3, .3, 3.0, 1e3}) {
      const MatrixXd a = testing::random_skew(random, d, scale);
      const MatrixXd r = skew_exponential(a);
      CHECK((r.transpose() * r - MatrixXd::Identity(d, d)).norm() < 1e-15 * static_cast<double>(d));
      CHECK((r * skew_exponential(-a) - MatrixXd::Identity(d, d)).norm() < 1e-15 * (10 + 10 * a.norm()));
      CHECK((r - skew_exponential(a / 2) * skew_exponential(a / 2)).norm() < 1e-15 * (10 + 10 * a.norm()));
    }
  }
  for (const double angle : {-2.0, 1e-8, .5, 3.0, 30.0}) {
    const MatrixXd r = skew_exponential(MatrixXd{{0, -angle}, {angle, 0}});
    CHECK(r(0, 0) == doctest::Approx(std::cos(angle)).epsilon(1e-13));
    CHECK(r(1, 0) == doctest::Approx(std::sin(angle)).epsilon(1e-13));
  }
}

}  // namespace
