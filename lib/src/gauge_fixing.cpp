#include <gaugeline/gauge_fixing.hpp>

#include <vector>

#include <gaugeline/gauge.hpp>

#include "goldstone.hpp"
#include "skew_exponential.hpp"
#include "square_svd.hpp"

namespace gaugeline {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;

MatrixXd overlap(const ConstTableRef& z, const JointShape& shape, Index slice) {
  return slice_rows(z, shape, slice).transpose() * slice_rows(z, shape, slice - 1);
}

void turn_slice(TableRef z, const JointShape& shape, Index slice, const MatrixXd& turn) {
  slice_rows(z, shape, slice) = (slice_rows(z, shape, slice) * turn).eval();
}

// A polar factor of m. Where m vanishes any rotation is as good: there it is the one nearest to I, so that a slice that
// is in place stays there.
MatrixXd nearest_polar_factor(const MatrixXd& m) {
  constexpr double vanishes = 1e-13;  // a singular value that is rounding of the largest
  const SquareSvd svd = square_svd(m);
  const auto& s = svd.s;
  const Index rank = (s.array() > vanishes * s(0)).count();
  const Index rest = m.rows() - rank;
  MatrixXd turn = svd.u.leftCols(rank) * svd.v.leftCols(rank).transpose();
  if (rest == 0) return turn;
  const auto left = svd.u.rightCols(rest);
  const auto right = svd.v.rightCols(rest);
  turn += left * polar_factor(left.transpose() * right) * right.transpose();
  return turn;
}

class ExactTransport final : public GaugeStep {
 public:
  [[nodiscard]] std::string_view name() const noexcept override { return "exact transport"; }
  void fix(const JointProblem& problem, TableRef z) override {
    const JointShape& shape = problem.shape();
    for (Index t = 1; t < shape.slices; ++t) turn_slice(z, shape, t, nearest_polar_factor(overlap(z, shape, t)));
  }
};

// (K + mean(lambda)/T)^-1 for the Laplacian K of the chain with weights lambda_t, 0 on its zero modes: the common
// rotation of all slices, or of all between two links of strength 0.
MatrixXd preconditioner(const std::vector<double>& coupling) {
  const auto slices = static_cast<Index>(coupling.size());
  MatrixXd laplacian = MatrixXd::Zero(slices, slices);
  for (Index t = 1; t < slices; ++t) {
    const double strength = coupling[static_cast<std::size_t>(t)];
    laplacian.block<2, 2>(t - 1, t - 1) += strength * Eigen::Matrix2d{{1, -1}, {-1, 1}};
  }
  const double shift = laplacian.trace() / 2 / static_cast<double>(slices - 1) / static_cast<double>(slices);
  Eigen::VectorXd values(slices);  // falling
  std::vector<double> work(2 * coupling.size());
  symmetric_eigen(laplacian, {values.data(), coupling.size()}, work);
  const MatrixXd& vectors = laplacian;
  const double zero = 1e-13 * static_cast<double>(slices) * values(0);
  const Eigen::VectorXd inverse = values.unaryExpr([&](double k) { return k > zero ? 1 / (k + shift) : 0; });
  return vectors * inverse.asDiagonal() * vectors.transpose();
}

class GoldstoneStep final : public GaugeStep {
 public:
  GoldstoneStep(GoldstoneRate rate, std::uint32_t inner) : rate_(rate), inner_(inner) {}

  [[nodiscard]] std::string_view name() const noexcept override {
    switch (rate_) {
      case GoldstoneRate::authors:
        return "Goldstone step, the authors' rate";
      case GoldstoneRate::sum:
        return "Goldstone step, four times the authors' rate";
      case GoldstoneRate::newton:
        break;
    }
    return "Goldstone step, Newton's rate";
  }

  void fix(const JointProblem& problem, TableRef z) override {
    const JointShape& shape = problem.shape();
    const double squares = z.squaredNorm();
    if (shape.slices < 2 || shape.dimension < 2 || squares == 0) return;
    if (coupling_ != problem.prior().coupling) {
      coupling_ = problem.prior().coupling;
      preconditioner_ = preconditioner(coupling_);
    }
    const ExpandedCoupling coupling = expand(shape, z);
    const std::vector<MatrixXd> generators = descend(coupling, rate(shape) / squares);
    const double before = correlation(coupling, std::vector<MatrixXd>(generators.size(), identity(shape)));
    for (double scale = 1; scale > 1e-4; scale /= 2) {
      std::vector<MatrixXd> turns;
      for (const MatrixXd& generator : generators) {
        if (!generator.allFinite()) return;
        turns.push_back(skew_exponential(scale * generator));
      }
      if (correlation(coupling, turns) < before) continue;
      for (Index t = 0; t < shape.slices; ++t) turn_slice(z, shape, t, turns[static_cast<std::size_t>(t)]);
      return;
    }
  }

 private:
  [[nodiscard]] static MatrixXd identity(const JointShape& shape) {
    return MatrixXd::Identity(shape.dimension, shape.dimension);
  }

  [[nodiscard]] double rate(const JointShape& shape) const {
    const auto d = static_cast<double>(shape.dimension);
    if (rate_ == GoldstoneRate::authors) return d;
    return rate_ == GoldstoneRate::sum ? 4 * d : d * static_cast<double>(shape.slices);
  }

  [[nodiscard]] ExpandedCoupling expand(const JointShape& shape, const ConstTableRef& z) const {
    ExpandedCoupling coupling{{MatrixXd{}}};
    for (Index t = 1; t < shape.slices; ++t)
      coupling.overlaps.emplace_back(coupling_[static_cast<std::size_t>(t)] * overlap(z, shape, t));
    return coupling;
  }

  [[nodiscard]] std::vector<MatrixXd> descend(const ExpandedCoupling& coupling, double rate) const {
    const std::size_t slices = coupling.overlaps.size();
    const Index d = coupling.overlaps[1].rows();
    std::vector<MatrixXd> generators(slices, MatrixXd::Zero(d, d));
    MatrixXd flat(d * d, static_cast<Index>(slices));  // one slice a column
    for (std::uint32_t step = 0; step < inner_; ++step) {
      const std::vector<MatrixXd> gradient = coupling.gradient(generators);
      for (std::size_t t = 0; t < slices; ++t) flat.col(static_cast<Index>(t)) = gradient[t].reshaped();
      flat = (flat * preconditioner_).eval();
      for (std::size_t t = 0; t < slices; ++t) generators[t] -= rate * flat.col(static_cast<Index>(t)).reshaped(d, d);
    }
    return generators;
  }

  // sum_t lambda_t tr(R_t^T M_t R_t-1): the coupling falls as this rises.
  [[nodiscard]] static double correlation(const ExpandedCoupling& coupling, const std::vector<MatrixXd>& turns) {
    double sum = 0;
    for (std::size_t t = 1; t < turns.size(); ++t)
      sum += turns[t].cwiseProduct(coupling.overlaps[t] * turns[t - 1]).sum();
    return sum;
  }

  GoldstoneRate rate_;
  std::uint32_t inner_;
  std::vector<double> coupling_;  // whose preconditioner it is
  MatrixXd preconditioner_;
};

}  // namespace

std::unique_ptr<GaugeStep> exact_transport() { return std::make_unique<ExactTransport>(); }

std::unique_ptr<GaugeStep> goldstone_step(GoldstoneRate rate, std::uint32_t inner) {
  return std::make_unique<GoldstoneStep>(rate, inner);
}

}  // namespace gaugeline
