// The sources under test are compiled into this program with Eigen's allocation check on, so that a forbidden
// allocation fails an assertion inside Eigen, and with a counting operator new.
#include <doctest/doctest.h>

#include <atomic>
#include <cstdlib>
#include <memory>
#include <new>
#include <optional>
#include <utility>
#include <vector>

#include <gaugeline/drift.hpp>
#include <gaugeline/gauge.hpp>
#include <gaugeline/neighbors.hpp>
#include <gaugeline/optimizers.hpp>
#include <support/random_matrices.hpp>

namespace {

std::atomic<long> allocations = 0;

// Counts operator new, and forbids Eigen's own allocations, while it lives.
class NoAllocation {
 public:
  NoAllocation() : before_(allocations) { Eigen::internal::set_is_malloc_allowed(false); }
  ~NoAllocation() { Eigen::internal::set_is_malloc_allowed(true); }
  NoAllocation(const NoAllocation&) = delete;
  NoAllocation& operator=(const NoAllocation&) = delete;
  [[nodiscard]] long count() const { return allocations - before_; }

 private:
  long before_;
};

void* counted(std::size_t size) {
  ++allocations;
  void* memory = std::malloc(size == 0 ? 1 : size);
  if (memory == nullptr) std::abort();
  return memory;
}

}  // namespace

void* operator new(std::size_t size) { return counted(size); }
void* operator new[](std::size_t size) { return counted(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

TEST_CASE("the gauge step allocates nothing, past Eigen's 128 KB limit for the stack too") {
  gaugeline::Random random(1);
  for (const Eigen::Index d : {1, 64, 150}) {
    CAPTURE(d);
    const Eigen::MatrixXd m = gaugeline::testing::random_matrix(random, d, d);
    Eigen::MatrixXd rotation(d, d);
    std::vector<double> work(gaugeline::gauge_work_doubles(static_cast<std::size_t>(d)));
    double angle = 0;
    const NoAllocation guard;
    gaugeline::gauge_rotation(m, rotation, work);
    angle = gaugeline::rotation_angle(rotation, work);
    CHECK(guard.count() == 0);
    CHECK(angle > 0);
  }
}

TEST_CASE("the gauge step allocates nothing far past that limit") {
  const Eigen::Index d = 400;
  const Eigen::MatrixXd m = Eigen::MatrixXd::Identity(d, d);
  Eigen::MatrixXd rotation(d, d);
  std::vector<double> work(gaugeline::gauge_work_doubles(static_cast<std::size_t>(d)));
  const NoAllocation guard;
  gaugeline::gauge_rotation(m, rotation, work);
  CHECK(guard.count() == 0);
  CHECK(rotation(d - 1, d - 1) == doctest::Approx(1));
}

TEST_CASE("neighbours and drift allocate nothing") {
  const std::vector<float> numbers(100 * 128, .5F);
  const gaugeline::ConstTable<float> table(numbers.data(), 100, 128);
  const std::span<const float> row(numbers.data(), 128);
  std::vector<gaugeline::Neighbor> found(10);
  std::vector<float> ratios(50, 1.0F);
  const NoAllocation guard;
  CHECK(gaugeline::nearest_neighbors(table, row, {}, found) == 10);
  CHECK(gaugeline::displacement({row, .1F, 0}, {row, .1F, -1}).distance == 0);
  CHECK(gaugeline::overdispersion(ratios, 128) > 0);
  CHECK(guard.count() == 0);
}

namespace {

// |u|^2/2 + sum of (v - 1)^2/2, which needs no work space, and no links: what allocates is the optimiser.
class Bowl final : public gaugeline::SliceLikelihood {
 public:
  [[nodiscard]] double loss(const gaugeline::ConstTableRef& u, const gaugeline::ConstTableRef& v) const override {
    return (u.squaredNorm() + (v.array() - 1).square().sum()) / 2;
  }
  double add_gradient(const gaugeline::ConstTableRef& u, const gaugeline::ConstTableRef& v,
                      gaugeline::TableRef gradient_u, gaugeline::TableRef gradient_v) const override {
    gradient_u += u;
    gradient_v.array() += v.array() - 1;
    return loss(u, v);
  }
  void add_hessian_product(const gaugeline::ConstTableRef& /*u*/, const gaugeline::ConstTableRef& /*v*/,
                           const gaugeline::ConstTableRef& du, const gaugeline::ConstTableRef& dv,
                           gaugeline::TableRef product_u, gaugeline::TableRef product_v) const override {
    product_u += du;
    product_v += dv;
  }
};

}  // namespace

TEST_CASE("the iterations of an optimiser allocate nothing") {
  using gaugeline::Optimizer;
  std::vector<std::unique_ptr<gaugeline::SliceLikelihood>> likelihoods;
  likelihoods.push_back(std::make_unique<Bowl>());
  const gaugeline::JointProblem problem({.slices = 1, .items = 300, .contexts = 200, .dimension = 70},
                                        std::move(likelihoods), {.coupling = {0}, .norm = {.5}});
  for (const Optimizer method : {Optimizer::gradient_descent, Optimizer::lbfgs, Optimizer::adam,
                                 Optimizer::adam_per_row, Optimizer::adagrad, Optimizer::adagrad_per_row}) {
    CAPTURE(static_cast<int>(method));
    gaugeline::DoubleTable z = gaugeline::DoubleTable::Constant(500, 70, 2);
    std::optional<NoAllocation> guard;  // from the start until the last iteration
    std::uint64_t iterations = 0;
    long count = -1;
    gaugeline::optimise(problem, {.method = method, .budget = 30}, z, [&](const gaugeline::OptimizerProgress& p) {
      if (!guard) guard.emplace();
      count = guard->count();
      iterations = p.iteration;
    });
    guard.reset();
    CHECK(count == 0);
    CHECK(iterations > (method == Optimizer::lbfgs ? 2 : 20));
  }
}
