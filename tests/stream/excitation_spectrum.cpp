#include <gaugeline/stream/excitation_spectrum.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include <doctest/doctest.h>
#include <Eigen/Eigenvalues>
#include <support/joint_problems.hpp>
#include <support/random_matrices.hpp>

#include <gaugeline/newton_polish.hpp>
#include <gaugeline/simulate_chain.hpp>

namespace {

using namespace gaugeline;
using namespace gaugeline::stream;
using Eigen::Index;

constexpr std::array both_rules{LinkRule::plain, LinkRule::invariant};

// All eigenvalues, rising, of the Hessian built column by column.
Eigen::VectorXd dense_eigenvalues(const JointProblem& problem, const DoubleTable& z, LinkRule rule) {
  Eigen::MatrixXd hessian(z.size(), z.size());
  DoubleTable direction = DoubleTable::Zero(z.rows(), z.cols());
  DoubleTable product(z.rows(), z.cols());
  for (Index i = 0; i < z.size(); ++i) {
    direction.data()[i] = 1;
    problem.hessian_product(z, direction, product, rule);
    direction.data()[i] = 0;
    hessian.col(i) = product.reshaped<Eigen::RowMajor>();
  }
  return Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd>(hessian, Eigen::EigenvaluesOnly).eigenvalues();
}

DoubleTable minimum(const JointProblem& problem, std::uint64_t seed = 5) {
  DoubleTable z = testing::random_table(problem.shape(), seed, .6);
  for (Index t = 1; t < problem.shape().slices; ++t)
    slice_rows(z, problem.shape(), t) = slice_rows(z, problem.shape(), 0);
  const PolishReport report = polish(problem, {.newton_steps = 200}, z);
  CHECK(report.gradient_norm < 1e-10);
  return z;
}

ExcitationSpectrum must(const JointProblem& problem, const DoubleTable& z, const SpectrumOptions& options) {
  auto spectrum = excitation_spectrum(problem, z, options);
  REQUIRE_MESSAGE(spectrum.has_value(), std::string(spectrum.error().message()));
  return *std::move(spectrum);
}

// The exact zero modes and the others, as the dense decomposition lists them.
void check_against_dense(const JointProblem& problem, const DoubleTable& z, const SpectrumOptions& options) {
  const ExcitationSpectrum spectrum = must(problem, z, options);
  const Eigen::VectorXd dense = dense_eigenvalues(problem, z, options.rule);
  const double scale = dense.cwiseAbs().maxCoeff();
  CHECK(spectrum.converged);
  CHECK(spectrum.hessian_norm == doctest::Approx(scale).epsilon(.02));
  CHECK(spectrum.zero_residual < 1e-9);
  Eigen::VectorXd found = Eigen::VectorXd::Zero(spectrum.zero_modes + static_cast<Index>(spectrum.modes.size()));
  for (std::size_t i = 0; i < spectrum.modes.size(); ++i) {
    const ExcitationMode& mode = spectrum.modes[i];
    found(spectrum.zero_modes + static_cast<Index>(i)) = mode.eigenvalue;
    CHECK(mode.residual < 1e-8 * scale);
    CHECK(mode.rotation + mode.stretch < 1 + 1e-9);
    CHECK(mode.wave_number.has_value() == (mode.kind != ModeKind::other));
  }
  std::ranges::sort(found);
  CHECK((found - dense.head(found.size())).cwiseAbs().maxCoeff() < 1e-8 * scale);
  const Eigen::MatrixXd gram = spectrum.vectors.transpose() * spectrum.vectors;
  CHECK((gram - Eigen::MatrixXd::Identity(gram.rows(), gram.cols())).cwiseAbs().maxCoeff() < 1e-9);
}

// Of equal weights, without data: at 0 its Hessian is that of the chain for every coordinate.
JointProblem empty_problem(const JointShape& shape, double coupling, double norm) {
  std::vector<std::unique_ptr<SliceLikelihood>> likelihoods;
  for (Index t = 0; t < shape.slices; ++t) likelihoods.push_back(gaussian_likelihood({}, 1));
  const auto slices = static_cast<std::size_t>(shape.slices);
  return {shape,
          std::move(likelihoods),
          {.coupling = std::vector<double>(slices, coupling), .norm = std::vector<double>(slices, norm)}};
}

JointProblem dense_problem(const JointShape& shape, std::vector<double> coupling) {
  const std::size_t slices = coupling.size();
  return testing::random_problem(testing::LikelihoodKind::dense_gaussian, shape,
                                 {.coupling = std::move(coupling), .norm = std::vector<double>(slices, .3)}, 7);
}

DoubleTable reference_minimum(const JointProblem& problem) {
  DoubleTable z = random_chain_start(problem.shape());
  for (Index t = 1; t < problem.shape().slices; ++t)
    slice_rows(z, problem.shape(), t) = slice_rows(z, problem.shape(), 0);
  CHECK(polish(problem, {}, z).gradient_norm < 1e-11);
  return z;
}

}  // namespace

