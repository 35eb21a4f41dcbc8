#include "lowest_modes.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>
#include <stdexcept>
#include <vector>

#include <Spectra/SymEigsSolver.h>
#include <Eigen/Eigenvalues>
#include <Eigen/QR>

#include <gaugeline/random.hpp>

namespace gaugeline::stream {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

constexpr Index few = 40;

// shift I - H outside of the zero modes and of the modes that were found, 0 inside: with a shift above |H| the lowest
// modes are at the top, and what is projected out is at the bottom.
class Shifted {
 public:
  using Scalar = double;
  Shifted(const JointProblem& problem, const ConstTableRef& z, const ZeroModes& zero_modes, LinkRule rule)
      : problem_(problem), z_(z), zero_modes_(zero_modes), rule_(rule), found_(z.size(), 0) {}

  [[nodiscard]] Index rows() const { return z_.size(); }
  [[nodiscard]] Index cols() const { return z_.size(); }
  // Spectra's name for y <- A x.
  void perform_op(const double* in, double* out) const {
    VectorXd x = Eigen::Map<const VectorXd>(in, rows());
    project_out(x);
    VectorXd product = hessian_times(x);
    product = shift * x - sign * product;
    project_out(product);
    Eigen::Map<VectorXd>(out, rows()) = product;
  }

  [[nodiscard]] VectorXd hessian_times(const VectorXd& x) const {
    VectorXd product(x.size());
    problem_.hessian_product(z_, Eigen::Map<const DoubleTable>(x.data(), z_.rows(), z_.cols()),
                             Eigen::Map<DoubleTable>(product.data(), z_.rows(), z_.cols()), rule_);
    ++products_;
    if (!product.allFinite()) throw std::domain_error("the Hessian is not finite");
    return product;
  }
  void project_out(VectorXd& x) const {
    zero_modes_.project_out(x);
    if (count_ == 0) return;
    const VectorXd along = found().transpose() * x;
    x.noalias() -= found() * along;
  }
  void add_found(const VectorXd& mode) {
    if (count_ == found_.cols()) found_.conservativeResize(Eigen::NoChange, 2 * count_ + 8);
    found_.col(count_++) = mode;
  }
  [[nodiscard]] MatrixXd::ConstColsBlockXpr found() const { return found_.leftCols(count_); }
  [[nodiscard]] std::uint64_t products() const noexcept { return products_; }

  double shift = 0, sign = 1;

 private:
  const JointProblem& problem_;
  const ConstTableRef& z_;
  const ZeroModes& zero_modes_;
  LinkRule rule_;
  MatrixXd found_;  // and room for more
  Index count_ = 0;
  mutable std::uint64_t products_ = 0;  // Spectra calls const operators
};

// Of our own draws: the same on every machine.
VectorXd random_start(const Shifted& hessian, std::uint64_t seed) {
  Random random(seed);
  VectorXd start(hessian.rows());
  for (double& entry : start) entry = random.normal();
  hessian.project_out(start);
  return start;
}

struct Search {
  VectorXd eigenvalues;  // of the operator, falling
  MatrixXd vectors;
  bool converged = false;
};

// Among the `left` directions that are not projected out, more than `few`.
Search search(Shifted& hessian, Index left, Index modes, double tolerance, std::uint32_t restarts, std::uint64_t seed) {
  const Index wanted = std::min(modes, left - 1);
  Spectra::SymEigsSolver<Shifted> solver(hessian, wanted, krylov_vectors(wanted, left));
  const VectorXd start = random_start(hessian, seed);
  if (!(start.norm() > 0)) return {};
  solver.init(start.data());
  solver.compute(Spectra::SortRule::LargestAlge, restarts, tolerance);
  return {.eigenvalues = solver.eigenvalues(),
          .vectors = solver.eigenvectors(),
          .converged = solver.info() == Spectra::CompInfo::Successful};
}

// All that is left, where that is little: Lanczos would run out of directions.
Search exhaust(const Shifted& hessian, Index left) {
  MatrixXd basis(hessian.rows(), left);
  for (int pass = 0; pass < 2; ++pass) {
    for (Index i = 0; i < left; ++i) {
      VectorXd column = pass == 0 ? random_start(hessian, static_cast<std::uint64_t>(i) + 1000) : basis.col(i).eval();
      hessian.project_out(column);
      basis.col(i) = column;
    }
    basis = Eigen::HouseholderQR<MatrixXd>(basis).householderQ() * MatrixXd::Identity(hessian.rows(), left);
  }
  MatrixXd within(left, left);
  for (Index i = 0; i < left; ++i) within.col(i) = basis.transpose() * hessian.hessian_times(basis.col(i));
  const Eigen::SelfAdjointEigenSolver<MatrixXd> solver((within + within.transpose()) / 2);
  return {.eigenvalues = (hessian.shift - solver.eigenvalues().array()).matrix(),
          .vectors = basis * solver.eigenvectors(),
          .converged = true};
}

// The largest eigenvalue, to 2 % from below; the modes found are not in it.
double largest_eigenvalue(Shifted& hessian, Index left) {
  hessian.shift = 0;
  hessian.sign = -1;
  const Search top = search(hessian, left, 1, 1e-2, 100, 1);
  hessian.sign = 1;
  return top.eigenvalues.size() == 0 ? 0 : std::max(0.0, top.eigenvalues(0));
}

// Adds what a search found to the modes, made orthogonal to all before. False if there was nothing new.
bool keep(Shifted& hessian, const Search& found, std::vector<double>& eigenvalues) {
  bool any = false;
  for (Index i = 0; i < found.eigenvalues.size(); ++i) {
    VectorXd mode = found.vectors.col(i);
    hessian.project_out(mode);
    if (mode.norm() < .5) continue;  // one of those that are projected out
    mode.normalize();
    hessian.project_out(mode);
    mode.normalize();
    eigenvalues.push_back(mode.dot(hessian.hessian_times(mode)));
    hessian.add_found(mode);
    any = true;
  }
  return any;
}

}  // namespace

