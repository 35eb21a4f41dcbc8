// The filter of docs/algorithm.md for tiny sizes, written the plain way: whole matrices, every pair, every negative, no
// work space, nothing shared with the library. What the library does with blocks, factors n-_ij = a_i b_j, an
// eigenbasis and conjugate gradients is done here by
//   negatives         the N x M matrix n-_ij = k n_i q_j itself
//   solver steps      the minimum of the quadratic model over the preconditioned Krylov space, as a projected problem
//   gauge             Newton's iteration for the polar factor
//   posterior         the formulas as they stand
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <numbers>

#include <Eigen/Eigenvalues>
#include <Eigen/LU>
#include <Eigen/QR>

#include <gaugeline/options.hpp>

namespace gaugeline::testing {

struct DenseSide {
  Eigen::MatrixXd embeddings;
  Eigen::VectorXd precision, diffusion, count, null_variance, log_retention;
  Eigen::Array<bool, Eigen::Dynamic, 1> seen;  // was in data
};

class DenseReference {
 public:
  // The tables as they stand before the first slice.
  DenseReference(const Options& options, const Eigen::MatrixXd& items, const Eigen::MatrixXd& contexts)
      : options_(options), sides_{start(items), start(contexts)} {}

  [[nodiscard]] const DenseSide& items() const { return sides_[0]; }
  [[nodiscard]] const DenseSide& contexts() const { return sides_[1]; }
  [[nodiscard]] const Eigen::MatrixXd& rotation() const { return rotation_; }
  [[nodiscard]] double score() const { return score_; }

  // observed is items x contexts: pair counts, or values where mask is 1. More rows or columns than before are new
  // tokens.
  void learn(const Eigen::MatrixXd& observed, const Eigen::MatrixXd& mask, double elapsed) {
    const std::array<Eigen::Index, 2> old{sides_[0].embeddings.rows(), sides_[1].embeddings.rows()};
    append_new_rows(sides_[0], observed.rows());
    append_new_rows(sides_[1], observed.cols());
    observed_ = observed;
    mask_ = mask;
    rotation_ = Eigen::MatrixXd::Identity(dimension(), dimension());
    if (!first_) take_score();
    count_observations();
    for (std::size_t s : {0U, 1U}) predict(s, old[s], elapsed);
    if (mask_.sum() > 0) {
      const std::uint32_t sweeps = first_ ? options_.first_slice_sweeps : options_.sweeps;
      for (std::uint32_t sweep = 0; sweep < sweeps; ++sweep) {
        for (std::size_t s : {0U, 1U}) half_step(s);
      }
      if (!first_) fix_gauge();
    }
    for (std::size_t s : {0U, 1U}) update(s, old[s], elapsed);
    first_ = first_ && mask_.sum() == 0;
  }

 private:
  using Matrix = Eigen::MatrixXd;
  using Vector = Eigen::VectorXd;

  static double logistic(double x) { return 1 / (1 + std::exp(-x)); }
  static double jaakkola(double x) { return std::abs(x) < 1e-4 ? .25 : std::tanh(x / 2) / (2 * x); }
  [[nodiscard]] bool skipgram() const { return options_.likelihood == Likelihood::skipgram; }
  [[nodiscard]] Eigen::Index dimension() const { return static_cast<Eigen::Index>(options_.dimension); }
  [[nodiscard]] double noise_precision() const { return std::pow(static_cast<double>(options_.noise_deviation), -2); }

  [[nodiscard]] DenseSide start(const Matrix& table) const {
    const Eigen::Index n = table.rows();
    const Vector zero = Vector::Zero(n);
    return {table,
            Vector::Constant(n, static_cast<double>(options_.prior_precision)),
            Vector::Constant(n, static_cast<double>(options_.diffusion)),
            zero,
            zero,
            zero,
            Eigen::Array<bool, Eigen::Dynamic, 1>::Constant(n, false)};
  }

  // New rows stand at the mean of the seen ones.
  void append_new_rows(DenseSide& side, Eigen::Index rows) const {
    const Eigen::Index old = side.embeddings.rows();
    if (rows == old) return;
    Vector mean = Vector::Zero(dimension());
    for (Eigen::Index i = 0; i < old; ++i) {
      if (side.seen[i]) mean += side.embeddings.row(i).transpose() / static_cast<double>(side.seen.count());
    }
    const DenseSide fresh = start(mean.transpose().replicate(rows - old, 1));
    const auto append = [&](auto& whole, const auto& part) {
      whole.conservativeResize(rows, whole.cols());
      whole.bottomRows(rows - old) = part;
    };
    append(side.embeddings, fresh.embeddings);
    append(side.precision, fresh.precision);
    append(side.diffusion, fresh.diffusion);
    append(side.count, fresh.count);
    append(side.null_variance, fresh.null_variance);
    append(side.log_retention, fresh.log_retention);
    append(side.seen, fresh.seen);
  }