TEST_CASE("all eigenvalues, and the lowest alone, are those of the dense Hessian") {
  for (const auto& example : testing::joint_examples()) {
    CAPTURE(example.name);
    const DoubleTable z = minimum(example.problem);
    for (const LinkRule rule : both_rules) {
      CAPTURE(static_cast<int>(rule));
      const Index zero_modes = rule == LinkRule::plain ? 3 : 12;
      check_against_dense(example.problem, z, {.rule = rule, .modes = z.size() - zero_modes});
      check_against_dense(example.problem, z, {.rule = rule, .modes = 9});
      check_against_dense(example.problem, z, {.rule = rule});
    }
  }
}

TEST_CASE("degenerate eigenvalues come with all their vectors") {
  const JointShape shape{.slices = 5, .items = 3, .contexts = 2, .dimension = 2};
  const JointProblem problem = empty_problem(shape, 2, .5);
  const DoubleTable z = DoubleTable::Zero(shape.rows(), 2);
  for (const Index modes : {1, 7, 10, 11, 24, 50}) {
    CAPTURE(modes);
    const ExcitationSpectrum spectrum = must(problem, z, {.modes = modes});
    CHECK(spectrum.converged);
    CHECK(spectrum.zero_modes == 0);  // a table of zeros does not turn
    REQUIRE(spectrum.modes.size() == static_cast<std::size_t>(modes));
    for (Index i = 0; i < modes; ++i) {  // 10 of each
      const double expected = .5 + 4 * (1 - std::cos(std::numbers::pi * static_cast<double>(i / 10) / 5));
      CHECK(spectrum.modes[static_cast<std::size_t>(i)].eigenvalue == doctest::Approx(expected).epsilon(1e-9));
    }
  }
}

TEST_CASE("one slice, one dimension, one number") {
  const JointProblem one_slice = dense_problem({.slices = 1, .items = 6, .contexts = 5, .dimension = 3}, {0});
  const DoubleTable z = minimum(one_slice);
  for (const LinkRule rule : both_rules) check_against_dense(one_slice, z, {.rule = rule, .modes = 30});
  const ExcitationSpectrum spectrum = must(one_slice, z, {});
  CHECK(spectrum.zero_modes == 3);
  REQUIRE(spectrum.waves.size() == 1);
  CHECK(spectrum.waves[0].predicted == 0);
  CHECK(spectrum.waves[0].zero_modes == 3);

  const JointProblem one_dimension = gaussian_chain({.rows = 10, .dimension = 1, .slices = 4});
  const DoubleTable line = minimum(one_dimension);
  for (const LinkRule rule : both_rules) check_against_dense(one_dimension, line, {.rule = rule, .modes = 80});
  const ExcitationSpectrum stretches = must(one_dimension, line, {});
  CHECK(stretches.zero_modes == 0);
  for (const WaveNumber& wave : stretches.waves) {
    CHECK(wave.rotations.count == 0);
    CHECK(wave.stretches.count == 1);
  }

  const JointProblem one_number = empty_problem({.slices = 1, .items = 1, .contexts = 0, .dimension = 1}, 0, 2.5);
  const ExcitationSpectrum single = must(one_number, DoubleTable::Zero(1, 1), {.modes = 1});
  REQUIRE(single.modes.size() == 1);
  CHECK(single.converged);
  CHECK(single.modes[0].eigenvalue == doctest::Approx(2.5));
}

