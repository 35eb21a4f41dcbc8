#include <gaugeline/optimizers.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

namespace gaugeline {
namespace {

constexpr double first_step = 1e-4;  // of gradient descent
constexpr double step_growth = 1.03;
constexpr double least_step = 1e-14;
constexpr std::size_t memory_pairs = 10;  // of L-BFGS
constexpr int most_halvings = 30;
constexpr double armijo_share = 1e-4;
constexpr double first_decay = .9;  // of Adam
constexpr double second_decay = .999;
constexpr double denominator_floor = 1e-8;  // of Adam and AdaGrad
constexpr std::size_t rest_iterations = 1000;
constexpr double rest_gain = 1e-9;

double dot(const DoubleTable& a, const DoubleTable& b) { return a.cwiseProduct(b).sum(); }

// Where a run stands, and its work tables.
struct State {
  const JointProblem& problem;
  TableRef z;
  double loss = 0;
  std::uint64_t evaluations = 0;
  DoubleTable gradient = DoubleTable::Zero(z.rows(), z.cols());  // at z
  DoubleTable trial = gradient;
  DoubleTable trial_gradient = gradient;

  void evaluate() {
    loss = problem.gradient(z, gradient);
    ++evaluations;
  }
  double evaluate_trial() {
    ++evaluations;
    return problem.gradient(trial, trial_gradient);
  }
  void accept(double trial_loss) {
    z = trial;
    gradient.swap(trial_gradient);
    loss = trial_loss;
  }
};

enum class Outcome : std::uint8_t { moved, again, stuck };  // again: not moved, but the next try differs

class Method {
 public:
  virtual ~Method() = default;
  virtual Outcome iterate(State& state) = 0;
  // A gauge step has turned the frames: directions kept from before mean nothing any more.
  virtual void forget_directions() {}
};

class GradientDescent final : public Method {
 public:
  Outcome iterate(State& state) override {
    for (;; step_ /= 2) {
      state.trial = state.z - step_ * state.gradient;
      const double loss = state.evaluate_trial();
      if (loss <= state.loss) {
        state.accept(loss);
        step_ *= step_growth;
        return Outcome::moved;
      }
      if (step_ < least_step) return Outcome::stuck;
    }
  }

 private:
  double step_ = first_step;
};

// Nocedal 1980: the two-loop recursion, over a ring of pairs with one place to spare for the pair in the making.
class LimitedMemory final : public Method {
 public:
  explicit LimitedMemory(const DoubleTable& like) : direction_(like) {
    for (Pair& pair : ring_) pair.step = pair.change = like;
  }

  Outcome iterate(State& state) override {
    find_direction(state.gradient);
    const double slope = -dot(state.gradient, direction_);
    double step = 1;
    for (int n = 0; n < most_halvings; ++n, step /= 2) {
      state.trial = state.z - step * direction_;
      const double loss = state.evaluate_trial();
      if (loss <= state.loss + armijo_share * step * slope) {
        remember(state);
        state.accept(loss);
        return Outcome::moved;
      }
    }
    if (held_ == 0) return Outcome::stuck;
    forget_directions();
    return Outcome::again;
  }
  void forget_directions() override { held_ = 0; }

 private:
  struct Pair {
    DoubleTable step, change;  // of z, of the gradient
    double product = 0;        // of the two, above 0
    double share = 0;          // of the step in the direction; within one recursion
  };
  // age 0 is the youngest.
  Pair& pair(std::size_t age) { return ring_[(next_ + ring_.size() - 1 - age) % ring_.size()]; }

  void find_direction(const DoubleTable& gradient) {
    direction_ = gradient;
    if (held_ == 0) {
      direction_ *= std::min(1.0, 1 / gradient.norm());
      return;
    }
    for (std::size_t age = 0; age < held_; ++age) {
      Pair& p = pair(age);
      p.share = dot(p.step, direction_) / p.product;
      direction_ -= p.share * p.change;
    }
    direction_ *= pair(0).product / pair(0).change.squaredNorm();
    for (std::size_t age = held_; age-- > 0;) {
      const Pair& p = pair(age);
      direction_ += (p.share - dot(p.change, direction_) / p.product) * p.step;
    }
  }
  void remember(const State& state) {
    Pair& p = ring_[next_];
    p.step = state.trial - state.z;
    p.change = state.trial_gradient - state.gradient;
    p.product = dot(p.step, p.change);
    if (!(p.product > 0)) return;
    next_ = (next_ + 1) % ring_.size();
    held_ = std::min(held_ + 1, memory_pairs);
  }