Index krylov_vectors(Index modes, Index n) noexcept { return std::min(n, std::max<Index>(2 * modes + 20, 60)); }

LowestModes lowest_modes(const JointProblem& problem, const ConstTableRef& z, const ZeroModes& zero_modes,
                         const LowestModesPlan& plan) {
  const Index n = z.size();
  const Index all = n - zero_modes.size();
  LowestModes lowest;
  Shifted hessian(problem, z, zero_modes, plan.rule);
  std::vector<double> eigenvalues;
  if (all > few) lowest.hessian_norm = largest_eigenvalue(hessian, all);
  hessian.shift = lowest.hessian_norm > 0 ? 1.1 * lowest.hessian_norm : 1;

  const auto count = [&] { return static_cast<Index>(eigenvalues.size()); };
  // The plan.modes-th lowest so far.
  const auto bar = [&] {
    std::vector<double> sorted = eigenvalues;
    std::ranges::nth_element(sorted, sorted.begin() + plan.modes - 1);
    return sorted[static_cast<std::size_t>(plan.modes - 1)];
  };
  for (std::uint64_t round = 2; count() < all; ++round) {
    const bool enough = count() >= plan.modes;
    const Index left = all - count();
    const Index wanted = enough ? std::max<Index>(1, plan.modes / 16) : plan.modes - count();
    const double highest = enough ? bar() : 0;
    const Search found =
        left <= few ? exhaust(hessian, left) : search(hessian, left, wanted, plan.tolerance, plan.restarts, round);
    const bool any = keep(hessian, found, eigenvalues);
    if (!found.converged || !any) break;
    // Nothing below what is there already: no vector of a degenerate eigenvalue was missed.
    if (enough && hessian.shift - found.eigenvalues(0) >= highest - plan.tolerance * hessian.shift) {
      lowest.converged = true;
      break;
    }
  }
  if (count() == all) {
    lowest.converged = true;
    for (const double value : eigenvalues) lowest.hessian_norm = std::max(lowest.hessian_norm, std::abs(value));
  }

  std::vector<Index> order(eigenvalues.size());
  std::iota(order.begin(), order.end(), 0);
  std::ranges::stable_sort(order, {}, [&](Index i) { return eigenvalues[static_cast<std::size_t>(i)]; });
  order.resize(static_cast<std::size_t>(std::min(plan.modes, count())));
  const auto kept = static_cast<Index>(order.size());
  lowest.eigenvalues.resize(kept);
  lowest.residuals.resize(kept);
  lowest.vectors.resize(n, kept);
  for (Index i = 0; i < kept; ++i) {
    const Index from = order[static_cast<std::size_t>(i)];
    lowest.eigenvalues(i) = eigenvalues[static_cast<std::size_t>(from)];
    lowest.vectors.col(i) = hessian.found().col(from);
    lowest.residuals(i) =
        (hessian.hessian_times(lowest.vectors.col(i)) - lowest.eigenvalues(i) * lowest.vectors.col(i)).norm();
  }
  lowest.hessian_products = hessian.products();
  return lowest;
}

}  // namespace gaugeline::stream