// Section 2 of the reference: N = 20, d = 3, T = 12, lambda = 1.
TEST_CASE("reference: rotations just below the branch, gone with the invariant rule; stretches above it") {
  const JointProblem problem = gaussian_chain({.rows = 20, .dimension = 3, .slices = 12});
  const DoubleTable z = reference_minimum(problem);
  const ExcitationSpectrum plain = must(problem, z, {});
  const ExcitationSpectrum invariant = must(problem, z, {.rule = LinkRule::invariant});
  CHECK(plain.loss == doctest::Approx(160.58460406).epsilon(1e-10));
  CHECK(invariant.loss == doctest::Approx(160.58460406).epsilon(1e-10));
  CHECK(plain.gradient_norm < 1e-11);
  CHECK(plain.converged);
  CHECK(invariant.converged);
  CHECK(plain.zero_modes == 3);
  CHECK(invariant.zero_modes == 36);
  CHECK(plain.zero_residual < 1e-12);
  CHECK(invariant.zero_residual < 1e-12);
  REQUIRE(plain.waves.size() == 12);
  for (std::size_t k = 0; k < 12; ++k) {
    CAPTURE(k);
    const WaveNumber& wave = plain.waves[k];
    const double branch = 2 * (1 - std::cos(std::numbers::pi * static_cast<double>(k) / 12));
    CHECK(wave.predicted == doctest::Approx(branch).epsilon(1e-12).scale(1));
    CHECK(wave.zero_modes == (k == 0 ? 3 : 0));
    CHECK(wave.rotations.count == (k == 0 ? 0 : 3));
    CHECK(wave.rotations.lowest >= .96 * branch);
    CHECK(wave.rotations.highest <= 1.003 * branch);
    CHECK(wave.stretches.count == 6);
    CHECK(wave.stretches.lowest > .996 * branch);
    CHECK(wave.stretches.highest < branch + .05);
    CHECK(invariant.waves[k].zero_modes == 3);
    CHECK(invariant.waves[k].rotations.count == 0);
    CHECK(invariant.waves[k].stretches.count == 6);
    CHECK(std::abs(invariant.waves[k].stretches.lowest - wave.stretches.lowest) < .004);
  }
  // To the digits of the reference.
  const auto equals = [](double value, double figure) { CHECK(std::abs(value - figure) <= .6e-5); };
  equals(plain.waves[0].stretches.lowest, .01210);
  equals(plain.waves[0].stretches.highest, .03085);
  equals(plain.waves[1].rotations.lowest, .06648);
  equals(plain.waves[1].rotations.highest, .06824);
  equals(plain.waves[7].rotations.lowest, 2.46090);
  equals(plain.waves[11].rotations.highest, 3.89440);
  equals(plain.waves[11].stretches.highest, 3.93312);
  equals(invariant.waves[0].stretches.lowest, .01212);
  equals(invariant.waves[10].stretches.highest, 3.73695);
  CHECK(plain.soft_stretches == 12);
  CHECK(invariant.soft_stretches == 12);
  REQUIRE(plain.lowest_other.has_value());
  REQUIRE(invariant.lowest_other.has_value());
  CHECK(std::abs(*plain.lowest_other - 4.824) < .001);
  CHECK(std::abs(*invariant.lowest_other - 4.819) < .001);
}

TEST_CASE("reference: norms lift the stretches, and not the rotations") {
  const JointProblem problem = gaussian_chain({.rows = 20, .dimension = 3, .slices = 12, .norm = .1});
  const DoubleTable z = reference_minimum(problem);
  const ExcitationSpectrum plain = must(problem, z, {});
  CHECK(plain.loss == doctest::Approx(202.04636118).epsilon(1e-10));
  REQUIRE(plain.lowest_stretch.has_value());
  CHECK(std::abs(*plain.lowest_stretch - .21205) <= .6e-5);
  CHECK(std::abs(plain.waves[1].rotations.lowest - .06661) <= .6e-5);
  CHECK(plain.soft_stretches == 0);
  CHECK(must(problem, z, {.soft_below = .22}).soft_stretches == 3);
  const ExcitationSpectrum invariant = must(problem, z, {.rule = LinkRule::invariant});
  CHECK(invariant.zero_modes == 36);
  CHECK(std::abs(invariant.lowest_stretch.value_or(0) - .21222) <= .6e-5);
}

TEST_CASE("the spectrum does not depend on the frame; with the invariant rule on none of the slices' frames") {
  const JointShape shape{.slices = 4, .items = 9, .contexts = 8, .dimension = 3};
  const JointProblem problem = dense_problem(shape, {0, 1, 2, .5});
  const DoubleTable z = minimum(problem);
  Random random(3);
  const Eigen::MatrixXd common = testing::random_orthogonal(random, 3, -1);
  for (const LinkRule rule : both_rules) {
    CAPTURE(static_cast<int>(rule));
    const ExcitationSpectrum before = must(problem, z, {.rule = rule});
    DoubleTable turned = z * common;
    if (rule == LinkRule::invariant) {
      for (Index t = 0; t < 4; ++t)
        slice_rows(turned, shape, t) = (slice_rows(z, shape, t) * testing::random_orthogonal(random, 3, -1)).eval();
    }
    const ExcitationSpectrum after = must(problem, turned, {.rule = rule});
    CHECK(after.zero_modes == before.zero_modes);
    REQUIRE(after.modes.size() == before.modes.size());
    for (std::size_t i = 0; i < before.modes.size(); ++i) {
      CAPTURE(i);
      CHECK(after.modes[i].eigenvalue == doctest::Approx(before.modes[i].eigenvalue).epsilon(1e-8));
      CHECK(after.modes[i].rotation == doctest::Approx(before.modes[i].rotation).epsilon(1e-4).scale(1));
      CHECK(after.modes[i].kind == before.modes[i].kind);
      CHECK(after.modes[i].wave_number == before.modes[i].wave_number);
    }
  }
}

