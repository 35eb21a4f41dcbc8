#include <gaugeline/slice_likelihood.hpp>

#include <cmath>
#include <utility>

#include <gaugeline/likelihood.hpp>

#include "negatives.hpp"

namespace gaugeline {
namespace {

using Eigen::Index;

class DenseGaussian final : public SliceLikelihood {
 public:
  DenseGaussian(const Eigen::MatrixXd& values, double noise_deviation)
      : values_(values), precision_(1 / (noise_deviation * noise_deviation)) {}

  double loss(const ConstTableRef& u, const ConstTableRef& v) const override {
    return precision_ / 2 * residual(u, v).squaredNorm();
  }
  double add_gradient(const ConstTableRef& u, const ConstTableRef& v, TableRef gradient_u,
                      TableRef gradient_v) const override {
    const DoubleTable e = residual(u, v);
    gradient_u.noalias() += precision_ * e * v;
    gradient_v.noalias() += precision_ * e.transpose() * u;
    return precision_ / 2 * e.squaredNorm();
  }
  void add_hessian_product(const ConstTableRef& u, const ConstTableRef& v, const ConstTableRef& du,
                           const ConstTableRef& dv, TableRef product_u, TableRef product_v) const override {
    const DoubleTable e = residual(u, v);
    DoubleTable de = du * v.transpose();
    de.noalias() += u * dv.transpose();
    product_u.noalias() += precision_ * (e * dv + de * v);
    product_v.noalias() += precision_ * (e.transpose() * du + de.transpose() * u);
  }

 private:
  [[nodiscard]] DoubleTable residual(const ConstTableRef& u, const ConstTableRef& v) const {
    DoubleTable e = -values_;
    e.noalias() += u * v.transpose();
    return e;
  }
  DoubleTable values_;
  double precision_;
};

class Gaussian final : public SliceLikelihood {
 public:
  Gaussian(std::vector<PairValue> values, double noise_deviation)
      : values_(std::move(values)), precision_(1 / (noise_deviation * noise_deviation)) {}

  double loss(const ConstTableRef& u, const ConstTableRef& v) const override {
    double sum = 0;
    for (const PairValue& y : values_) sum += std::pow(residual(y, u, v), 2);
    return precision_ / 2 * sum;
  }
  double add_gradient(const ConstTableRef& u, const ConstTableRef& v, TableRef gradient_u,
                      TableRef gradient_v) const override {
    double sum = 0;
    for (const PairValue& y : values_) {
      const double e = residual(y, u, v);
      gradient_u.row(y.item) += precision_ * e * v.row(y.context);
      gradient_v.row(y.context) += precision_ * e * u.row(y.item);
      sum += e * e;
    }
    return precision_ / 2 * sum;
  }
  void add_hessian_product(const ConstTableRef& u, const ConstTableRef& v, const ConstTableRef& du,
                           const ConstTableRef& dv, TableRef product_u, TableRef product_v) const override {
    for (const PairValue& y : values_) {
      const double e = precision_ * residual(y, u, v);
      const double de = precision_ * (du.row(y.item).dot(v.row(y.context)) + u.row(y.item).dot(dv.row(y.context)));
      product_u.row(y.item) += e * dv.row(y.context) + de * v.row(y.context);
      product_v.row(y.context) += e * du.row(y.item) + de * u.row(y.item);
    }
  }

 private:
  [[nodiscard]] static double residual(const PairValue& y, const ConstTableRef& u, const ConstTableRef& v) {
    return u.row(y.item).dot(v.row(y.context)) - static_cast<double>(y.value);
  }
  std::vector<PairValue> values_;
  double precision_;
};

// The negatives' weights are a product, a_i q_j with a_i = k n_i, so that their sums are products of matrices; only
// items with data have any.
class SkipGram final : public SliceLikelihood {
 public:
  SkipGram(std::vector<PairCount> pairs, std::vector<double> q, double negatives)
      : pairs_(std::move(pairs)), q_(Eigen::Map<Eigen::VectorXd>(q.data(), static_cast<Index>(q.size()))) {
    for (const PairCount& pair : pairs_) {
      if (pair.item >= counts_.size()) counts_.resize(pair.item + std::size_t{1});
      counts_[pair.item] += static_cast<double>(pair.weight);
    }
    for (std::size_t item = 0; item < counts_.size(); ++item) {
      if (counts_[item] > 0) items_.push_back(static_cast<Index>(item));
      counts_[item] *= negatives;
    }
  }

