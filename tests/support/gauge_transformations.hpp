// Random frames, links and generators, and turning the slices of a table.
#pragma once

#include <vector>

#include <gaugeline/link_field.hpp>

#include "random_matrices.hpp"

namespace gaugeline::testing {

inline Eigen::MatrixXd random_skew(Random& random, Eigen::Index d, double scale) {
  const Eigen::MatrixXd m = random_matrix(random, d, d, scale);
  return (m - m.transpose()) / 2;
}

inline MatrixField random_generators(Random& random, const JointShape& shape, double scale) {
  MatrixField generators;
  for (Eigen::Index t = 0; t < shape.slices; ++t) generators.push_back(random_skew(random, shape.dimension, scale));
  return generators;
}

// One element of O(d) per slice, about half of them of determinant -1.
inline MatrixField random_frames(Random& random, const JointShape& shape) {
  MatrixField frames;
  for (Eigen::Index t = 0; t < shape.slices; ++t)
    frames.push_back(random_orthogonal(random, shape.dimension, random.uniform() < .5 ? 1 : -1));
  return frames;
}

inline DoubleTable turned(const JointShape& shape, DoubleTable z, const MatrixField& frames) {
  for (Eigen::Index t = 0; t < shape.slices; ++t)
    slice_rows(z, shape, t) = (slice_rows(z, shape, t) * frames[static_cast<std::size_t>(t)]).eval();
  return z;
}

inline double all_likelihoods(const JointProblem& problem, const DoubleTable& z) {
  double sum = 0;
  for (Eigen::Index t = 0; t < problem.shape().slices; ++t) sum += problem.likelihood_loss(z, t);
  return sum;
}

}  // namespace gaugeline::testing