TEST_CASE("the invariant rule has a zero mode for every rotation of every slice") {
  for (const Index d : {2, 3, 4}) {
    for (const Index slices : {2, 5}) {
      const JointShape shape{.slices = slices, .items = 8, .contexts = 7, .dimension = d};
      const JointProblem problem = dense_problem(shape, std::vector<double>(static_cast<std::size_t>(slices), 1));
      const DoubleTable z = minimum(problem);
      const ExcitationSpectrum plain = must(problem, z, {.modes = 3});
      const ExcitationSpectrum invariant = must(problem, z, {.rule = LinkRule::invariant, .modes = 3});
      CHECK(plain.zero_modes == d * (d - 1) / 2);
      CHECK(invariant.zero_modes == slices * d * (d - 1) / 2);
      for (const WaveNumber& wave : invariant.waves) CHECK(wave.zero_modes == d * (d - 1) / 2);
    }
  }
}

TEST_CASE("the branch of uneven links is the spectrum of their Laplacian; a cut chain turns in parts") {
  const ChainWaves even = chain_waves({9, 2, 2, 2, 2});
  for (Index k = 0; k < 5; ++k) {
    const double angle = std::numbers::pi * static_cast<double>(k) / 5;
    CHECK(even.eigenvalues(k) == doctest::Approx(4 * (1 - std::cos(angle))).epsilon(1e-12).scale(1));
    const double sign = even.waves(0, k) < 0 ? -1 : 1;
    for (Index t = 0; t < 5; ++t) {
      const double cosine = std::sqrt((k == 0 ? 1. : 2.) / 5) * std::cos(angle * (static_cast<double>(t) + .5));
      CHECK(sign * even.waves(t, k) == doctest::Approx(cosine).epsilon(1e-12).scale(1));
    }
  }
  const ChainWaves uneven = chain_waves({0, 1, 4});  // 5 - 13^(1/2), 5 + 13^(1/2)
  CHECK(uneven.eigenvalues(0) == doctest::Approx(0).scale(1));
  CHECK(uneven.eigenvalues(1) == doctest::Approx(5 - std::sqrt(13)));
  CHECK(uneven.eigenvalues(2) == doctest::Approx(5 + std::sqrt(13)));

  const JointShape shape{.slices = 4, .items = 8, .contexts = 7, .dimension = 3};
  const JointProblem cut = dense_problem(shape, {0, 1, 0, 2});
  const DoubleTable z = minimum(cut);
  const ExcitationSpectrum spectrum = must(cut, z, {});
  CHECK(spectrum.zero_modes == 6);
  CHECK(spectrum.waves[0].zero_modes == 3);
  CHECK(spectrum.waves[1].zero_modes == 3);
  CHECK(spectrum.waves[1].predicted < 1e-12);
  check_against_dense(cut, z, {.modes = 40});
}

TEST_CASE("away from a minimum the zero modes' residual says so") {
  const JointShape shape{.slices = 3, .items = 6, .contexts = 5, .dimension = 2};
  const JointProblem problem = dense_problem(shape, {0, 1, 1});
  const DoubleTable z = testing::random_table(shape, 11, .6);
  const ExcitationSpectrum spectrum = must(problem, z, {.modes = 4});
  CHECK(spectrum.zero_residual > 1e-3);
  CHECK(spectrum.gradient_norm > .1);
}

TEST_CASE("what cannot be asked is an error") {
  const JointShape shape{.slices = 3, .items = 6, .contexts = 5, .dimension = 2};
  const JointProblem problem = dense_problem(shape, {0, 1, 1});
  DoubleTable z = testing::random_table(shape, 11, .6);
  const auto code = [&](const DoubleTable& table, const SpectrumOptions& options) {
    const auto spectrum = excitation_spectrum(problem, table, options);
    REQUIRE_FALSE(spectrum.has_value());
    return spectrum.error().code();
  };
  CHECK(code(z, {.modes = 66}) == ErrorCode::invalid_argument);  // 65 beside the zero mode
  CHECK(code(z, {.modes = -1}) == ErrorCode::invalid_argument);
  CHECK(code(z, {.tolerance = 0}) == ErrorCode::invalid_argument);
  CHECK(code(z.topRows(32), {}) == ErrorCode::invalid_argument);
  CHECK(code(z, {.memory_limit = 1000}) == ErrorCode::capacity_exceeded);
  z(4, 1) = std::numeric_limits<double>::quiet_NaN();
  CHECK(code(z, {}) == ErrorCode::bad_data);
}
