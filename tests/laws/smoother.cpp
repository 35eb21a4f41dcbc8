// Laws of the smoother: it minimises the joint problem, and its precision is that of a Kalman smoother.
#include <gaugeline/smoother.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

#include <doctest/doctest.h>
#include <Eigen/LU>
#include <support/random_matrices.hpp>
#include <support/smoothed_streams.hpp>
#include <support/three_threads.hpp>

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

TEST_CASE("values: with enough steps a half-step is the exact solution of all rows of a side in all slices") {
  const SmoothedStream stream(9);
  for (const Options& options : all_options()) {
    if (options.likelihood != Likelihood::gaussian) continue;
    SmoothedRun<double> run(stream, options, {.conjugate_gradient_steps = 100});
    const JointProblem problem = joint_problem_of(stream, options, run.counts);
    DoubleTable gradient(problem.shape().rows(), problem.shape().dimension);
    problem.gradient(run.table(), gradient);
    const double start = gradient.norm();
    run.smoother.sweep(run.serial).value();
    problem.gradient(run.table(), gradient);
    // The contexts came last.
    for (Eigen::Index t = 0; t < problem.shape().slices; ++t)
      CHECK(context_rows(gradient, problem.shape(), t).norm() < 1e-9 * start);
  }
}

// The quadratic that a chain's precision is read off, as a matrix: data on the diagonal, links beside it. Of values,
// h_i = sum_j |w_j|^2 / (d sigma^2).
TEST_CASE("values: the smoothed precision is that of the inverse of the chain's information matrix") {
  const SmoothedStream stream(6);
  for (const Options& options : all_options()) {
    if (options.likelihood != Likelihood::gaussian) continue;
    CAPTURE(options.mean_reversion);
    SmoothedRun<double> run(stream, options, {});
    for (int sweep = 0; sweep < 300; ++sweep) run.smoother.sweep(run.serial).value();  // the other side is at rest
    const ChainPrior prior = joint_problem_of(stream, options, run.counts).prior();
    const auto slices = static_cast<Eigen::Index>(stream.all.size());
    for (std::uint32_t row = 0; row < smoothed_rows; ++row) {  // row 2 has no data
      Eigen::MatrixXd information = Eigen::MatrixXd::Zero(slices, slices);
      for (Eigen::Index t = 0; t < slices; ++t) {
        const auto slice = static_cast<std::size_t>(t);
        const auto contexts = run.smoother.rows(slice, Side::contexts).embeddings;
        for (const PairValue& value : stream.all[slice].values) {
          if (value.item == row)
            information(t, t) += contexts.row(value.context).squaredNorm() / options.dimension /
                                 std::pow(static_cast<double>(options.noise_deviation), 2);
        }
        information(t, t) += prior.norm[slice];
        if (t == 0) continue;
        const double link = prior.coupling[slice];
        information(t, t) += link;
        information(t - 1, t - 1) += link;
        information(t, t - 1) -= link;
        information(t - 1, t) -= link;
      }
      const Eigen::MatrixXd covariance = information.inverse();
      for (Eigen::Index t = 0; t < slices; ++t) {
        const double precision = run.smoother.rows(static_cast<std::size_t>(t), Side::items).precision[row];
        CHECK(precision == doctest::Approx(1 / covariance(t, t)).epsilon(1e-4));
      }
    }
  }
}

TEST_CASE("turning every state by R turns the smoother's rows by R; the gauge steps' rotations change no loss") {
  Random random(5);
  const SmoothedStream stream(7);
  for (const double determinant : {1., -1.}) {
    for (const Options& options : all_options()) {
      const Eigen::MatrixXd by = random_orthogonal(random, options.dimension, determinant);
      SmoothedRun<double> run(stream, options, {});
      SmoothedRun<double> turned(stream, options, {});
      turned.smoother.rotate(by);
      CHECK(turned.smoother.loss(run.serial) == doctest::Approx(run.smoother.loss(run.serial)).epsilon(1e-12));
      for (int sweep = 0; sweep < 3; ++sweep) {
        run.smoother.sweep(run.serial).value();
        turned.smoother.sweep(run.serial).value();
      }
      const DoubleTable expected = run.table() * by;
      CHECK((turned.table() - expected).norm() < 1e-9 * expected.norm());
    }
  }
}

// The steps through time are exact, so that they bring the slices together by themselves: where a run ends does not
// depend on the gauge, as it does for first-order methods (gauge_convergence.cpp).
TEST_CASE("from random starts a run ends near where it ends from the filter, with and without gauge steps") {
  const SmoothedStream stream(8);
  for (const Options& options : all_options()) {
    CAPTURE(static_cast<int>(options.likelihood));
    SmoothedRun<double> fixed(stream, options, {});
    SmoothedRun<double> gauge_free(stream, options, {.gauge = GaugeFixing::none});
    SmoothedRun<double> warm(stream, options, {});
    fixed.smoother.start_at_random(3);
    gauge_free.smoother.start_at_random(3);
    CHECK(fixed.smoother.loss(fixed.serial) == gauge_free.smoother.loss(fixed.serial));
    CHECK(fixed.smoother.sweep(fixed.serial).value().rotation_angle > 1);
    CHECK(gauge_free.smoother.sweep(fixed.serial).value().rotation_angle == 0);
    for (int sweep = 0; sweep < 600; ++sweep) {
      for (auto* run : {&fixed, &gauge_free, &warm}) run->smoother.sweep(run->serial).value();
    }
    const double reached = warm.smoother.loss(fixed.serial);
    CHECK(fixed.smoother.loss(fixed.serial) == doctest::Approx(reached).epsilon(1e-2));
    CHECK(gauge_free.smoother.loss(fixed.serial) == doctest::Approx(reached).epsilon(1e-2));
  }
}

TEST_CASE("workers do not change a bit") {
  const SmoothedStream stream(6);
  for (Options options : all_options()) {
    options.worker_capacity = 3;
    SmoothedRun<float> one(stream, options, {});
    SmoothedRun<float> three(stream, options, {});
    ThreeThreads executor;
    for (int sweep = 0; sweep < 3; ++sweep) {
      one.smoother.sweep(one.serial).value();
      three.smoother.sweep(executor).value();
    }
    CHECK(one.table() == three.table());
    CHECK(one.smoother.loss(one.serial) == three.smoother.loss(executor));
    for (std::size_t t = 0; t < one.smoother.size(); ++t) {
      const auto a = one.smoother.rows(t, Side::contexts).precision;
      const auto b = three.smoother.rows(t, Side::contexts).precision;
      CHECK(std::ranges::equal(a, b));
    }
  }
}

}  // namespace
