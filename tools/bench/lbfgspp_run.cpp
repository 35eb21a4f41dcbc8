#include "lbfgspp_run.hpp"

#if __has_include(<LBFGS.h>)
#include <LBFGS.h>
#define GAUGELINE_HAS_LBFGSPP
#endif

namespace gaugeline::bench {

#ifdef GAUGELINE_HAS_LBFGSPP
namespace {

// What LBFGSpp calls: it counts, and keeps the best table, since a failed search leaves x anywhere.
class Counted {
 public:
  Counted(const JointProblem& problem, double first_level, double second_level, std::uint64_t budget, DoubleTable& best)
      : problem_(problem), levels_{first_level, second_level}, budget_(budget), best_(best), gradient_(best) {}

  struct BudgetSpent {};

  double operator()(const Eigen::VectorXd& x, Eigen::VectorXd& gradient) {
    if (run.end.evaluations >= budget_) throw BudgetSpent{};
    const auto table = x.reshaped<Eigen::RowMajor>(best_.rows(), best_.cols());
    const DoubleTable z = table;
    const double loss = problem_.gradient(z, gradient_);
    gradient = gradient_.reshaped<Eigen::RowMajor>();
    ++run.end.evaluations;
    if (!run.to_first_level && loss <= levels_[0]) run.to_first_level = run.end.evaluations;
    if (!run.to_second_level && loss <= levels_[1]) run.to_second_level = run.end.evaluations;
    if (run.end.evaluations == 1 || loss < run.end.loss) {
      run.end.loss = loss;
      best_ = z;
    }
    return loss;
  }

  PeerRun run;

 private:
  const JointProblem& problem_;
  double levels_[2];
  std::uint64_t budget_;
  DoubleTable& best_;
  DoubleTable gradient_;
};

template <template <class> class Search>
PeerRun run_with(const LBFGSpp::LBFGSParam<double>& param, Counted& counted, const JointProblem& problem,
                 GaugeStep* gauge, DoubleTable& z) {
  bool failed = false;  // without a gain since the last failure
  while (!counted.run.to_second_level) {
    LBFGSpp::LBFGSSolver<double, Search> solver(param);
    Eigen::VectorXd x = z.reshaped<Eigen::RowMajor>();
    double loss = 0;
    const double before = counted.run.end.loss;
    try {
      solver.minimize(counted, x, loss);
      failed = false;
    } catch (const Counted::BudgetSpent&) {
      break;
    } catch (const std::exception&) {  // from its line search
      ++counted.run.failed_searches;
      if (failed && !(counted.run.end.loss < before)) break;
      failed = true;
    }
    if (gauge != nullptr) gauge->fix(problem, z);
  }
  return counted.run;
}

}  // namespace

bool has_lbfgspp() noexcept { return true; }

PeerRun run_lbfgspp(const JointProblem& problem, LineSearch search, GaugeStep* gauge, double first_level,
                    double second_level, std::uint64_t budget, DoubleTable& z) {
  LBFGSpp::LBFGSParam<double> param;
  param.m = 10;
  param.epsilon = 0;
  param.epsilon_rel = 0;
  param.max_iterations = 50;
  param.max_linesearch = 30;
  Counted counted(problem, first_level, second_level, budget, z);
  if (search == LineSearch::armijo) return run_with<LBFGSpp::LineSearchBacktracking>(param, counted, problem, gauge, z);
  param.linesearch = LBFGSpp::LBFGS_LINESEARCH_BACKTRACKING_STRONG_WOLFE;
  return run_with<LBFGSpp::LineSearchNocedalWright>(param, counted, problem, gauge, z);
}
#else
bool has_lbfgspp() noexcept { return false; }

PeerRun run_lbfgspp(const JointProblem& /*problem*/, LineSearch /*search*/, GaugeStep* /*gauge*/,
                    double /*first_level*/, double /*second_level*/, std::uint64_t /*budget*/, DoubleTable& /*z*/) {
  return {};
}
#endif

}  // namespace gaugeline::bench
