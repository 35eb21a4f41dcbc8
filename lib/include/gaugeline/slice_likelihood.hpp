// The likelihood of one slice as a function of its tables: loss -log p, gradient and exact Hessian-vector product, in
// double. What the joint problem (joint_problem.hpp) is a sum of. Every one of them depends on the tables through the
// scores x_ij = u_i . v_j only, so none sees a rotation of all rows: l(Z R) = l(Z) for R in O(d), and g(Z R) = g(Z) R.
//
// For research, back-filling and tests: these allocate, and do not check their arguments (indices below the numbers of
// rows, figures finite); what comes from outside is checked by validate(SliceView). Thread-safety: const calls may run
// side by side.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include <Eigen/Core>

#include <gaugeline/slice.hpp>

namespace gaugeline {

// Row by row, as all tables.
using DoubleTable = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
using TableRef = Eigen::Ref<DoubleTable>;
using ConstTableRef = Eigen::Ref<const DoubleTable>;

class SliceLikelihood {
 public:
  virtual ~SliceLikelihood() = default;
  // -log p in nats, up to a constant that does not depend on the tables. u: items x d, v: contexts x d.
  [[nodiscard]] virtual double loss(const ConstTableRef& u, const ConstTableRef& v) const = 0;
  // The same, and adds its gradient to that of both sides.
  virtual double add_gradient(const ConstTableRef& u, const ConstTableRef& v, TableRef gradient_u,
                              TableRef gradient_v) const = 0;
  // Adds H [du; dv] at (u, v): the derivative of the gradient along (du, dv), exactly.
  virtual void add_hessian_product(const ConstTableRef& u, const ConstTableRef& v, const ConstTableRef& du,
                                   const ConstTableRef& dv, TableRef product_u, TableRef product_v) const = 0;
};

// Every pair has a value: l = sum_ij (y_ij - x_ij)^2 / (2 sigma^2). values: items x contexts. O(items contexts d).
[[nodiscard]] std::unique_ptr<SliceLikelihood> dense_gaussian_likelihood(const Eigen::MatrixXd& values,
                                                                         double noise_deviation = 1);

// l = sum over the values given of (y_ij - x_ij)^2 / (2 sigma^2). O(values d).
[[nodiscard]] std::unique_ptr<SliceLikelihood> gaussian_likelihood(std::vector<PairValue> values,
                                                                   double noise_deviation);

// Bernoulli skip-gram (arXiv 1702.08359): l = - sum_ij [n_ij log s(x_ij) + k n_i q_j log s(-x_ij)], n_i = sum_j n_ij,
// s the logistic function; q sums to 1 over contexts. The sum over negatives is exact: O(items with data x contexts d).
[[nodiscard]] std::unique_ptr<SliceLikelihood> skipgram_likelihood(std::vector<PairCount> pairs, std::vector<double> q,
                                                                   double negatives);

// q_j, proportional to count_j^.75 (Mikolov et al. 2013); all 0 if no count is above 0.
[[nodiscard]] std::vector<double> negative_distribution(std::span<const double> counts);

}  // namespace gaugeline
