// Every optimiser of the joint problem with every gauge step, on chains of slices with a known truth.
//
//   bench_gauge_claims --slices 100 --seeds 1,2
//       CSV: the course of every run, sampled logarithmically
//
//   bench_gauge_claims --likelihood skipgram --rows 1000 --dim 50 --norm .1 --methods lbfgs --gauges none,exact
//       the same of a larger chain
//
//   bench_gauge_claims --table --slices 10 --seeds 1,2
//       the tables of docs/gauge.md
//
//   bench_gauge_claims --hundredfold 60 --slices 100
//       what exact transport has after N evaluations, beside what the others have after 100 N
//
//   bench_gauge_claims --peer --slices 30
//       LBFGSpp beside gaugeline's own L-BFGS
//
// Seconds are CPU seconds of the run without what the bench itself computes; gauge_seconds is the part of gauge steps.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <ctime>
#include <functional>
#include <string>

#include <gaugeline/link_field.hpp>
#include <support/chain_runs.hpp>

#include "lbfgspp_run.hpp"

using namespace gaugeline;
using namespace gaugeline::testing;

namespace {

struct Arguments {
  std::string likelihood = "dense";
  Eigen::Index rows = 100;
  Eigen::Index dimension = 8;
  Eigen::Index slices = 30;
  double coupling = 1;
  double norm = 0;
  Eigen::Index values_per_item = 60;
  double pairs_per_slice = 1e5;
  std::vector<std::uint64_t> seeds{1};
  std::vector<std::string> methods{"gd", "lbfgs", "adam", "adam-row", "adagrad", "adagrad-row"};
  std::vector<std::string> gauges{"none", "authors", "sum", "newton", "exact"};
  double rate = .1;
  std::uint64_t budget = 20000;
  std::uint32_t every = 0;
  std::string start = "random";
  bool table = false;
  bool peer = false;
  std::uint64_t hundredfold = 0;
};

double cpu_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

// Another step, and what it costs.
class TimedStep final : public GaugeStep {
 public:
  explicit TimedStep(std::unique_ptr<GaugeStep> step) : step_(std::move(step)) {}
  [[nodiscard]] std::string_view name() const noexcept override { return step_->name(); }
  void fix(const JointProblem& problem, TableRef z) override {
    const double start = cpu_seconds();
    step_->fix(problem, z);
    seconds += cpu_seconds() - start;
  }
  double seconds = 0;