  double loss(const ConstTableRef& u, const ConstTableRef& v) const override {
    double sum = 0;
    for (const PairCount& pair : pairs_) sum -= static_cast<double>(pair.weight) * log_logistic(score(pair, u, v));
    for (const Index item : items_) {
      const Eigen::VectorXd x = v * u.row(item).transpose();
      sum -= weight(item) * q_.dot(x.unaryExpr([](double score) { return log_logistic(-score); }));
    }
    return sum;
  }
  double add_gradient(const ConstTableRef& u, const ConstTableRef& v, TableRef gradient_u,
                      TableRef gradient_v) const override {
    for (const PairCount& pair : pairs_) {
      const double slope = static_cast<double>(pair.weight) * (logistic(score(pair, u, v)) - 1);
      gradient_u.row(pair.item) += slope * v.row(pair.context);
      gradient_v.row(pair.context) += slope * u.row(pair.item);
    }
    const DoubleTable rows = u(items_, Eigen::all);
    DoubleTable slopes = rows * v.transpose();
    double sum = 0;
    for (Index i = 0; i < slopes.rows(); ++i) {
      const double a = weight(items_[static_cast<std::size_t>(i)]);
      for (Index j = 0; j < slopes.cols(); ++j) {
        sum -= a * q_(j) * log_logistic(-slopes(i, j));
        slopes(i, j) = a * q_(j) * logistic(slopes(i, j));
      }
    }
    gradient_u(items_, Eigen::all) += slopes * v;
    gradient_v.noalias() += slopes.transpose() * rows;
    for (const PairCount& pair : pairs_) sum -= static_cast<double>(pair.weight) * log_logistic(score(pair, u, v));
    return sum;
  }
  void add_hessian_product(const ConstTableRef& u, const ConstTableRef& v, const ConstTableRef& du,
                           const ConstTableRef& dv, TableRef product_u, TableRef product_v) const override {
    for (const PairCount& pair : pairs_) {
      const double s = logistic(score(pair, u, v));
      const double slope = static_cast<double>(pair.weight) * (s - 1);
      const double dx = du.row(pair.item).dot(v.row(pair.context)) + u.row(pair.item).dot(dv.row(pair.context));
      const double bend = static_cast<double>(pair.weight) * s * (1 - s) * dx;
      product_u.row(pair.item) += slope * dv.row(pair.context) + bend * v.row(pair.context);
      product_v.row(pair.context) += slope * du.row(pair.item) + bend * u.row(pair.item);
    }
    const DoubleTable rows = u(items_, Eigen::all);
    const DoubleTable row_steps = du(items_, Eigen::all);
    DoubleTable slopes = rows * v.transpose();
    DoubleTable bends = row_steps * v.transpose();
    bends.noalias() += rows * dv.transpose();
    for (Index i = 0; i < slopes.rows(); ++i) {
      const double a = weight(items_[static_cast<std::size_t>(i)]);
      for (Index j = 0; j < slopes.cols(); ++j) {
        const double s = logistic(slopes(i, j));
        slopes(i, j) = a * q_(j) * s;
        bends(i, j) *= a * q_(j) * s * (1 - s);
      }
    }
    product_u(items_, Eigen::all) += slopes * dv + bends * v;
    product_v.noalias() += slopes.transpose() * row_steps + bends.transpose() * rows;
  }

 private:
  [[nodiscard]] static double score(const PairCount& pair, const ConstTableRef& u, const ConstTableRef& v) {
    return u.row(pair.item).dot(v.row(pair.context));
  }
  [[nodiscard]] double weight(Index item) const { return counts_[static_cast<std::size_t>(item)]; }

  std::vector<PairCount> pairs_;
  Eigen::VectorXd q_;
  std::vector<double> counts_;  // a_i, as far as the last item with data
  std::vector<Index> items_;    // with data
};

}  // namespace

std::unique_ptr<SliceLikelihood> dense_gaussian_likelihood(const Eigen::MatrixXd& values, double noise_deviation) {
  return std::make_unique<DenseGaussian>(values, noise_deviation);
}

std::unique_ptr<SliceLikelihood> gaussian_likelihood(std::vector<PairValue> values, double noise_deviation) {
  return std::make_unique<Gaussian>(std::move(values), noise_deviation);
}

std::unique_ptr<SliceLikelihood> skipgram_likelihood(std::vector<PairCount> pairs, std::vector<double> q,
                                                     double negatives) {
  return std::make_unique<SkipGram>(std::move(pairs), std::move(q), negatives);
}

std::vector<double> negative_distribution(std::span<const double> counts) {
  std::vector<double> q(counts.begin(), counts.end());
  share_negatives(std::span(q));
  return q;
}

}  // namespace gaugeline
