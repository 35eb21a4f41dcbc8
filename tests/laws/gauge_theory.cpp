// Laws of the gauge: what turning slices, alike or each by its own frame, leaves as it is and what turns along.
#include <gaugeline/gauge_fixing.hpp>
#include <gaugeline/link_field.hpp>

#include <cmath>

#include <doctest/doctest.h>

#include "../support/gauge_transformations.hpp"
#include "../support/joint_problems.hpp"

namespace {

using namespace gaugeline;
using Eigen::Index;
using Eigen::MatrixXd;
using testing::turned;

constexpr LinkRule both_rules[] = {LinkRule::plain, LinkRule::invariant};

// Calls law(problem, z, direction, random) for every likelihood, prior, dimension and scale of the embeddings.
template <class Law>
void for_every_case(const Law& law) {
  for (const Index d : {1, 2, 3, 8}) {
    for (const double scale : {1e-6, 1e-3, 1.0, 1e3, 1e6}) {
      for (const auto& example : testing::joint_examples(d)) {
        CAPTURE(example.name);
        CAPTURE(d);
        CAPTURE(scale);
        Random random(70);
        const JointShape& shape = example.problem.shape();
        law(example.problem, testing::random_table(shape, 71, scale), testing::random_table(shape, 72, scale), random);
      }
    }
  }
}

DoubleTable gradient_of(const JointProblem& problem, const DoubleTable& z, LinkRule rule) {
  DoubleTable gradient(z.rows(), z.cols());
  problem.gradient(z, gradient, rule);
  return gradient;
}

DoubleTable hessian_product(const JointProblem& problem, const DoubleTable& z, const DoubleTable& direction,
                            LinkRule rule) {
  DoubleTable product(z.rows(), z.cols());
  problem.hessian_product(z, direction, product, rule);
  return product;
}

void check_same(const DoubleTable& a, const DoubleTable& b, double tolerance) {
  CHECK((a - b).norm() <= tolerance * b.norm());
}

TEST_CASE("one frame for all slices leaves the loss as it is, and gradient and Hessian-vector product turn along") {
  for_every_case([](const JointProblem& problem, const DoubleTable& z, const DoubleTable& direction, Random& random) {
    for (const double determinant : {1.0, -1.0}) {
      const MatrixXd frame = testing::random_orthogonal(random, z.cols(), determinant);
      for (const LinkRule rule : both_rules) {
        CHECK(problem.loss(z * frame, rule) == doctest::Approx(problem.loss(z, rule)).epsilon(1e-12));
        check_same(gradient_of(problem, z * frame, rule), gradient_of(problem, z, rule) * frame, 1e-11);
        check_same(hessian_product(problem, z * frame, direction * frame, rule),
                   hessian_product(problem, z, direction, rule) * frame, 1e-9);
      }
    }
  });
}

TEST_CASE("frames of their own change neither likelihoods nor norms nor the invariant coupling; gradients turn along") {
  for_every_case([](const JointProblem& problem, const DoubleTable& z, const DoubleTable& direction, Random& random) {
    const JointShape& shape = problem.shape();
    const MatrixField frames = testing::random_frames(random, shape);
    const DoubleTable other = turned(shape, z, frames);
    for (Index t = 0; t < shape.slices; ++t)
      CHECK(problem.likelihood_loss(other, t) == doctest::Approx(problem.likelihood_loss(z, t)).epsilon(1e-12));
    CHECK(problem.norm_loss(other) == doctest::Approx(problem.norm_loss(z)).epsilon(1e-13));
    const double coupling = problem.coupling_loss(z, LinkRule::invariant);
    CHECK(std::abs(problem.coupling_loss(other, LinkRule::invariant) - coupling) <= 1e-12 * coupling);
    check_same(gradient_of(problem, other, LinkRule::invariant),
               turned(shape, gradient_of(problem, z, LinkRule::invariant), frames), 1e-11);
    check_same(hessian_product(problem, other, turned(shape, direction, frames), LinkRule::invariant),
               turned(shape, hessian_product(problem, z, direction, LinkRule::invariant), frames), 1e-9);
  });
}

TEST_CASE("the plain coupling does change when one slice turns") {
  for (const auto& example : testing::joint_examples()) {
    const JointShape& shape = example.problem.shape();
    Random random(73);
    const DoubleTable z = testing::random_table(shape, 74, 1);
    const DoubleTable other = turned(shape, z, testing::random_frames(random, shape));
    CHECK(std::abs(example.problem.coupling_loss(other) - example.problem.coupling_loss(z)) > 1e-2);
  }
}

TEST_CASE("the gradient turns along with local rotations: H (Z_t A_t) = g_t A_t for skew A_t") {
  for_every_case([](const JointProblem& problem, const DoubleTable& z, const DoubleTable&, Random& random) {
    const JointShape& shape = problem.shape();
    const MatrixField skew = testing::random_generators(random, shape, 1);
    const MatrixField common(skew.size(), skew[0]);
    // Rounding is that of the Hessian, whose size the product with a table like z shows.
    const auto check = [&](const MatrixField& a, LinkRule rule) {
      const DoubleTable expected = turned(shape, gradient_of(problem, z, rule), a);
      const DoubleTable product = hessian_product(problem, z, turned(shape, z, a), rule);
      const double size = hessian_product(problem, z, z, rule).norm() + expected.norm();
      CHECK((product - expected).norm() <= 1e-10 * size);
    };
    check(skew, LinkRule::invariant);
    check(common, LinkRule::plain);
  });
}

TEST_CASE("at a minimum of the invariant problem local rotations are zero modes, and all other steps cost") {
  const JointShape shape{.slices = 3, .items = 5, .contexts = 4, .dimension = 2};
  const std::vector<double> times{0, 1, 2.5};
  for (const auto kind : {testing::LikelihoodKind::dense_gaussian, testing::LikelihoodKind::gaussian,
                          testing::LikelihoodKind::skipgram}) {
    const JointProblem problem = testing::random_problem(kind, shape, ornstein_uhlenbeck_prior(times, .2, .4), 75);
    DoubleTable z = testing::random_table(shape, 76, .5);
    DoubleTable gradient = gradient_of(problem, z, LinkRule::invariant);
    for (int step = 0; step < 40000 && gradient.norm() > 1e-11; ++step) {
      z -= .02 * gradient;
      gradient = gradient_of(problem, z, LinkRule::invariant);
    }
    REQUIRE(gradient.norm() < 1e-9);
    REQUIRE(z.norm() > 1);
    Random random(77);
    const DoubleTable rotation = turned(shape, z, testing::random_generators(random, shape, 1));
    CHECK(hessian_product(problem, z, rotation, LinkRule::invariant).norm() < 1e-8 * rotation.norm());
    const DoubleTable other = testing::random_table(shape, 78, 1);
    CHECK(hessian_product(problem, z, other, LinkRule::invariant).norm() > 1e-3 * other.norm());
    // With the plain coupling they cost, but for the common one.
    exact_transport()->fix(problem, z);
    const DoubleTable local = turned(shape, z, testing::random_generators(random, shape, 1));
    CHECK(hessian_product(problem, z, local, LinkRule::plain).norm() > 1e-3 * local.norm());
    const MatrixField common(3, testing::random_skew(random, 2, 1));
    CHECK(hessian_product(problem, z, turned(shape, z, common), LinkRule::plain).norm() < 1e-8 * z.norm());
  }
}

TEST_CASE("the invariant loss is the least of the link loss over links, and its gradient that with the best ones") {
  for_every_case([](const JointProblem& problem, const DoubleTable& z, const DoubleTable&, Random& random) {
    const JointShape& shape = problem.shape();
    const double least = problem.loss(z, LinkRule::invariant);
    const MatrixField best = best_links(shape, z);
    CHECK(link_loss(problem, z, best) == doctest::Approx(least).epsilon(1e-13));
    DoubleTable gradient(z.rows(), z.cols());
    MatrixField tangents;
    link_gradient(problem, z, best, gradient, tangents);
    check_same(gradient, gradient_of(problem, z, LinkRule::invariant), 1e-12);
    for (const MatrixXd& tangent : tangents) CHECK(tangent.norm() <= 1e-13 * z.squaredNorm());
    for (int draw = 0; draw < 5; ++draw) {
      CHECK(link_loss(problem, z, testing::random_frames(random, shape)) >= least * (1 - 1e-13));
      MatrixField near = best;
      move_links(near, testing::random_generators(random, shape, 1e-2));
      CHECK(link_loss(problem, z, near) >= least * (1 - 1e-13));
    }
  });
}

TEST_CASE("a gauge transformation leaves the link loss; differences, gradients and tangents turn with the frames") {
  for_every_case([](const JointProblem& problem, const DoubleTable& z, const DoubleTable&, Random& random) {
    const JointShape& shape = problem.shape();
    const MatrixField links = testing::random_frames(random, shape);
    const MatrixField frames = testing::random_frames(random, shape);
    DoubleTable other = z;
    MatrixField other_links = links;
    transform(shape, other, other_links, frames);

    DoubleTable gradient(z.rows(), z.cols());
    DoubleTable other_gradient(z.rows(), z.cols());
    MatrixField tangents;
    MatrixField other_tangents;
    const double loss = link_gradient(problem, z, links, gradient, tangents);
    CHECK(link_gradient(problem, other, other_links, other_gradient, other_tangents) ==
          doctest::Approx(loss).epsilon(1e-12));
    CHECK(link_loss(problem, other, other_links) == doctest::Approx(loss).epsilon(1e-12));
    check_same(other_gradient, turned(shape, gradient, frames), 1e-11);
    for (Index t = 1; t < shape.slices; ++t) {
      const auto slice = static_cast<std::size_t>(t);
      const MatrixXd& before = frames[slice - 1];
      check_same(covariant_difference(shape, other, other_links, t), covariant_difference(shape, z, links, t) * before,
                 1e-13);
      CHECK((other_tangents[slice] - before.transpose() * tangents[slice] * before).norm() <=
            1e-12 * z.squaredNorm() * problem.prior().coupling[slice]);
    }
  });
}

TEST_CASE("best links, holonomies and their angles belong to the embeddings, whatever the gauge") {
  for (const Index d : {1, 2, 3, 8}) {
    const JointShape shape{.slices = 4, .items = 9, .contexts = 8, .dimension = d};
    Random random(79);
    const DoubleTable z = testing::random_table(shape, 80, 1);
    const MatrixField links = testing::random_frames(random, shape);
    const MatrixField frames = testing::random_frames(random, shape);
    DoubleTable other = z;
    MatrixField other_links = links;
    transform(shape, other, other_links, frames);
    DoubleTable again = z;
    MatrixField best = best_links(shape, z);
    transform(shape, again, best, frames);
    const MatrixField found = best_links(shape, again);
    for (std::size_t t = 1; t < best.size(); ++t) CHECK((found[t] - best[t]).norm() < 1e-11);
    for (Index first = 0; first < 3; ++first) {
      for (Index last = first + 1; last < 4; ++last) {
        const MatrixXd& frame = frames[static_cast<std::size_t>(first)];
        const MatrixXd expected = frame.transpose() * holonomy(shape, z, links, first, last) * frame;
        CHECK((holonomy(shape, other, other_links, first, last) - expected).norm() < 1e-11);
        CHECK(holonomy_angle(shape, other, other_links, first, last) ==
              doctest::Approx(holonomy_angle(shape, z, links, first, last)).epsilon(1e-6));
      }
    }
  }
}

// Embeddings and links go down their gradients together, links along their tangents.
void descend(const JointProblem& problem, DoubleTable& z, MatrixField& links, int steps) {
  DoubleTable gradient(z.rows(), z.cols());
  MatrixField tangents;
  for (int step = 0; step < steps; ++step) {
    link_gradient(problem, z, links, gradient, tangents);
    z -= .01 * gradient;
    for (MatrixXd& tangent : tangents) tangent *= -.01;
    move_links(links, tangents);
  }
}

TEST_CASE("descent in embeddings and links is covariant under every gauge transformation, and lowers the loss") {
  for (const auto& example : testing::joint_examples()) {
    CAPTURE(example.name);
    const JointProblem& problem = example.problem;
    const JointShape& shape = problem.shape();
    Random random(81);
    DoubleTable z = testing::random_table(shape, 82, .6);
    MatrixField links = testing::random_frames(random, shape);
    const MatrixField frames = testing::random_frames(random, shape);
    DoubleTable other = z;
    MatrixField other_links = links;
    transform(shape, other, other_links, frames);
    const double before = link_loss(problem, z, links);
    descend(problem, z, links, 50);
    descend(problem, other, other_links, 50);
    CHECK(link_loss(problem, z, links) < .8 * before);
    transform(shape, z, links, frames);
    check_same(other, z, 1e-11);
    for (std::size_t t = 1; t < links.size(); ++t) CHECK((other_links[t] - links[t]).norm() < 1e-11);
  }
}

}  // namespace