  [[nodiscard]] Vector negative_distribution() const {
    const Vector powers = sides_[1].count.array().pow(.75);
    return powers / powers.sum();
  }

  // Prequential: with the tables and the counts of the slices before, over pairs of tokens that were seen.
  void take_score() {
    const Matrix x = sides_[0].embeddings * sides_[1].embeddings.transpose();
    const Vector q = skipgram() ? negative_distribution() : Vector();
    double total = 0;
    double weight = 0;
    for (Eigen::Index i = 0; i < x.rows(); ++i) {
      for (Eigen::Index j = 0; j < x.cols(); ++j) {
        if (mask_(i, j) == 0 || !sides_[0].seen[i] || !sides_[1].seen[j]) continue;
        const double n = skipgram() ? observed_(i, j) : 1;
        weight += n;
        total += n * (skipgram() ? skipgram_score(x.row(i), j, q) : gaussian_score(observed_(i, j) - x(i, j)));
      }
    }
    score_ = weight > 0 ? total / weight : 0;
  }
  [[nodiscard]] double skipgram_score(const Eigen::RowVectorXd& x, Eigen::Index j, const Vector& q) const {
    double score = std::log(logistic(x[j]));
    for (Eigen::Index m = 0; m < x.size(); ++m) score += options_.negatives * q[m] * std::log(logistic(-x[m]));
    return score;
  }
  [[nodiscard]] double gaussian_score(double residual) const {
    return -.5 * residual * residual * noise_precision() + .5 * std::log(noise_precision() / (2 * std::numbers::pi));
  }

  void count_observations() {
    const Matrix weight = skipgram() ? observed_ : mask_;
    const auto decay = static_cast<double>(options_.count_decay);
    sides_[0].count = decay * sides_[0].count + weight.rowwise().sum();
    sides_[1].count = decay * sides_[1].count + weight.colwise().sum().transpose();
    if (skipgram() && weight.sum() > 0)
      negatives_ = options_.negatives * weight.rowwise().sum() * negative_distribution().transpose();
  }

  void predict(std::size_t s, Eigen::Index old, double elapsed) {
    const DenseSide& side = sides_[s];
    reference_[s] = first_ ? Matrix::Zero(side.embeddings.rows(), dimension()).eval() : side.embeddings;
    predicted_[s] = side.precision;
    information_[s] = Vector::Zero(side.precision.size());
    if (first_) return;
    for (Eigen::Index i = 0; i < old; ++i) predicted_[s][i] = 1 / (1 / side.precision[i] + side.diffusion[i] * elapsed);
  }

  // Row i of side s sees column i of these: observations, mask and negatives, one entry per row of the other side.
  [[nodiscard]] static Vector seen_from(std::size_t s, const Matrix& all, Eigen::Index i) {
    return s == 0 ? Vector(all.row(i).transpose()) : Vector(all.col(i));
  }

  void half_step(std::size_t s) {
    for (Eigen::Index i = 0; i < sides_[s].embeddings.rows(); ++i) skipgram() ? skipgram_row(s, i) : gaussian_row(s, i);
  }

  void gaussian_row(std::size_t s, Eigen::Index i) {
    const Vector mask = seen_from(s, mask_, i);
    if (mask.sum() == 0) return;
    const Matrix& w = sides_[1 - s].embeddings;
    const Matrix data = noise_precision() * w.transpose() * mask.asDiagonal() * w;
    const Vector values = mask.cwiseProduct(seen_from(s, observed_, i));
    const Matrix prior = predicted_[s][i] * Matrix::Identity(dimension(), dimension());
    const Vector right = noise_precision() * w.transpose() * values + prior * reference_[s].row(i).transpose();
    sides_[s].embeddings.row(i) = (prior + data).partialPivLu().solve(right).transpose();
    information_[s][i] = data.trace() / static_cast<double>(dimension());
  }

  void skipgram_row(std::size_t s, Eigen::Index i) {
    const Vector positive = seen_from(s, observed_, i);
    const Vector negative = seen_from(s, negatives_, i);
    if (positive.sum() + negative.sum() == 0) return;
    const Matrix& w = sides_[1 - s].embeddings;
    const double prior = predicted_[s][i];
    const Vector z = sides_[s].embeddings.row(i).transpose();
    const Vector x = w * z;
    const Vector probability = x.unaryExpr(&logistic);
    const Vector bound = positive.cwiseProduct(x.unaryExpr(&jaakkola));
    const Vector norms = w.rowwise().squaredNorm();
    const auto d = static_cast<double>(dimension());
    const Matrix identity = Matrix::Identity(dimension(), dimension());

    const Vector slope = (positive + negative).cwiseProduct(probability) - positive;
    const Vector gradient = prior * (z - reference_[s].row(i).transpose()) + w.transpose() * slope;
    const Matrix negative_curvature = raised(w.transpose() * (negative / 4).asDiagonal() * w);
    const Matrix curvature = prior * identity + w.transpose() * bound.asDiagonal() * w + negative_curvature;
    const Matrix preconditioner = (prior + bound.dot(norms) / d) * identity + negative_curvature;
    sides_[s].embeddings.row(i) += krylov_minimum(curvature, preconditioner, -gradient).transpose();
    const Vector variance = probability.array() * (1 - probability.array());
    information_[s][i] = (positive + negative).cwiseProduct(variance).dot(norms) / d;
  }

