#include <gaugeline/link_field.hpp>

#include <cmath>
#include <numbers>

#include <doctest/doctest.h>

#include <gaugeline/gauge.hpp>

#include "../../lib/src/skew_exponential.hpp"
#include "../support/gauge_transformations.hpp"
#include "../support/joint_problems.hpp"

namespace {

using namespace gaugeline;
using Eigen::Index;
using Eigen::MatrixXd;

double distance(const MatrixField& a, const MatrixField& b) {
  double sum = 0;
  for (std::size_t t = 1; t < a.size(); ++t) sum += (a[t] - b[t]).squaredNorm();
  return std::sqrt(sum);
}

double inner(const MatrixField& a, const MatrixField& b) {
  double sum = 0;
  for (std::size_t t = 1; t < a.size(); ++t) sum += a[t].cwiseProduct(b[t]).sum();
  return sum;
}

MatrixField scaled(double factor, MatrixField field) {
  for (MatrixXd& m : field) m *= factor;
  return field;
}

LinkCoordinates moved(LinkCoordinates from, double h, const MatrixField& direction) {
  for (std::size_t t = 0; t < direction.size(); ++t) from.generators[t] += h * direction[t];
  return from;
}

// R_last ... R_1.
MatrixXd way_back(const MatrixField& links) {
  MatrixXd turn = MatrixXd::Identity(links[0].rows(), links[0].cols());
  for (std::size_t t = 1; t < links.size(); ++t) turn = (links[t] * turn).eval();
  return turn;
}

// Central differences of the fourth order.
template <class F>
double slope(const F& f, double h = 1e-3) {
  return (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h);
}

TEST_CASE(
    "the link loss's gradients in the embeddings, along the links and in their generators agree with differences") {
  for (const Index d : {1, 2, 3, 5}) {
    for (const auto& example : testing::joint_examples(d)) {
      for (const double turns : {0.0, .3, 4.0}) {
        CAPTURE(example.name);
        CAPTURE(d);
        CAPTURE(turns);
        const JointProblem& problem = example.problem;
        const JointShape& shape = problem.shape();
        Random random(41);
        const DoubleTable z = testing::random_table(shape, 42, .6);
        const DoubleTable direction = testing::random_table(shape, 43, 1);
        const MatrixField omega = testing::random_generators(random, shape, 1);
        const LinkCoordinates coordinates{.fixed = testing::random_frames(random, shape),
                                          .generators = testing::random_generators(random, shape, turns)};
        const MatrixField links = links_at(coordinates);

        DoubleTable gradient(z.rows(), z.cols());
        MatrixField tangents;
        const double loss = link_gradient(problem, z, links, gradient, tangents);
        CHECK(loss == doctest::Approx(link_loss(problem, z, links)).epsilon(1e-13));
        const double along_z = slope([&](double h) { return link_loss(problem, z + h * direction, links); });
        CHECK(gradient.cwiseProduct(direction).sum() == doctest::Approx(along_z).epsilon(1e-8));
        const double along_links = slope([&](double h) {
          MatrixField other = links;
          move_links(other, scaled(h, omega));
          return link_loss(problem, z, other);
        });
        CHECK(std::abs(inner(tangents, omega) - along_links) < 1e-9 * loss);
        const double along_generators =
            slope([&](double h) { return link_loss(problem, z, links_at(moved(coordinates, h, omega))); });
        const MatrixField in_generators = generator_gradient(coordinates.generators, tangents);
        CHECK(std::abs(inner(in_generators, omega) - along_generators) < 1e-9 * loss);
        for (const MatrixField& field : {tangents, in_generators}) {
          for (const MatrixXd& m : field) CHECK((m + m.transpose()).norm() < 1e-14 * (1 + m.norm()));
        }
      }
    }
  }
}

TEST_CASE("coordinates give their links back, and hold each turn as a reflection and a principal logarithm") {
  Random random(44);
  for (const Index d : {1, 2, 3, 4, 8}) {
    CAPTURE(d);
    MatrixField links{MatrixXd::Identity(d, d), MatrixXd::Identity(d, d), -MatrixXd::Identity(d, d)};
    MatrixXd mirror = MatrixXd::Identity(d, d);
    mirror(d - 1, d - 1) = -1;
    links.push_back(mirror);
    links.emplace_back(mirror.colwise().reverse());
    for (const double determinant : {1.0, -1.0, 1.0, -1.0})
      links.push_back(testing::random_orthogonal(random, d, determinant));
    links.push_back(skew_exponential(testing::random_skew(random, d, 1e-9)));
    if (d > 1) {  // pi in a plane
      MatrixXd half_turn = mirror;
      half_turn(0, 0) = -1;
      const MatrixXd basis = testing::random_orthogonal(random, d, 1);
      links.emplace_back(basis * half_turn * basis.transpose());
    }
    const LinkCoordinates coordinates = coordinates_of(links);
    CHECK(distance(links_at(coordinates), links) < 1e-13);
    for (std::size_t t = 1; t < links.size(); ++t) {
      const MatrixXd& fixed = coordinates.fixed[t];
      const MatrixXd& gamma = coordinates.generators[t];
      CHECK((fixed * gamma - gamma * fixed).norm() < 1e-7);
      CHECK(fixed.trace() == doctest::Approx(static_cast<double>(links[t].determinant() < 0 ? d - 2 : d)));
      CHECK(gamma == -gamma.transpose());
      std::vector<double> work(gauge_work_doubles(static_cast<std::size_t>(d)));
      const double largest = Eigen::JacobiSVD<MatrixXd>(gamma).singularValues()(0);
      CHECK(rotation_angle(fixed * links[t], work) == doctest::Approx(largest).epsilon(1e-6));
    }
  }
}

TEST_CASE("with all links I the loss is the plain joint problem's, and absorbing links leads there") {
  for (const auto& example : testing::joint_examples()) {
    const JointProblem& problem = example.problem;
    const JointShape& shape = problem.shape();
    Random random(45);
    DoubleTable z = testing::random_table(shape, 46, .6);
    MatrixField links = testing::random_frames(random, shape);
    CHECK(link_loss(problem, z, identity_links(shape)) == doctest::Approx(problem.loss(z)).epsilon(1e-14));
    const double loss = link_loss(problem, z, links);
    const DoubleTable first = slice_rows(z, shape, 0);
    absorb_links(shape, z, links);
    CHECK(distance(links, identity_links(shape)) == 0);
    CHECK(problem.loss(z) == doctest::Approx(loss).epsilon(1e-13));
    CHECK(slice_rows(z, shape, 0) == first);
  }
}

TEST_CASE("smooth links are alike, keep both ends and the loss, and turn least; one wall at most is left, at the end") {
  for (const Index d : {1, 2, 3, 8}) {
    for (const auto& example : testing::joint_examples(d)) {
      for (std::uint64_t seed = 50; seed < 54; ++seed) {
        CAPTURE(d);
        CAPTURE(seed);
        const JointProblem& problem = example.problem;
        const JointShape& shape = problem.shape();
        Random random(seed);
        DoubleTable z = testing::random_table(shape, 47, .6);
        const DoubleTable start = z;
        MatrixField links = testing::random_frames(random, shape);
        const MatrixXd whole = way_back(links);
        const double loss = link_loss(problem, z, links);
        smooth_links(shape, z, links);
        CHECK(link_loss(problem, z, links) == doctest::Approx(loss).epsilon(1e-12));
        CHECK(slice_rows(z, shape, 0) == slice_rows(start, shape, 0));
        CHECK(slice_rows(z, shape, shape.slices - 1) == slice_rows(start, shape, shape.slices - 1));
        CHECK((way_back(links) - whole).norm() < 1e-13 * static_cast<double>(d));
        CHECK((links[1] - links[2]).norm() == 0);
        CHECK(domain_walls(links) == (whole.determinant() < 0 ? 1 : 0));
        CHECK((links[3].determinant() < 0) == (whole.determinant() < 0));
        const MatrixField once = links;
        const DoubleTable z_once = z;
        smooth_links(shape, z, links);
        CHECK(distance(links, once) < 1e-12);
        CHECK((z - z_once).norm() < 1e-12 * z.norm());
        if (domain_walls(links) == 1) continue;
        // Other ways to split the same product among rotations turn more.
        CHECK(distance(links, {links[0], links[1], links[1], links[1]}) < 1e-13);
        const auto turns = [](const MatrixField& field) {
          const MatrixField gamma = coordinates_of(field).generators;
          return inner(gamma, gamma);
        };
        MatrixField other = links;
        const MatrixXd bend = skew_exponential(testing::random_skew(random, d, .1));
        other[1] = bend * other[1];
        other[2] = other[2] * bend.transpose();
        CHECK((way_back(other) - whole).norm() < 1e-12);
        CHECK(turns(links) <= turns(other) + 1e-12);
      }
    }
  }
}

TEST_CASE("turns and walls of links with known angles") {
  const auto rotation = [](double angle) { return skew_exponential(MatrixXd{{0, -angle}, {angle, 0}}); };
  const MatrixField links{MatrixXd::Identity(2, 2), rotation(.25), rotation(-3), MatrixXd{{0, 1}, {1, 0}}};
  const std::vector<LinkTurn> turns = link_turns(links);
  CHECK(turns[1].angle == doctest::Approx(.25).epsilon(1e-13));
  CHECK(turns[2].angle == doctest::Approx(3).epsilon(1e-7));
  CHECK(turns[3].angle == doctest::Approx(std::numbers::pi).epsilon(1e-7));
  CHECK(turns[2].determinant == 1);
  CHECK(turns[3].determinant == -1);
  CHECK(domain_walls(links) == 1);

  // Two equal slices: the direct way turns by nothing, so that what is left is the turn of the links between them.
  const JointShape shape{.slices = 4, .items = 3, .contexts = 3, .dimension = 2};
  DoubleTable z = testing::random_table(shape, 48, 1);
  slice_rows(z, shape, 2) = slice_rows(z, shape, 0).eval();
  CHECK((holonomy(shape, z, links, 0, 2) - rotation(2.75)).norm() < 1e-13);
  CHECK(holonomy_angle(shape, z, links, 0, 2) == doctest::Approx(2.75).epsilon(1e-7));
  CHECK(holonomy_angle(shape, z, best_links(shape, z), 0, 1) < 1e-13);
}

TEST_CASE("there is no holonomy where all slices are one table in different frames") {
  const JointShape shape{.slices = 5, .items = 6, .contexts = 6, .dimension = 3};
  Random random(49);
  const DoubleTable one = testing::random_table(shape.rows_per_slice(), 3, 49, 1);
  const DoubleTable z = testing::turned(shape, one.replicate(5, 1), testing::random_frames(random, shape));
  for (Index first = 0; first < 4; ++first)
    for (Index last = first + 1; last < 5; ++last)
      CHECK(holonomy_angle(shape, z, best_links(shape, z), first, last) < 1e-13);
}

// Descent in the embeddings and the generators together; the rate halves when the loss would rise.
struct Descent {
  DoubleTable z;
  LinkCoordinates coordinates;
  double loss = 0;

