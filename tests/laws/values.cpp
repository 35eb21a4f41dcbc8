// Values as people have them: mean, offsets and noise of a simulated stream are found, and shifting or scaling the
// values does to the learner what it should.
#include <doctest/doctest.h>

#include <cmath>
#include <vector>

#include <gaugeline/likelihood.hpp>
#include <support/reference_runs.hpp>
#include <support/row_learner.hpp>

using namespace gaugeline;
using namespace gaugeline::testing;

namespace {

constexpr std::uint32_t rows = 200;
constexpr std::uint32_t rank = 5;
constexpr double true_mean = 3.5;
constexpr double true_noise = .7;

// Values y_ij = 3.5 + a_i + b_j + u_i . v_j + .7 noise; u . v has the deviation .9. Items and their offsets move a
// little.
class ValueStream {
 public:
  explicit ValueStream(std::uint64_t seed) : random_(seed) {
    draw(items_, rows, rank, row_deviation);
    draw(contexts_, rows, rank, row_deviation);
    draw(item_offsets_, rows, 1, .5);
    draw(context_offsets_, rows, 1, .6);
  }

  // So many values per item; `oracle` is the mean log-likelihood under the truth.
  std::vector<PairValue> next(int values_per_item, double& oracle) {
    std::vector<PairValue> values;
    oracle = 0;
    for (double& x : items_.reshaped()) x = std::sqrt(1 - .0004) * x + .02 * row_deviation * random_.normal();
    for (double& x : item_offsets_.reshaped()) x += .02 * random_.normal();
    for (std::uint32_t i = 0; i < rows; ++i) {
      for (int k = 0; k < values_per_item; ++k) {
        const auto j = static_cast<std::uint32_t>(random_.bits() % rows);
        const double mean =
            true_mean + item_offsets_(i, 0) + context_offsets_(j, 0) + items_.row(i).dot(contexts_.row(j));
        const double value = mean + true_noise * random_.normal();
        values.push_back({i, j, static_cast<float>(value)});
        oracle += gaussian_log_density(value, mean, true_noise);
      }
    }
    oracle /= static_cast<double>(values.size());
    return values;
  }

 private:
  static constexpr double row_deviation = .6344;  // sqrt(.9 / sqrt(5))

  void draw(DenseTable& table, std::uint32_t height, std::uint32_t width, double deviation) {
    table.resize(height, width);
    for (double& x : table.reshaped()) x = deviation * random_.normal();
  }

  Random random_;
  DenseTable items_, contexts_, item_offsets_, context_offsets_;
};

Options value_options() {
  Options options = Options::gaussian();
  options.dimension = rank;
  return with_room(options, rows, 50 * rows);
}

template <class Scalar>
struct Learner : RowLearner<Scalar> {
  explicit Learner(const Options& options = value_options()) : RowLearner<Scalar>(options, rows) {}
};

std::vector<PairValue> transformed(std::vector<PairValue> values, float factor, float shift) {
  for (PairValue& value : values) value.value = factor * value.value + shift;
  return values;
}

template <class Scalar>
double relative_difference(std::span<const Scalar> a, std::span<const Scalar> b) {
  REQUIRE(a.size() == b.size());
  double difference = 0;
  double norm = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference += std::pow(static_cast<double>(a[i] - b[i]), 2);
    norm += std::pow(static_cast<double>(a[i]), 2);
  }
  return std::sqrt(difference / norm);
}

// Six slices of a stream for one learner, and with every value transformed for another; `check` is given their reports.
template <class Scalar, class Check>
void learn_beside(Learner<Scalar>& plain, Learner<Scalar>& changed, std::uint64_t seed, float factor, float shift,
                  Check check) {
  ValueStream stream(seed);
  for (int t = 0; t < 6; ++t) {
    double oracle = 0;
    auto values = stream.next(20, oracle);
    if (shift != 0) {  // exact after the shift too
      for (PairValue& value : values) value.value = std::round(value.value * 64) / 64;
    }
    const SliceReport report = plain.learn(values);
    check(report, changed.learn(transformed(values, factor, shift)));
  }
}

}  // namespace