 private:
  std::unique_ptr<GaugeStep> step_;
};

std::unique_ptr<TimedStep> make_gauge(const std::string& name) {
  if (name == "none") return nullptr;
  if (name == "exact") return std::make_unique<TimedStep>(exact_transport());
  const GoldstoneRate rate = name == "authors" ? GoldstoneRate::authors
                             : name == "sum"   ? GoldstoneRate::sum
                                               : GoldstoneRate::newton;
  return std::make_unique<TimedStep>(goldstone_step(rate));
}

Optimizer optimizer(const std::string& name) {
  if (name == "gd") return Optimizer::gradient_descent;
  if (name == "adam") return Optimizer::adam;
  if (name == "adam-row") return Optimizer::adam_per_row;
  if (name == "adagrad") return Optimizer::adagrad;
  if (name == "adagrad-row") return Optimizer::adagrad_per_row;
  return Optimizer::lbfgs;
}

JointProblem make_problem(const Arguments& arguments, std::uint64_t seed) {
  const ChainOptions chain{.seed = seed,
                           .rows = arguments.rows,
                           .dimension = arguments.dimension,
                           .slices = arguments.slices,
                           .coupling = arguments.coupling,
                           .norm = arguments.norm};
  const SparseChainOptions sparse{
      .chain = chain, .values_per_item = arguments.values_per_item, .pairs_per_slice = arguments.pairs_per_slice};
  if (arguments.likelihood == "gaussian") return sparse_gaussian_chain(sparse);
  if (arguments.likelihood == "skipgram") return skipgram_chain(sparse);
  return gaussian_chain(chain);
}

struct Timed {
  ChainRun run;
  double seconds = 0;
  double gauge_seconds = 0;
};

struct Contender {
  std::string method;
  std::string gauge;
  std::uint32_t every = 0;  // iterations between gauge steps; 0: 50 of L-BFGS, 10 of the others
};

// `look` sees some iterations, and the seconds spent by then without its own.
using Look = std::function<void(const OptimizerProgress&, const DoubleTable&, double seconds, double gauge_seconds)>;

Timed run_timed(const JointProblem& problem, const Contender& contender, OptimizerPlan plan, DoubleTable start,
                const Look& look = {}) {
  const auto gauge = make_gauge(contender.gauge);
  plan.method = optimizer(contender.method);
  plan.gauge = gauge.get();
  plan.gauge_every = contender.every;
  if (plan.gauge_every == 0) plan.gauge_every = plan.method == Optimizer::lbfgs ? 50 : 10;
  Timed timed{.run = {.z = std::move(start), .end = {}, .course = {}}};
  double begin = cpu_seconds();
  double next = 0;
  timed.run.end = optimise(problem, plan, timed.run.z, [&](const OptimizerProgress& progress) {
    const double now = cpu_seconds();
    timed.run.course.push_back(progress);
    if (look && static_cast<double>(progress.iteration) >= next) {
      next = std::max(next + 1, std::ceil(1.2 * next));
      look(progress, timed.run.z, now - begin, gauge ? gauge->seconds : 0);
    }
    begin += cpu_seconds() - now;
  });
  timed.seconds = cpu_seconds() - begin;
  timed.gauge_seconds = gauge ? gauge->seconds : 0;
  if (look) look(timed.run.end, timed.run.z, timed.seconds, timed.gauge_seconds);
  std::fprintf(stderr, "%s + %s: loss %.6g after %llu evaluations, %.2f s, gauge steps %.2f %%\n",
               contender.method.c_str(), contender.gauge.c_str(), timed.run.end.loss,
               static_cast<unsigned long long>(timed.run.end.evaluations), timed.seconds,
               100 * timed.gauge_seconds / timed.seconds);
  return timed;
}

// What a seed's problem is measured from.
struct Ground {
  JointProblem problem;
  ChainRun optimum;
  DoubleTable start;
  double least = 0;
  double excess = 0;  // of the start, where it is excited
};

Ground prepare(const Arguments& arguments, std::uint64_t seed, bool excited) {
  JointProblem problem = make_problem(arguments, seed);
  std::fprintf(stderr, "seed %llu: to the optimum ...\n", static_cast<unsigned long long>(seed));
  ChainRun optimum = chain_optimum(problem, std::max<std::uint64_t>(arguments.budget, 1000));
  Ground ground{.problem = std::move(problem), .optimum = std::move(optimum), .start = {}};
  ground.least = ground.optimum.end.loss;
  ground.start = random_chain_start(ground.problem.shape());
  if (excited) {
    ExcitedChain chain = excited_chain(ground.problem, ground.optimum);
    ground.start = std::move(chain.start);
    ground.least = chain.least;
    ground.excess = chain.excess;
  }
  return ground;
}

void print_courses(const Arguments& arguments) {
  std::puts(
      "likelihood,rows,dimension,slices,coupling,norm,seed,start,optimizer,gauge,iteration,evaluations,seconds,"
      "gauge_seconds,loss,excess,reflected");
  for (const std::uint64_t seed : arguments.seeds) {
    const bool excited = arguments.start == "excited";
    const Ground ground = prepare(arguments, seed, excited);
    for (const std::string& method : arguments.methods) {
      for (const std::string& gauge : arguments.gauges) {
        const OptimizerPlan plan{.rate = arguments.rate, .gauge_offset = excited ? 1U : 0U, .budget = arguments.budget};
        const auto print = [&](const OptimizerProgress& at, const DoubleTable& z, double seconds,
                               double gauge_seconds) {
          std::printf("%s,%ld,%ld,%ld,%g,%g,%llu,%s,%s,%s,%llu,%llu,%.4f,%.4f,%.10g,%.6g,%ld\n",
                      arguments.likelihood.c_str(), static_cast<long>(arguments.rows),
                      static_cast<long>(arguments.dimension), static_cast<long>(arguments.slices), arguments.coupling,
                      arguments.norm, static_cast<unsigned long long>(seed), arguments.start.c_str(), method.c_str(),
                      gauge.c_str(), static_cast<unsigned long long>(at.iteration),
                      static_cast<unsigned long long>(at.evaluations), seconds, gauge_seconds, at.loss,
                      at.loss / ground.least - 1,
                      static_cast<long>(domain_walls(best_links(ground.problem.shape(), z))));
          std::fflush(stdout);
        };
        run_timed(ground.problem, {method, gauge, arguments.every}, plan, ground.start, print);
      }
    }
  }
}

std::string iterations_text(const std::optional<OptimizerProgress>& at) {
  return at ? std::to_string(at->iteration) : "-";
}

void print_table(const Arguments& arguments) {
  const std::vector<Contender> contenders{{"lbfgs", "exact"}, {"lbfgs", "none"}, {"gd", "none"}, {"gd", "authors"},
                                          {"gd", "sum"},      {"gd", "newton"},  {"gd", "exact"}};
  std::printf("from random starts\n%4s %4s %-16s %14s %9s %9s %6s %6s %6s %7s %8s %7s\n", "seed", "T", "method", "loss",
              "excess", "reflected", "evals", "1e-3", "1e-5", "seconds", "ms/eval", "gauge %");
  for (const std::uint64_t seed : arguments.seeds) {
    const Ground ground = prepare(arguments, seed, false);
    for (const Contender& contender : contenders) {
      const bool is_best = contender.method == "lbfgs" && contender.gauge == "exact";
      const OptimizerPlan plan{.budget = arguments.budget, .stop_at = is_best ? 0 : ground.least * (1 + 1e-5)};
      const Timed timed = run_timed(ground.problem, contender, plan, ground.start);
      std::printf("%4llu %4ld %-16s %14.4f %9.2e %9ld %6llu %6s %6s %7.2f %8.3f %7.2f\n",
                  static_cast<unsigned long long>(seed), static_cast<long>(arguments.slices),
                  (contender.method + "+" + contender.gauge).c_str(), timed.run.end.loss,
                  timed.run.end.loss / ground.least - 1,
                  static_cast<long>(domain_walls(best_links(ground.problem.shape(), timed.run.z))),
                  static_cast<unsigned long long>(timed.run.end.evaluations),
                  iterations_text(timed.run.first_at(ground.least * (1 + 1e-3))).c_str(),
                  iterations_text(timed.run.first_at(ground.least * (1 + 1e-5))).c_str(), timed.seconds,
                  1e3 * timed.seconds / static_cast<double>(timed.run.end.evaluations),
                  100 * timed.gauge_seconds / timed.seconds);
      std::fflush(stdout);
    }
  }
  std::printf("pure Goldstone excitation: iterations until 1e-5 of the excess is left\n");
  const Ground ground = prepare(arguments, arguments.seeds.front(), true);
  for (const char* gauge : {"none", "authors", "sum", "newton", "exact"}) {
    const double level = ground.least + 1e-5 * std::min(ground.excess, ground.least);
    const OptimizerPlan plan{.gauge_offset = 1, .budget = arguments.budget, .stop_at = level};
    const Timed timed = run_timed(ground.problem, {"gd", gauge}, plan, ground.start);
    std::printf("T %3ld gd+%-8s excess %.4f of %.4f: %6s iterations, %6llu evaluations, gauge %.2f %%\n",
                static_cast<long>(arguments.slices), gauge, ground.excess, ground.least,
                iterations_text(timed.run.first_at(ground.least + 1e-5 * ground.excess)).c_str(),
                static_cast<unsigned long long>(timed.run.end.evaluations), 100 * timed.gauge_seconds / timed.seconds);
    std::fflush(stdout);
  }
}

void print_hundredfold(const Arguments& arguments) {
  for (const std::uint64_t seed : arguments.seeds) {
    const JointProblem problem = make_problem(arguments, seed);
    const DoubleTable start = random_chain_start(problem.shape());
    const double reached =
        run_timed(problem, {"lbfgs", "exact"}, {.budget = arguments.hundredfold}, start).run.end.loss;
    std::printf("seed %llu: L-BFGS with exact transport has %.4f after %llu evaluations\n",
                static_cast<unsigned long long>(seed), reached, static_cast<unsigned long long>(arguments.hundredfold));
    const auto compare = [&](const Contender& contender, double rate) {
      const OptimizerPlan plan{.rate = rate, .budget = 100 * arguments.hundredfold, .stop_at = reached};
      const ChainRun run = run_timed(problem, contender, plan, start).run;
      const double least = std::ranges::min_element(run.course, {}, &OptimizerProgress::loss)->loss;
      std::printf("  %-11s + %-7s rate %-5g %s: least loss %.4f, %.2f %% above, %llu evaluations, %ld reflected\n",
                  contender.method.c_str(), contender.gauge.c_str(), rate, least <= reached ? "reached" : "not reached",
                  least, 100 * (least / reached - 1), static_cast<unsigned long long>(run.end.evaluations),
                  static_cast<long>(domain_walls(best_links(problem.shape(), run.z))));
      std::fflush(stdout);
    };
    compare({"gd", "none"}, 0);
    compare({"lbfgs", "none"}, 0);
    for (const char* gauge : {"authors", "sum", "newton"}) {
      compare({"gd", gauge}, 0);
      compare({"lbfgs", gauge}, 0);
    }
    for (const double rate : {.003, .01, .03, .1}) {
      compare({"adam", "none"}, rate);
      compare({"adam-row", "none"}, rate);
    }
  }
}

void print_peer(const Arguments& arguments) {
  using bench::LineSearch;
  if (!bench::has_lbfgspp()) {
    std::fputs("built without LBFGSpp (liblbfgspp-dev)\n", stderr);
    return;
  }
  const auto text = [](const std::optional<std::uint64_t>& n) { return n ? std::to_string(*n) : "-"; };
  std::printf("%4s %4s %-8s %-22s %6s %6s %14s %6s %7s\n", "seed", "T", "gauge", "method", "1e-3", "1e-5", "loss",
              "evals", "failed");
  for (const std::uint64_t seed : arguments.seeds) {
    const Ground ground = prepare(arguments, seed, false);
    const double first = ground.least * (1 + 1e-3);
    const double second = ground.least * (1 + 1e-5);
    const auto print = [&](const std::string& gauge, const char* method, const bench::PeerRun& run) {
      std::printf("%4llu %4ld %-8s %-22s %6s %6s %14.4f %6llu %7d\n", static_cast<unsigned long long>(seed),
                  static_cast<long>(arguments.slices), gauge.c_str(), method, text(run.to_first_level).c_str(),
                  text(run.to_second_level).c_str(), run.end.loss, static_cast<unsigned long long>(run.end.evaluations),
                  run.failed_searches);
      std::fflush(stdout);
    };
    for (const std::string gauge : {"exact", "none"}) {
      const ChainRun own =
          run_timed(ground.problem, {"lbfgs", gauge}, {.budget = arguments.budget, .stop_at = second}, ground.start)
              .run;
      bench::PeerRun ours;
      ours.end = own.end;
      if (const auto at = own.first_at(first)) ours.to_first_level = at->evaluations;
      if (const auto at = own.first_at(second)) ours.to_second_level = at->evaluations;
      print(gauge, "gaugeline", ours);
      for (const auto& [search, name] :
           {std::pair{LineSearch::armijo, "LBFGSpp, Armijo"}, {LineSearch::strong_wolfe, "LBFGSpp, strong Wolfe"}}) {
        const auto step = make_gauge(gauge);
        DoubleTable z = ground.start;
        print(gauge, name, bench::run_lbfgspp(ground.problem, search, step.get(), first, second, arguments.budget, z));
      }
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Runs the optimisers of the joint problem with gauge steps.");
  const std::vector<std::string> methods = arguments.methods;
  const std::vector<std::string> gauges = arguments.gauges;
  app.add_option("--likelihood", arguments.likelihood, "of the values or counts")
      ->check(CLI::IsMember({"dense", "gaussian", "skipgram"}))
      ->capture_default_str();
  app.add_option("--rows", arguments.rows, "items, and as many contexts")->capture_default_str();
  app.add_option("--dim", arguments.dimension, "d")->capture_default_str();
  app.add_option("--slices", arguments.slices, "T")->capture_default_str();
  app.add_option("--coupling", arguments.coupling, "lambda")->capture_default_str();
  app.add_option("--norm", arguments.norm, "rho")->capture_default_str();
  app.add_option("--values", arguments.values_per_item, "of an item per slice; gaussian")->capture_default_str();
  app.add_option("--pairs", arguments.pairs_per_slice, "per slice; skipgram")->capture_default_str();
  app.add_option("--seeds", arguments.seeds, "of the truth")->delimiter(',')->capture_default_str();
  app.add_option("--methods", arguments.methods, "optimisers")
      ->delimiter(',')
      ->check(CLI::IsMember(methods))
      ->capture_default_str();
  app.add_option("--gauges", arguments.gauges, "gauge steps")
      ->delimiter(',')
      ->check(CLI::IsMember(gauges))
      ->capture_default_str();
  app.add_option("--rate", arguments.rate, "of Adam and AdaGrad")->capture_default_str();
  app.add_option("--budget", arguments.budget, "gradient evaluations")->capture_default_str();
  app.add_option("--every", arguments.every, "iterations between gauge steps; 0: 50 of L-BFGS, 10 of the others")
      ->capture_default_str();
  app.add_option("--start", arguments.start, "from where")
      ->check(CLI::IsMember({"random", "excited"}))
      ->capture_default_str();
  app.add_flag("--table", arguments.table, "the tables of docs/algorithm.md instead");
  app.add_flag("--peer", arguments.peer, "LBFGSpp beside gaugeline instead");
  app.add_option("--hundredfold", arguments.hundredfold, "N: others at 100 N evaluations instead");
  CLI11_PARSE(app, argc, argv);
  if (arguments.table) {
    print_table(arguments);
  } else if (arguments.peer) {
    print_peer(arguments);
  } else if (arguments.hundredfold > 0) {
    print_hundredfold(arguments);
  } else {
    print_courses(arguments);
  }
}
