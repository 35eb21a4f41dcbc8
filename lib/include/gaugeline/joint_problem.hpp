// The joint problem over all slices, whose soft directions are the reason for gaugeline (docs/gauge.md; Bamler & Mandt,
// ICML 2017, ICML 2018, arXiv 1907.02163):
//
//   L(Z) = sum_t l_t(Z_t) + sum_t rho_t/2 |Z_t|^2 + sum_t lambda_t/2 |Z_t - Z_t-1|^2,         Z_t = [U_t; V_t].
//
// l_t and the norms do not change when all rows of one slice turn, Z_t -> Z_t R_t with R_t in O(d). The coupling does,
// except where all slices turn by the same R. The gauge-invariant coupling takes that away: it is the least over the
// links' rotations, min over R in O(d) of lambda_t/2 |Z_t R - Z_t-1|^2, reached by the polar factor of Z_t^T Z_t-1.
// Both have the same minimum over Z, since l does not see R.
//
// The table of all slices is one: (slices (items + contexts)) x d, slice by slice, items before contexts.
// For research, back-filling and tests: these allocate and do not check their arguments. Thread-safety: const calls may
// run side by side.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include <Eigen/Core>

#include <gaugeline/slice_likelihood.hpp>

namespace gaugeline {

struct JointShape {
  Eigen::Index slices = 0, items = 0, contexts = 0, dimension = 0;
  [[nodiscard]] Eigen::Index rows_per_slice() const noexcept { return items + contexts; }
  [[nodiscard]] Eigen::Index rows() const noexcept { return slices * rows_per_slice(); }
};

// What ties slices together and to zero, alike for all rows.
struct ChainPrior {
  std::vector<double> coupling;  // lambda_t >= 0 of the link between slices t - 1 and t; [0] is not used
  std::vector<double> norm;      // rho_t >= 0
};

// z_1 ~ N(0, I/p0), z_t ~ N(z_t-1, D (t - t') I): lambda_t = 1/(D (t - t')), rho_1 = p0, other rho 0. `times` rise.
[[nodiscard]] ChainPrior random_walk_prior(std::span<const double> times, double first_precision, double diffusion);

// The stationary Ornstein-Uhlenbeck process with precision p0: z_t ~ N(a z_t-1, (1 - a^2)/p0 I), a_t = e^(-rate (t -
// t')). Written out, lambda_t = p0 a_t/(1 - a_t^2), and every slice has a norm term, rho_t = p0 [1/(1 + a_t) -
// a_t+1/(1 + a_t+1)] with a_1 = 0 and no second term in the last slice.
[[nodiscard]] ChainPrior ornstein_uhlenbeck_prior(std::span<const double> times, double precision, double rate);

enum class LinkRule {
  plain,      // |Z_t - Z_t-1|^2
  invariant,  // min over R in O(d) of |Z_t R - Z_t-1|^2
};

class JointProblem {
 public:
  JointProblem(JointShape shape, std::vector<std::unique_ptr<SliceLikelihood>> likelihoods, ChainPrior prior);

  [[nodiscard]] const JointShape& shape() const noexcept { return shape_; }
  [[nodiscard]] const ChainPrior& prior() const noexcept { return prior_; }
  [[nodiscard]] double loss(const ConstTableRef& z, LinkRule rule = LinkRule::plain) const;
  // Returns the loss; gradient (same shape as z) is overwritten.
  double gradient(const ConstTableRef& z, TableRef gradient, LinkRule rule = LinkRule::plain) const;
  // product <- H direction. Exact: for the invariant coupling it includes how the polar factors turn.
  void hessian_product(const ConstTableRef& z, const ConstTableRef& direction, TableRef product,
                       LinkRule rule = LinkRule::plain) const;

  // The parts of the loss.
  [[nodiscard]] double likelihood_loss(const ConstTableRef& z, Eigen::Index slice) const;
  [[nodiscard]] double norm_loss(const ConstTableRef& z) const;
  [[nodiscard]] double coupling_loss(const ConstTableRef& z, LinkRule rule = LinkRule::plain) const;

 private:
  JointShape shape_;
  std::vector<std::unique_ptr<SliceLikelihood>> likelihoods_;
  ChainPrior prior_;
};

// The rows of one slice, of one side, in a table of all slices.
template <class Table>
[[nodiscard]] auto slice_rows(Table&& z, const JointShape& shape, Eigen::Index slice) {
  return z.middleRows(slice * shape.rows_per_slice(), shape.rows_per_slice());
}
template <class Table>
[[nodiscard]] auto item_rows(Table&& z, const JointShape& shape, Eigen::Index slice) {
  return z.middleRows(slice * shape.rows_per_slice(), shape.items);
}
template <class Table>
[[nodiscard]] auto context_rows(Table&& z, const JointShape& shape, Eigen::Index slice) {
  return z.middleRows(slice * shape.rows_per_slice() + shape.items, shape.contexts);
}

// The polar factor of m = P S Q^T, R = P Q^T: the R in O(d) with the largest tr(R^T m), so that |Z R - Z'| is least for
// m = Z^T Z'. The plain one: where m has no full rank R is not unique, and the one that the decomposition gives is as
// good as any other. gauge_rotation (gauge.hpp) is the regularised one for use on streams.
[[nodiscard]] Eigen::MatrixXd polar_factor(const Eigen::Ref<const Eigen::MatrixXd>& m);

}  // namespace gaugeline
