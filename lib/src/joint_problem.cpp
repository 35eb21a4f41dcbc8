#include <gaugeline/joint_problem.hpp>

#include <cmath>
#include <utility>

#include "square_svd.hpp"

namespace gaugeline {
namespace {

using Eigen::Index;
// How the polar factor R = P Q^T of M = P S Q^T turns when M moves by dM: dR = P W Q^T with W_ij = (K_ij - K_ji)/(s_i +
// s_j), K = P^T dM Q. Where both singular values vanish R is not a function of M, and it is held still.
Eigen::MatrixXd polar_step(const SquareSvd& svd, const Eigen::MatrixXd& dm) {
  const Eigen::MatrixXd k = svd.u.transpose() * dm * svd.v;
  const Eigen::VectorXd& s = svd.s;
  Eigen::MatrixXd w = Eigen::MatrixXd::Zero(k.rows(), k.cols());
  for (Index i = 0; i < k.rows(); ++i) {
    for (Index j = 0; j < k.cols(); ++j) {
      if (s(i) + s(j) > 1e-14 * s(0)) w(i, j) = (k(i, j) - k(j, i)) / (s(i) + s(j));
    }
  }
  return svd.u * w * svd.v.transpose();
}

}  // namespace

Eigen::MatrixXd polar_factor(const Eigen::Ref<const Eigen::MatrixXd>& m) {
  const SquareSvd svd = square_svd(m);
  return svd.u * svd.v.transpose();
}

ChainPrior random_walk_prior(std::span<const double> times, double first_precision, double diffusion) {
  ChainPrior prior{.coupling = std::vector<double>(times.size()), .norm = std::vector<double>(times.size())};
  if (!times.empty()) prior.norm[0] = first_precision;
  for (std::size_t t = 1; t < times.size(); ++t) prior.coupling[t] = 1 / (diffusion * (times[t] - times[t - 1]));
  return prior;
}

ChainPrior ornstein_uhlenbeck_prior(std::span<const double> times, double precision, double rate) {
  ChainPrior prior{.coupling = std::vector<double>(times.size()), .norm = std::vector<double>(times.size())};
  const auto retained = [&](std::size_t t) {
    return t == 0 || t == times.size() ? 0.0 : std::exp(-rate * (times[t] - times[t - 1]));
  };
  for (std::size_t t = 0; t < times.size(); ++t) {
    const double a = retained(t);
    const double next = retained(t + 1);
    prior.coupling[t] = precision * a / (1 - a * a);
    prior.norm[t] = precision * (1 / (1 + a) - next / (1 + next));
  }
  return prior;
}

JointProblem::JointProblem(JointShape shape, std::vector<std::unique_ptr<SliceLikelihood>> likelihoods,
                           ChainPrior prior)
    : shape_(shape), likelihoods_(std::move(likelihoods)), prior_(std::move(prior)) {}

double JointProblem::likelihood_loss(const ConstTableRef& z, Index slice) const {
  return likelihoods_[static_cast<std::size_t>(slice)]->loss(item_rows(z, shape_, slice),
                                                             context_rows(z, shape_, slice));
}

double JointProblem::norm_loss(const ConstTableRef& z) const {
  double sum = 0;
  for (Index t = 0; t < shape_.slices; ++t)
    sum += prior_.norm[static_cast<std::size_t>(t)] / 2 * slice_rows(z, shape_, t).squaredNorm();
  return sum;
}

double JointProblem::coupling_loss(const ConstTableRef& z, LinkRule rule) const {
  double sum = 0;
  for (Index t = 1; t < shape_.slices; ++t) {
    const auto now = slice_rows(z, shape_, t);
    const auto before = slice_rows(z, shape_, t - 1);
    const double squares = rule == LinkRule::plain
                               ? (now - before).squaredNorm()
                               : (now * polar_factor(now.transpose() * before) - before).squaredNorm();
    sum += prior_.coupling[static_cast<std::size_t>(t)] / 2 * squares;
  }
  return sum;
}

double JointProblem::loss(const ConstTableRef& z, LinkRule rule) const {
  double sum = norm_loss(z) + coupling_loss(z, rule);
  for (Index t = 0; t < shape_.slices; ++t) sum += likelihood_loss(z, t);
  return sum;
}

double JointProblem::gradient(const ConstTableRef& z, TableRef gradient, LinkRule rule) const {
  double sum = norm_loss(z);
  for (Index t = 0; t < shape_.slices; ++t) {
    slice_rows(gradient, shape_, t) = prior_.norm[static_cast<std::size_t>(t)] * slice_rows(z, shape_, t);
    sum += likelihoods_[static_cast<std::size_t>(t)]->add_gradient(item_rows(z, shape_, t), context_rows(z, shape_, t),
                                                                   item_rows(gradient, shape_, t),
                                                                   context_rows(gradient, shape_, t));
  }
  DoubleTable moved;
  for (Index t = 1; t < shape_.slices; ++t) {
    const auto now = slice_rows(z, shape_, t);
    const auto before = slice_rows(z, shape_, t - 1);
    const double strength = prior_.coupling[static_cast<std::size_t>(t)];
    if (rule == LinkRule::plain) {
      moved = now - before;
      slice_rows(gradient, shape_, t) += strength * moved;
    } else {
      // The least over R has no slope along R, so that R counts as fixed.
      const Eigen::MatrixXd turn = polar_factor(now.transpose() * before);
      moved = now * turn - before;
      slice_rows(gradient, shape_, t).noalias() += strength * moved * turn.transpose();
    }
    slice_rows(gradient, shape_, t - 1) -= strength * moved;
    sum += strength / 2 * moved.squaredNorm();
  }
  return sum;
}

void JointProblem::hessian_product(const ConstTableRef& z, const ConstTableRef& direction, TableRef product,
                                   LinkRule rule) const {
  for (Index t = 0; t < shape_.slices; ++t) {
    slice_rows(product, shape_, t) = prior_.norm[static_cast<std::size_t>(t)] * slice_rows(direction, shape_, t);
    likelihoods_[static_cast<std::size_t>(t)]->add_hessian_product(
        item_rows(z, shape_, t), context_rows(z, shape_, t), item_rows(direction, shape_, t),
        context_rows(direction, shape_, t), item_rows(product, shape_, t), context_rows(product, shape_, t));
  }
  for (Index t = 1; t < shape_.slices; ++t) {
    const auto now = slice_rows(z, shape_, t);
    const auto before = slice_rows(z, shape_, t - 1);
    const auto step = slice_rows(direction, shape_, t);
    const auto step_before = slice_rows(direction, shape_, t - 1);
    const double strength = prior_.coupling[static_cast<std::size_t>(t)];
    if (rule == LinkRule::plain) {
      const DoubleTable moved = strength * (step - step_before);
      slice_rows(product, shape_, t) += moved;
      slice_rows(product, shape_, t - 1) -= moved;
      continue;
    }
    const SquareSvd svd = square_svd(now.transpose() * before);
    const Eigen::MatrixXd turn = svd.u * svd.v.transpose();
    const Eigen::MatrixXd turns_by = polar_step(svd, step.transpose() * before + now.transpose() * step_before);
    slice_rows(product, shape_, t) +=
        strength * (step - step_before * turn.transpose() - before * turns_by.transpose());
    slice_rows(product, shape_, t - 1) += strength * (step_before - step * turn - now * turns_by);
  }
}

}  // namespace gaugeline
