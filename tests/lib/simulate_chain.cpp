// Chains of slices with a known truth. What pins G1 to the reference are its optima (laws.gauge_convergence); here its
// loss at the random start.
#include <gaugeline/simulate_chain.hpp>

#include <cmath>

#include <doctest/doctest.h>
#include <gaugeline/link_field.hpp>

namespace {

using namespace gaugeline;

TEST_CASE("G1 at its random start") {
  const JointProblem problem = gaussian_chain({.seed = 1, .slices = 10, .coupling = 2, .norm = .5});
  CHECK(problem.shape().rows() == 2000);
  CHECK(problem.shape().dimension == 8);
  CHECK(problem.prior().coupling == std::vector<double>(10, 2));
  CHECK(problem.prior().norm == std::vector<double>(10, .5));
  const DoubleTable z = random_chain_start(problem.shape());
  double likelihood = 0;
  for (Eigen::Index t = 0; t < 10; ++t) likelihood += problem.likelihood_loss(z, t);
  CHECK(likelihood == doctest::Approx(54751.4949924847).epsilon(1e-12));
  CHECK(problem.coupling_loss(z) == doctest::Approx(917.920163111909).epsilon(1e-12));
  CHECK(z.squaredNorm() == doctest::Approx(16000 * .09 / std::sqrt(8)).epsilon(.05));
  CHECK(domain_walls(best_links(problem.shape(), z)) == 4);
}

TEST_CASE("an excitation turns slices after the first one, and moves no likelihood") {
  const JointProblem problem = gaussian_chain({.rows = 20, .dimension = 3, .slices = 5});
  const DoubleTable start = random_chain_start(problem.shape());
  DoubleTable z = start;
  excite_goldstone_modes(problem.shape(), z);
  CHECK(slice_rows(z, problem.shape(), 0) == slice_rows(start, problem.shape(), 0));
  CHECK(domain_walls(best_links(problem.shape(), z)) == domain_walls(best_links(problem.shape(), start)));
  CHECK(problem.norm_loss(z) == doctest::Approx(problem.norm_loss(start)).epsilon(1e-13));
  for (Eigen::Index t = 0; t < 5; ++t) {
    CHECK(problem.likelihood_loss(z, t) == doctest::Approx(problem.likelihood_loss(start, t)).epsilon(1e-13));
  }
  // The first link turns by .3/sqrt(2) in one plane of three.
  const Eigen::MatrixXd turn =
      polar_factor(slice_rows(start, problem.shape(), 1).transpose() * slice_rows(z, problem.shape(), 1));
  CHECK((turn.trace() - 1) / 2 == doctest::Approx(std::cos(.3 / std::sqrt(2.))));
}

TEST_CASE("one dimension has no rotation to excite") {
  const JointProblem problem = gaussian_chain({.rows = 5, .dimension = 1, .slices = 3});
  DoubleTable z = random_chain_start(problem.shape());
  const DoubleTable start = z;
  excite_goldstone_modes(problem.shape(), z);
  CHECK(z == start);
}

TEST_CASE("the larger chains have the size that is asked for, and follow their seed") {
  SparseChainOptions options{.chain = {.seed = 3, .rows = 30, .dimension = 4, .slices = 6}, .pairs_per_slice = 2000};
  for (const auto make : {sparse_gaussian_chain, skipgram_chain}) {
    const JointProblem problem = make(options);
    const JointProblem same = make(options);
    SparseChainOptions other_options = options;
    other_options.chain.seed = 4;
    const JointProblem other = make(other_options);
    const DoubleTable z = random_chain_start(problem.shape());
    const DoubleTable zero = DoubleTable::Zero(z.rows(), z.cols());
    CHECK(problem.loss(z) == same.loss(z));
    CHECK(problem.loss(z) != other.loss(z));
    CHECK(std::isfinite(problem.loss(z)));
    CHECK(problem.likelihood_loss(z, 0) != problem.likelihood_loss(z, 1));
    CHECK(problem.loss(zero) > 0);
  }
  // 60 values of an item in each of 6 slices, each about (1 + .25)/(2 .25) at zero.
  const JointProblem gaussian = sparse_gaussian_chain(options);
  const DoubleTable zero = DoubleTable::Zero(gaussian.shape().rows(), 4);
  CHECK(gaussian.loss(zero) == doctest::Approx(30 * 60 * 6 * 1.25 / .5).epsilon(.3));
  // 2,000 pairs a slice, rounded by item, and k times as many negatives, of log 2 each at zero.
  CHECK(skipgram_chain(options).loss(zero) == doctest::Approx(6 * 2000 * 6 * std::log(2.)).epsilon(.01));
}

}  // namespace
