#include <gaugeline/newton_polish.hpp>

#include <algorithm>
#include <cmath>
#include <utility>

#include <gaugeline/symmetry_modes.hpp>

namespace gaugeline {
namespace {

using Eigen::Index;
using Eigen::VectorXd;

class Polish {
 public:
  Polish(const JointProblem& problem, const PolishOptions& options, TableRef z)
      : problem_(problem), options_(options), z_(z), gradient_(z.rows(), z.cols()) {}

  PolishReport run() {
    report_.loss = problem_.gradient(z_, gradient_, options_.rule);
    report_.gradient_norm = gradient_.norm();
    while (!at_rest() && report_.newton_steps < options_.newton_steps && step()) ++report_.newton_steps;
    report_.converged = at_rest();
    return report_;
  }

 private:
  bool at_rest() const { return report_.gradient_norm <= options_.gradient_tolerance * (1 + z_.norm()); }

  Eigen::Map<const DoubleTable> as_table(const VectorXd& direction) const {
    return {direction.data(), z_.rows(), z_.cols()};
  }

  // The s with H s = -g outside of the zero modes, as exactly as the distance to the minimum asks for.
  VectorXd newton_direction() {
    const ZeroModes zero_modes(problem_, z_, options_.rule);
    VectorXd rest = -gradient_.reshaped<Eigen::RowMajor>();
    zero_modes.project_out(rest);
    VectorXd step = VectorXd::Zero(rest.size());
    VectorXd along = rest;
    DoubleTable product(z_.rows(), z_.cols());
    double squares = rest.squaredNorm();
    const double goal = squares * std::pow(std::clamp(report_.gradient_norm, 1e-8, .1), 2);
    for (std::uint32_t i = 0; i < options_.cg_steps && squares > goal; ++i) {
      problem_.hessian_product(z_, as_table(along), product, options_.rule);
      ++report_.hessian_products;
      VectorXd bent = product.reshaped<Eigen::RowMajor>();
      zero_modes.project_out(bent);
      const double curvature = along.dot(bent);
      if (!(curvature > 0)) return i == 0 ? rest : step;
      const double length = squares / curvature;
      step += length * along;
      rest -= length * bent;
      const double before = std::exchange(squares, rest.squaredNorm());
      along = rest + squares / before * along;
    }
    return step;
  }

  // False where no length of the step brings anything.
  bool step() {
    const VectorXd direction = newton_direction();
    const double slope = gradient_.cwiseProduct(as_table(direction)).sum();
    const double rounding = 1e-13 * (1 + std::abs(report_.loss));
    DoubleTable moved(z_.rows(), z_.cols());
    DoubleTable gradient(z_.rows(), z_.cols());
    for (double length = 1; length > 1e-9; length /= 2) {
      moved = z_ + length * as_table(direction);
      const double loss = problem_.gradient(moved, gradient, options_.rule);
      const double norm = gradient.norm();
      const bool falls = loss <= report_.loss + 1e-4 * length * slope && loss < report_.loss - rounding;
      const bool flattens = loss <= report_.loss + rounding && norm < .9 * report_.gradient_norm;
      if (!falls && !flattens) continue;
      z_ = moved;
      gradient_.swap(gradient);
      report_.loss = loss;
      report_.gradient_norm = norm;
      return true;
    }
    return false;
  }

  const JointProblem& problem_;
  const PolishOptions& options_;
  TableRef z_;
  DoubleTable gradient_;
  PolishReport report_;
};

}  // namespace

PolishReport polish(const JointProblem& problem, const PolishOptions& options, TableRef z) {
  return Polish(problem, options, z).run();
}

}  // namespace gaugeline