TEST_CASE("sigma is found, and values are predicted almost as well as by the truth") {
  for (const std::uint64_t seed : {1U, 2U, 3U}) {
    CAPTURE(seed);
    ValueStream stream(seed);
    Options without = value_options();
    without.offsets = Offsets::none;
    Learner<float> learner;
    Learner<float> plain(without);
    double score = 0, baseline = 0, no_offsets = 0, oracle = 0;
    constexpr int slices = 20;
    constexpr int first_scored = 10;
    for (int t = 0; t < slices; ++t) {
      double best = 0;
      const auto values = stream.next(30, best);
      const SliceReport report = learner.learn(values);
      const SliceReport report_without = plain.learn(values);
      CHECK(report_without.baseline_score == 0);
      if (t > 0) CHECK(report.score > report.baseline_score);  // from the first score on
      if (t < first_scored) continue;
      score += report.score / (slices - first_scored);
      baseline += report.baseline_score / (slices - first_scored);
      no_offsets += report_without.score / (slices - first_scored);
      oracle += best / (slices - first_scored);
    }
    const ValueState& found = learner.state().values;
    MESSAGE("seed ", seed, ": sigma ", found.noise_deviation, ", mu ", found.mean, ", score ", score,
            ", offsets alone ", baseline, ", no offsets ", no_offsets, ", truth ", oracle);
    CHECK(std::abs(found.noise_deviation / true_noise - 1) <= .03);
    CHECK(std::abs(found.mean - true_mean) <= .15);  // the sample mean of 400 offsets is off by .056
    CHECK(oracle - score <= .03);
    CHECK(score - baseline >= .3);
    CHECK(score - no_offsets >= .05);
  }
}

TEST_CASE("a constant added to all values is added to mu, and to nothing else") {
  Learner<double> here, there;
  constexpr float shift = 1024;
  learn_beside(here, there, 4, 1, shift, [](const SliceReport& report, const SliceReport& shifted) {
    CHECK(std::abs(shifted.score - report.score) <= 1e-9);
    CHECK(std::abs(shifted.baseline_score - report.baseline_score) <= 1e-9);
  });
  const auto a = here.state();
  const auto b = there.state();
  // Rounding of 1e3 + x in double, 1e-13, through some hundred alternations.
  CHECK((stacked(b) - stacked(a)).norm() <= 1e-9 * stacked(a).norm());
  CHECK(relative_difference(a.items.offset, b.items.offset) <= 1e-9);
  CHECK(std::abs(b.values.mean - a.values.mean - static_cast<double>(shift)) <= 1e-9);
  CHECK(std::abs(b.values.noise_deviation - a.values.noise_deviation) <= 1e-9);
}

TEST_CASE("values times a power of four: all is multiplied, bit for bit") {
  Learner<float> here, there;
  // The density of a value times 1024 is 1/1024 of that of the value.
  learn_beside(here, there, 5, 1024, 0, [](const SliceReport& report, const SliceReport& scaled) {
    if (report.slice > 0) CHECK(std::abs(scaled.score + std::log(1024.) - report.score) <= 1e-12);
  });
  const auto a = here.state();
  const auto b = there.state();
  CHECK(stacked(b) == 32 * stacked(a));
  for (const Side side : {Side::items, Side::contexts}) {
    for (std::size_t row = 0; row < rows; ++row) {
      CHECK(b[side].offset[row] == 1024 * a[side].offset[row]);
      CHECK(b[side].precision[row] == a[side].precision[row] / 1024);
      CHECK(b[side].diffusion[row] == 1024 * a[side].diffusion[row]);
    }
  }
  CHECK(b.values.mean == 1024 * a.values.mean);
  CHECK(b.values.noise_deviation == 1024 * a.values.noise_deviation);
}

TEST_CASE("values in thousands are predicted as well as values near one") {
  Learner<float> here, there;
  learn_beside(here, there, 6, 1000, 0, [](const SliceReport& report, const SliceReport& scaled) {
    if (report.slice > 0) CHECK(std::abs(scaled.score + std::log(1000.) - report.score) <= 1e-4);
  });
  const DenseTable expected = std::sqrt(1000.) * stacked(here.state());
  CHECK((stacked(there.state()) - expected).norm() <= 1e-3 * expected.norm());
}

