// Laws of the smoother: it minimises the joint problem, and its precision is that of a Kalman smoother.
#include <gaugeline/smoother.hpp>

#include <cmath>
#include <vector>

#include <doctest/doctest.h>
#include <support/random_matrices.hpp>
#include <support/smoothed_streams.hpp>

namespace {

using namespace gaugeline;
using namespace gaugeline::testing;

std::vector<Options> all_options() {
  std::vector<Options> all;
  for (const Likelihood likelihood : {Likelihood::skipgram, Likelihood::gaussian}) {
    for (const float reversion : {0.F, .3F}) {
      Options options = smoothed_options(likelihood);
      options.mean_reversion = reversion;
      all.push_back(options);
    }
  }
  return all;
}

TEST_CASE("the smoother's loss is that of the joint problem, it never rises, and it ends where the gradient vanishes") {
  const SmoothedStream stream(9);
  for (const Options& options : all_options()) {
    CAPTURE(static_cast<int>(options.likelihood));
    CAPTURE(options.mean_reversion);
    SmoothedRun<double> run(stream, options, {});
    const JointProblem problem = joint_problem_of(stream, options, run.counts);
    double last = run.smoother.loss(run.serial);
    CHECK(last == doctest::Approx(problem.loss(run.table())).epsilon(1e-10));
    DoubleTable gradient(problem.shape().rows(), problem.shape().dimension);
    problem.gradient(run.table(), gradient);
    const double start = gradient.norm();
    for (int sweep = 0; sweep < 3000; ++sweep) {
      const SmootherProgress progress = run.smoother.sweep(run.serial).value();
      const double loss = run.smoother.loss(run.serial);
      CHECK(loss <= last + 1e-9 * std::abs(last));
      last = loss;
      if (progress.moved < 1e-9) break;
    }
    CHECK(last == doctest::Approx(problem.loss(run.table())).epsilon(1e-10));
    problem.gradient(run.table(), gradient);
    CHECK(gradient.norm() < 1e-5 * start);
  }
}

}  // namespace