  std::array<Pair, memory_pairs + 1> ring_;
  std::size_t next_ = 0;
  std::size_t held_ = 0;
  DoubleTable direction_;
};

// The squares of a gradient, as Adam and AdaGrad add them up: by coordinate, or their mean by row in one column.
class SquareSums {
 public:
  SquareSums(const DoubleTable& like, bool per_row)
      : sums_(DoubleTable::Zero(like.rows(), per_row ? 1 : like.cols())), per_row_(per_row) {}
  void add(const DoubleTable& gradient, double kept, double added) {
    if (per_row_) {
      sums_ = kept * sums_ + added / static_cast<double>(gradient.cols()) * gradient.rowwise().squaredNorm();
    } else {
      sums_ = kept * sums_ + added * gradient.cwiseAbs2();
    }
  }
  // z <- z - rate * direction / ((scale * sums)^(1/2) + floor)
  void move(TableRef z, const DoubleTable& direction, double rate, double scale) const {
    if (per_row_) {
      for (Eigen::Index i = 0; i < z.rows(); ++i)
        z.row(i) -= rate / (std::sqrt(scale * sums_(i, 0)) + denominator_floor) * direction.row(i);
    } else {
      z.array() -= rate * direction.array() / ((scale * sums_.array()).sqrt() + denominator_floor);
    }
  }

 private:
  DoubleTable sums_;
  bool per_row_;
};

// Its first moment is a direction and ends at a gauge step; what the second one knows of sizes stays.
class Adam final : public Method {
 public:
  Adam(const DoubleTable& like, double rate, bool per_row)
      : rate_(rate), mean_(DoubleTable::Zero(like.rows(), like.cols())), squares_(like, per_row) {}
  Outcome iterate(State& state) override {
    first_weight_ *= first_decay;
    second_weight_ *= second_decay;
    mean_ = first_decay * mean_ + (1 - first_decay) * state.gradient;
    squares_.add(state.gradient, second_decay, 1 - second_decay);
    squares_.move(state.z, mean_, rate_ / (1 - first_weight_), 1 / (1 - second_weight_));
    state.evaluate();
    return Outcome::moved;
  }
  void forget_directions() override {
    mean_.setZero();
    first_weight_ = 1;
  }

 private:
  double rate_;
  DoubleTable mean_;
  SquareSums squares_;
  double first_weight_ = 1;  // of the zeros that the moments started from
  double second_weight_ = 1;
};

class AdaGrad final : public Method {
 public:
  AdaGrad(const DoubleTable& like, double rate, bool per_row) : rate_(rate), squares_(like, per_row) {}
  Outcome iterate(State& state) override {
    squares_.add(state.gradient, 1, 1);
    squares_.move(state.z, state.gradient, rate_, 1);
    state.evaluate();
    return Outcome::moved;
  }

 private:
  double rate_;
  SquareSums squares_;
};

std::unique_ptr<Method> make_method(const OptimizerPlan& plan, const DoubleTable& like) {
  switch (plan.method) {
    case Optimizer::gradient_descent:
      return std::make_unique<GradientDescent>();
    case Optimizer::adam:
    case Optimizer::adam_per_row:
      return std::make_unique<Adam>(like, plan.rate, plan.method == Optimizer::adam_per_row);
    case Optimizer::adagrad:
    case Optimizer::adagrad_per_row:
      return std::make_unique<AdaGrad>(like, plan.rate, plan.method == Optimizer::adagrad_per_row);
    case Optimizer::lbfgs:
      break;
  }
  return std::make_unique<LimitedMemory>(like);
}

// The losses of the last iterations, to see when they stop falling.
class Rest {
 public:
  // Whether the iterations up to this one gained too little.
  bool reached(std::uint64_t iteration, double loss) {
    double& slot = losses_[iteration % rest_iterations];
    const double before = std::exchange(slot, loss);
    return iteration >= rest_iterations && before - loss < rest_gain * loss;
  }

 private:
  std::array<double, rest_iterations> losses_{};
};

}  // namespace

OptimizerProgress optimise(const JointProblem& problem, const OptimizerPlan& plan, TableRef z,
                           const std::function<void(const OptimizerProgress&)>& observe) {
  State state{.problem = problem, .z = z};
  const std::unique_ptr<Method> method = make_method(plan, state.gradient);
  Rest rest;
  OptimizerProgress progress;
  // Whether the run is at rest after this iteration.
  const auto record = [&] {
    progress.evaluations = state.evaluations;
    progress.loss = state.loss;
    if (observe) observe(progress);
    return rest.reached(progress.iteration, progress.loss);
  };
  state.evaluate();
  record();
  for (std::uint64_t it = 1; state.evaluations < plan.budget && state.loss > plan.stop_at; ++it) {
    const bool fixes = plan.gauge != nullptr && it % plan.gauge_every == plan.gauge_offset;
    if (fixes) {
      plan.gauge->fix(problem, z);
      method->forget_directions();
      state.evaluate();
    }
    if ((fixes || plan.gauge == nullptr) && state.gradient.isZero(0)) break;
    const Outcome outcome = method->iterate(state);
    if (outcome == Outcome::stuck) break;
    if (outcome == Outcome::again) continue;
    ++progress.iteration;
    if (record()) break;
  }
  // What a gauge step or a failed line search has spent and gained since.
  progress.evaluations = state.evaluations;
  progress.loss = state.loss;
  return progress;
}

}  // namespace gaugeline
