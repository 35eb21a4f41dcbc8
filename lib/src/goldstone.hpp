// What a Goldstone step descends: the chain's coupling when every slice turns by exp(A_t), A_t skew-symmetric, expanded
// to second order (Bamler & Mandt, ICML 2018, arXiv 1803.03234). With M_t = Z_t^T Z_t-1, up to a constant,
//   f(A) = - sum_t lambda_t tr[M_t - A_t M_t + M_t A_t-1 + (A_t^2 M_t + M_t A_t-1^2)/2 - A_t M_t A_t-1].
#pragma once

#include <vector>

#include <Eigen/Core>

#include "skew_exponential.hpp"

namespace gaugeline {

struct ExpandedCoupling {
  std::vector<Eigen::MatrixXd> overlaps;  // lambda_t M_t; [0] is not used

  [[nodiscard]] double value(const std::vector<Eigen::MatrixXd>& a) const {
    double sum = 0;
    for (std::size_t t = 1; t < overlaps.size(); ++t) {
      const Eigen::MatrixXd& m = overlaps[t];
      sum -=
          (m - a[t] * m + m * a[t - 1] + (a[t] * a[t] * m + m * a[t - 1] * a[t - 1]) / 2 - a[t] * m * a[t - 1]).trace();
    }
    return sum;
  }

  // Skew g_t with f(A + O) = f(A) + sum_t <g_t, O_t> + O(|O|^2) for skew O, <A, B> = tr(A^T B).
  [[nodiscard]] std::vector<Eigen::MatrixXd> gradient(const std::vector<Eigen::MatrixXd>& a) const {
    std::vector<Eigen::MatrixXd> sums(a.size(), Eigen::MatrixXd::Zero(a[0].rows(), a[0].cols()));
    for (std::size_t t = 1; t < overlaps.size(); ++t) {
      const Eigen::MatrixXd& m = overlaps[t];
      const Eigen::MatrixXd& now = a[t];
      const Eigen::MatrixXd& before = a[t - 1];
      sums[t] += m - (now * m + m * now) / 2 + m * before;
      sums[t - 1] += now * m - (before * m + m * before) / 2 - m;
    }
    for (Eigen::MatrixXd& sum : sums) sum = skew_part(sum.transpose());
    return sums;
  }
};

}  // namespace gaugeline
