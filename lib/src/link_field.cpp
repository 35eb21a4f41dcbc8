#include <gaugeline/link_field.hpp>

#include <utility>

#include <Eigen/LU>

#include <gaugeline/gauge.hpp>

#include "skew_exponential.hpp"

namespace gaugeline {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;

double strength(const JointProblem& problem, Index slice) {
  return problem.prior().coupling[static_cast<std::size_t>(slice)];
}

double angle(const MatrixXd& rotation) {
  std::vector<double> work(gauge_work_doubles(static_cast<std::size_t>(rotation.rows())));
  return rotation_angle(rotation, work);
}

// R_last ... R_first+1, which takes coordinates of `last` to those of `first`.
MatrixXd link_product(const MatrixField& links, Index first, Index last) {
  MatrixXd turn = MatrixXd::Identity(links[0].rows(), links[0].cols());
  for (Index t = first + 1; t <= last; ++t) turn = (links[static_cast<std::size_t>(t)] * turn).eval();
  return turn;
}

// G_0 = I, and after the transformation the links are `wanted`: G_t = R_t G_t-1 W_t^T.
MatrixField frames_for(const MatrixField& links, const MatrixField& wanted) {
  MatrixField frames{MatrixXd::Identity(links[0].rows(), links[0].cols())};
  for (std::size_t t = 1; t < links.size(); ++t) frames.emplace_back(links[t] * frames.back() * wanted[t].transpose());
  return frames;
}

}  // namespace

MatrixField identity_links(const JointShape& shape) {
  return MatrixField(static_cast<std::size_t>(shape.slices), MatrixXd::Identity(shape.dimension, shape.dimension));
}

MatrixField links_at(const LinkCoordinates& coordinates) {
  MatrixField links = coordinates.fixed;
  move_links(links, coordinates.generators);
  return links;
}

LinkCoordinates coordinates_of(const MatrixField& links) {
  const Index d = links[0].rows();
  LinkCoordinates coordinates{.fixed = {MatrixXd::Identity(d, d)}, .generators = {MatrixXd::Zero(d, d)}};
  for (std::size_t t = 1; t < links.size(); ++t) {
    OrthogonalLogarithm logarithm = orthogonal_logarithm(links[t]);
    coordinates.fixed.push_back(std::move(logarithm.reflection));
    coordinates.generators.push_back(std::move(logarithm.gamma));
  }
  return coordinates;
}

void move_links(MatrixField& links, const MatrixField& steps) {
  for (std::size_t t = 1; t < links.size(); ++t) links[t] = (links[t] * skew_exponential(steps[t])).eval();
}

MatrixField best_links(const JointShape& shape, const ConstTableRef& z) {
  MatrixField links = identity_links(shape);
  for (Index t = 1; t < shape.slices; ++t)
    links[static_cast<std::size_t>(t)] =
        polar_factor(slice_rows(z, shape, t).transpose() * slice_rows(z, shape, t - 1));
  return links;
}

DoubleTable covariant_difference(const JointShape& shape, const ConstTableRef& z, const MatrixField& links,
                                 Index slice) {
  return slice_rows(z, shape, slice) * links[static_cast<std::size_t>(slice)] - slice_rows(z, shape, slice - 1);
}

double link_loss(const JointProblem& problem, const ConstTableRef& z, const MatrixField& links) {
  const JointShape& shape = problem.shape();
  double sum = problem.norm_loss(z);
  for (Index t = 0; t < shape.slices; ++t) sum += problem.likelihood_loss(z, t);
  for (Index t = 1; t < shape.slices; ++t)
    sum += strength(problem, t) / 2 * covariant_difference(shape, z, links, t).squaredNorm();
  return sum;
}

double link_gradient(const JointProblem& problem, const ConstTableRef& z, const MatrixField& links, TableRef gradient,
                     MatrixField& tangents) {
  const JointShape& shape = problem.shape();
  tangents.assign(links.size(), MatrixXd::Zero(shape.dimension, shape.dimension));
  for (Index t = 1; t < shape.slices; ++t) {
    const MatrixXd overlap = slice_rows(z, shape, t).transpose() * slice_rows(z, shape, t - 1);
    const auto slice = static_cast<std::size_t>(t);
    tangents[slice] = -strength(problem, t) * skew_part(links[slice].transpose() * overlap);
  }
  // In the gauge in which the links are I this is the plain joint problem, and its gradient turns back with the frames.
  const MatrixField frames = frames_for(links, identity_links(shape));
  DoubleTable turned = z;
  for (Index t = 1; t < shape.slices; ++t)
    slice_rows(turned, shape, t) = slice_rows(z, shape, t) * frames[static_cast<std::size_t>(t)];
  const double loss = problem.gradient(turned, gradient);
  for (Index t = 1; t < shape.slices; ++t) {
    const MatrixXd back = frames[static_cast<std::size_t>(t)].transpose();
    slice_rows(gradient, shape, t) = (slice_rows(gradient, shape, t) * back).eval();
  }
  return loss;
}

MatrixField generator_gradient(const MatrixField& generators, const MatrixField& tangents) {
  MatrixField gradient = tangents;
  for (std::size_t t = 1; t < gradient.size(); ++t) gradient[t] = skew_exponential_pullback(generators[t], tangents[t]);
  return gradient;
}

void transform(const JointShape& shape, TableRef z, MatrixField& links, const MatrixField& frames) {
  for (Index t = 0; t < shape.slices; ++t) {
    const auto slice = static_cast<std::size_t>(t);
    slice_rows(z, shape, t) = (slice_rows(z, shape, t) * frames[slice]).eval();
    if (t > 0) links[slice] = (frames[slice].transpose() * links[slice] * frames[slice - 1]).eval();
  }
}

void absorb_links(const JointShape& shape, TableRef z, MatrixField& links) {
  transform(shape, z, links, frames_for(links, identity_links(shape)));
  links = identity_links(shape);  // free of rounding
}

void smooth_links(const JointShape& shape, TableRef z, MatrixField& links) {
  if (shape.slices < 2) return;
  const OrthogonalLogarithm whole = orthogonal_logarithm(link_product(links, 0, shape.slices - 1));
  MatrixField smooth(links.size(), skew_exponential(whole.gamma / static_cast<double>(shape.slices - 1)));
  smooth[0] = MatrixXd::Identity(shape.dimension, shape.dimension);
  smooth.back() = whole.reflection * smooth.back();
  MatrixField frames = frames_for(links, smooth);
  frames.back().setIdentity();  // but for rounding
  transform(shape, z, links, frames);
  links = std::move(smooth);
}

std::vector<LinkTurn> link_turns(const MatrixField& links) {
  std::vector<LinkTurn> turns(links.size());
  for (std::size_t t = 1; t < links.size(); ++t)
    turns[t] = {.determinant = links[t].determinant() < 0 ? -1 : 1, .angle = angle(links[t])};
  return turns;
}

Index domain_walls(const MatrixField& links) {
  Index walls = 0;
  for (std::size_t t = 1; t < links.size(); ++t) walls += links[t].determinant() < 0 ? 1 : 0;
  return walls;
}

Eigen::MatrixXd holonomy(const JointShape& shape, const ConstTableRef& z, const MatrixField& links, Index first,
                         Index last) {
  const MatrixXd direct = polar_factor(slice_rows(z, shape, last).transpose() * slice_rows(z, shape, first));
  return link_product(links, first, last).transpose() * direct;
}

double holonomy_angle(const JointShape& shape, const ConstTableRef& z, const MatrixField& links, Index first,
                      Index last) {
  return angle(holonomy(shape, z, links, first, last));
}

}  // namespace gaugeline