TEST_CASE("the fit is where the gradient of the likelihood and the priors vanishes") {
  Options options = value_options();
  options.dimension = 3;
  options.first_slice_sweeps = 3000;
  Learner<double> learner(options);
  ValueStream stream(7);
  double oracle = 0;
  const auto values = stream.next(20, oracle);
  learner.learn(values);
  const auto state = learner.state();
  const double sigma = state.values.noise_deviation;
  const double baseline_sigma = state.values.baseline_noise_deviation;
  const double scale = state.value_scale;
  const double unit = scale * std::sqrt(4.5 / 3);
  DenseTable slope = -static_cast<double>(options.prior_precision) / unit * DenseTable(state.items.embeddings);
  Eigen::VectorXd offset_slope(rows), baseline_slope(rows);
  double mean_slope = 0;
  for (std::uint32_t i = 0; i < rows; ++i) {
    offset_slope[i] = -state.items.offset[i] / (scale * scale);
    baseline_slope[i] = -state.items.baseline_offset[i] / (scale * scale);
  }
  for (const auto& [i, j, y] : values) {
    const double centred = static_cast<double>(y) - state.values.mean;
    const double error = centred - state.items.offset[i] - state.contexts.offset[j] -
                         state.items.embeddings.row(i).dot(state.contexts.embeddings.row(j));
    const double baseline_error = centred - state.items.baseline_offset[i] - state.contexts.baseline_offset[j];
    slope.row(i) += error / (sigma * sigma) * state.contexts.embeddings.row(j);
    offset_slope[i] += error / (sigma * sigma);
    baseline_slope[i] += baseline_error / (baseline_sigma * baseline_sigma);
    mean_slope += baseline_error;
  }
  // Each is a sum of some twenty terms near one.
  CHECK(slope.cwiseAbs().maxCoeff() <= 1e-5);
  CHECK(offset_slope.cwiseAbs().maxCoeff() <= 1e-5);
  CHECK(baseline_slope.cwiseAbs().maxCoeff() <= 1e-8);
  CHECK(std::abs(mean_slope) <= 1e-8 * static_cast<double>(values.size()));
}

TEST_CASE("a first slice that is too sparse to show any structure does not end the embeddings") {
  ValueStream stream(10);
  Learner<float> learner;
  double oracle = 0;
  learner.learn(stream.next(1, oracle));
  SliceReport report;
  for (int t = 0; t < 6; ++t) {
    report = learner.learn(stream.next(30, oracle));
    CHECK(report.scored > 0);
  }
  MESSAGE("score ", report.score, ", offsets alone ", report.baseline_score, ", truth ", oracle);
  CHECK(report.score > report.baseline_score + .3);
}

TEST_CASE("an empty slice leaves mean, offsets and sigma, and only makes them less certain") {
  ValueStream stream(8);
  Learner<float> learner;
  double oracle = 0;
  for (int t = 0; t < 2; ++t) learner.learn(stream.next(20, oracle));
  const ValueState before = learner.state().values;
  const std::vector<float> offset(learner.state().items.offset.begin(), learner.state().items.offset.end());
  const std::vector<float> precision(learner.state().items.offset_precision.begin(),
                                     learner.state().items.offset_precision.end());
  learner.learn(std::vector<PairValue>());
  const auto state = learner.state();
  CHECK(state.values.mean == before.mean);
  CHECK(state.values.noise_deviation == before.noise_deviation);
  CHECK(state.values.mean_precision < before.mean_precision);
  const double diffusion = static_cast<double>(value_options().offset_diffusion) * std::pow(state.value_scale, 2);
  for (std::size_t row = 0; row < rows; ++row) {
    CHECK(state.items.offset[row] == offset[row]);
    CHECK(state.items.offset_precision[row] == doctest::Approx(1 / (1 / precision[row] + diffusion)));
  }
}

TEST_CASE("values beyond the range of numbers are refused, and leave the learner as it was") {
  Learner<float> learner;
  auto direct = OnlineLearner<float>::create(value_options()).value();
  const OwnedTokens tokens = numbered_tokens("row", rows);
  SerialExecutor serial;
  SliceView slice;
  slice.interval = day(0);
  slice.item_tokens = slice.context_tokens = tokens.list();
  const std::vector<PairValue> huge{{0, 0, 3e38F}, {1, 1, -3e38F}, {0, 1, 2e38F}};
  slice.values = huge;
  const auto refused = direct.learn(slice, serial);
  REQUIRE(!refused);
  CHECK(refused.error().code() == ErrorCode::bad_data);
  CHECK(direct.state().value_scale == 1);
  CHECK(direct.state().values == ValueState{});
  CHECK(direct.state().items.size() == 0);
  ValueStream stream(9);
  double oracle = 0;
  const auto values = stream.next(10, oracle);
  learner.learn(values);
  slice.values = values;
  direct.learn(slice, serial).value();
  CHECK(direct.state().values == learner.state().values);
}