  void run(const JointProblem& problem, int steps) {
    double rate = .05;
    DoubleTable gradient(z.rows(), z.cols());
    MatrixField tangents;
    for (int step = 0; step < steps; ++step) {
      loss = link_gradient(problem, z, links_at(coordinates), gradient, tangents);
      const MatrixField slopes = generator_gradient(coordinates.generators, tangents);
      while (rate > 1e-12) {
        const DoubleTable next = z - rate * gradient;
        const LinkCoordinates turned = moved(coordinates, -rate, slopes);
        if (link_loss(problem, next, links_at(turned)) <= loss) {
          z = next;
          coordinates = turned;
          break;
        }
        rate /= 2;
      }
    }
    loss = link_loss(problem, z, links_at(coordinates));
  }
};

TEST_CASE("joint descent in embeddings and generators lowers the loss and turns with a common rotation") {
  for (const auto& example : testing::joint_examples()) {
    for (std::uint64_t seed = 60; seed < 63; ++seed) {
      CAPTURE(example.name);
      const JointProblem& problem = example.problem;
      const JointShape& shape = problem.shape();
      Random random(seed);
      Descent descent{
          .z = testing::random_table(shape, seed, .6),
          .coordinates = {.fixed = identity_links(shape), .generators = testing::random_generators(random, shape, 1)}};
      Descent turned = descent;
      const MatrixXd common = testing::random_orthogonal(random, shape.dimension, seed % 2 == 0 ? 1 : -1);
      turned.z *= common;
      for (MatrixXd& gamma : turned.coordinates.generators) gamma = (common.transpose() * gamma * common).eval();
      const double before = link_loss(problem, descent.z, links_at(descent.coordinates));
      descent.run(problem, 60);
      turned.run(problem, 60);
      CHECK(descent.loss < .8 * before);
      CHECK(turned.loss == doctest::Approx(descent.loss).epsilon(1e-10));
      CHECK((turned.z - descent.z * common).norm() < 1e-9 * descent.z.norm());
      for (std::size_t t = 1; t < descent.coordinates.generators.size(); ++t) {
        const MatrixXd expected = common.transpose() * descent.coordinates.generators[t] * common;
        CHECK((turned.coordinates.generators[t] - expected).norm() < 1e-9);
      }
    }
  }
}

}  // namespace