  // With all eigenvalues but the 32 largest raised to the next one.
  [[nodiscard]] static Matrix raised(const Matrix& symmetric) {
    const Eigen::SelfAdjointEigenSolver<Matrix> solver(symmetric);  // rising
    const Eigen::Index next = symmetric.rows() - 33;
    if (next < 0) return symmetric;
    const Vector eigenvalues = solver.eigenvalues().cwiseMax(solver.eigenvalues()[next]);
    return solver.eigenvectors() * eigenvalues.asDiagonal() * solver.eigenvectors().transpose();
  }

  // The x in span{P^-1 b, (P^-1 A) P^-1 b, ...} of `conjugate_gradient_steps` vectors that minimises x^T A x / 2 - b^T
  // x.
  [[nodiscard]] Vector krylov_minimum(const Matrix& a, const Matrix& p, const Vector& b) const {
    const Eigen::PartialPivLU<Matrix> solve_p(p);
    const auto steps = std::min<Eigen::Index>(options_.conjugate_gradient_steps, dimension());
    Matrix basis(dimension(), 0);
    Vector next = solve_p.solve(b);
    for (Eigen::Index k = 0; k < steps; ++k) {
      for (int pass = 0; pass < 2; ++pass) next -= basis * (basis.transpose() * next);
      basis.conservativeResize(Eigen::NoChange, k + 1);
      basis.col(k) = next.normalized();
      next = solve_p.solve(a * basis.col(k));
    }
    return basis * (basis.transpose() * a * basis).colPivHouseholderQr().solve(basis.transpose() * b);
  }

  void fix_gauge() {
    Matrix m = Matrix::Zero(dimension(), dimension());
    for (std::size_t s : {0U, 1U}) m += sides_[s].embeddings.transpose() * predicted_[s].asDiagonal() * reference_[s];
    m += 1e-6 * largest_singular_value(m) * Matrix::Identity(dimension(), dimension());
    for (int step = 0; step < 60; ++step) m = (.5 * (m + m.inverse().transpose())).eval();
    rotation_ = m;
    for (DenseSide& side : sides_) side.embeddings = (side.embeddings * rotation_).eval();
  }
  [[nodiscard]] static double largest_singular_value(const Matrix& m) {
    Vector v = Vector::Ones(m.cols());
    for (int step = 0; step < 500; ++step) v = (m.transpose() * (m * v)).normalized();
    return (m * v).norm();
  }

  void update(std::size_t s, Eigen::Index old, double elapsed) {
    DenseSide& side = sides_[s];
    for (Eigen::Index i = 0; i < side.precision.size(); ++i) {
      const double before = side.precision[i];
      const double h = information_[s][i];
      side.precision[i] = predicted_[s][i] + h;
      const double gain = 1 - predicted_[s][i] / side.precision[i];
      if (!first_ && i < old && options_.diffusion_rate > 0 && gain >= .02)
        side.diffusion[i] = adapted(side.diffusion[i], gain, before, moved(s, i), elapsed);
      if (h == 0) continue;
      const double variance = side.seen[i] ? side.null_variance[i] : 1 / predicted_[s][i];
      side.null_variance[i] = (1 - gain) * (1 - gain) * variance + gain * gain / h;
      if (side.seen[i]) side.log_retention[i] += std::log(1 - gain);
      side.seen[i] = true;
    }
  }
  [[nodiscard]] double moved(std::size_t s, Eigen::Index i) const {
    return (sides_[s].embeddings.row(i) - reference_[s].row(i)).squaredNorm();
  }
  [[nodiscard]] double adapted(double diffusion, double gain, double precision, double squared, double elapsed) const {
    const double estimate = (squared / (static_cast<double>(dimension()) * gain) - 1 / precision) / elapsed;
    return std::clamp(diffusion + static_cast<double>(options_.diffusion_rate) * gain * (estimate - diffusion),
                      static_cast<double>(options_.diffusion_min), static_cast<double>(options_.diffusion_max));
  }

  Options options_;
  std::array<DenseSide, 2> sides_;
  bool first_ = true;
  Matrix rotation_;
  double score_ = 0;
  // Of the slice at hand.
  Matrix observed_, mask_, negatives_;
  std::array<Matrix, 2> reference_;
  std::array<Vector, 2> predicted_, information_;
};

}  // namespace gaugeline::testing
