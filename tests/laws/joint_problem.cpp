// Laws of the joint problem: its derivatives agree with differences, and turning a slice changes the coupling alone.
#include <gaugeline/joint_problem.hpp>

#include <cmath>

#include <doctest/doctest.h>

#include "../support/joint_problems.hpp"

namespace {

using namespace gaugeline;
using Eigen::Index;

// Central differences of the fourth order along a direction.
template <class F>
double slope(const F& f, double h) {
  return (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h);
}

TEST_CASE("gradient and Hessian-vector product agree with differences") {
  for (const auto& example : testing::joint_examples()) {
    for (const LinkRule rule : {LinkRule::plain, LinkRule::invariant}) {
      CAPTURE(example.name);
      CAPTURE(static_cast<int>(rule));
      const JointProblem& problem = example.problem;
      const DoubleTable z = testing::random_table(problem.shape(), 5, .6);
      const DoubleTable direction = testing::random_table(problem.shape(), 6, 1);
      DoubleTable gradient(z.rows(), z.cols());
      const double loss = problem.gradient(z, gradient, rule);
      CHECK(loss == doctest::Approx(problem.loss(z, rule)).epsilon(1e-13));

      const double along = slope([&](double h) { return problem.loss(z + h * direction, rule); }, 1e-3);
      CHECK(gradient.cwiseProduct(direction).sum() == doctest::Approx(along).epsilon(1e-8));

      DoubleTable product(z.rows(), z.cols());
      problem.hessian_product(z, direction, product, rule);
      const auto gradient_at = [&](double h) {
        DoubleTable g(z.rows(), z.cols());
        problem.gradient(z + h * direction, g, rule);
        return g;
      };
      constexpr double h = 1e-3;
      const DoubleTable difference =
          (8 * (gradient_at(h) - gradient_at(-h)) - (gradient_at(2 * h) - gradient_at(-2 * h))) / (12 * h);
      CHECK((product - difference).norm() < 1e-7 * product.norm());
    }
  }
}

}  // namespace
