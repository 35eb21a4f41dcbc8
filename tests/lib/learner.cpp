// OnlineLearner from outside: what each kind of slice does to the state, and what is refused.
#include <doctest/doctest.h>

#include <memory>
#include <string>

#include <gaugeline/online_learner.hpp>
#include <support/reference_runs.hpp>
#include <support/text_slice.hpp>
#include <support/three_threads.hpp>

using namespace gaugeline;
using namespace gaugeline::testing;

namespace {

template <class T>
std::vector<T> copy(std::span<const T> values) {
  return {values.begin(), values.end()};
}

// Everything that a state holds, for comparison bit for bit.
std::vector<float> figures(const LearnerState<float>& state) {
  std::vector<float> all;
  for (const SideState<float>* side : {&state.items, &state.contexts}) {
    for (const auto* table : {&side->embeddings, &side->anchor})
      all.insert(all.end(), table->data(), table->data() + table->size());
    all.insert(all.end(), side->anchor_time.begin(), side->anchor_time.end());
    for (const auto& span : {side->precision, side->diffusion, side->count, side->uses, side->null_variance,
                             side->log_retention, side->offset, side->offset_precision, side->baseline_offset,
                             side->baseline_precision, side->frequency, side->gradient_energy})
      all.insert(all.end(), span.begin(), span.end());
  }
  for (const double figure :
       {state.value_scale, state.values.mean, state.values.mean_precision, state.values.noise_deviation,
        state.values.noise_weight, state.values.baseline_noise_deviation, state.values.baseline_noise_weight})
    all.push_back(static_cast<float>(figure));
  return all;
}

OnlineLearner<float> taught(const Options& options, int slices, Executor& executor) {
  auto learner = OnlineLearner<float>::create(options).value();
  for (int t = 0; t < slices; ++t) {
    if (options.likelihood == Likelihood::skipgram)
      learner.learn(SequenceSlice(t, 120).view(), executor).value();
    else
      learner.learn(ValueSlice(t).view(), executor).value();
  }
  return learner;
}

SliceView nothing(std::int64_t t) {
  SliceView slice;
  slice.interval = day(t);
  return slice;
}

}  // namespace

TEST_CASE("the state is the same bit for bit for any number of workers, and for every run") {
  for (const Likelihood likelihood : {Likelihood::skipgram, Likelihood::gaussian}) {
    Options options = small_options(likelihood);
    options.worker_capacity = 3;
    SerialExecutor serial;
    ThreeThreads threads;
    const auto one = taught(options, 4, serial);
    const auto three = taught(options, 4, threads);
    const auto again = taught(options, 4, serial);
    CHECK(figures(one.state()) == figures(three.state()));
    CHECK(figures(one.state()) == figures(again.state()));
  }
}

TEST_CASE("other seeds, other embeddings") {
  Options options = small_options();
  SerialExecutor serial;
  const auto one = taught(options, 1, serial);
  options.seed = 2;
  const auto two = taught(options, 1, serial);
  CHECK(figures(one.state()) != figures(two.state()));
}

TEST_CASE("an empty slice is pure diffusion") {
  SerialExecutor serial;
  auto learner = taught(small_options(), 3, serial);
  const auto before = figures(learner.state());
  const DenseTable tables = stacked(learner.state());
  const auto precision = copy(learner.state().items.precision);
  const auto diffusion = copy(learner.state().items.diffusion);
  const SliceReport report = learner.learn(nothing(5), serial).value();  // 3 days after slice 2
  CHECK(report.elapsed_units == doctest::Approx(3));
  CHECK(report.observations == 0);
  CHECK(report.rotation_angle == 0);
  CHECK(stacked(learner.state()) == tables);
  for (std::size_t row = 0; row < precision.size(); ++row)
    CHECK(learner.state().items.precision[row] == doctest::Approx(1 / (1 / precision[row] + 3 * diffusion[row])));
}

TEST_CASE("a time without data, split or whole, decays certainty alike") {
  SerialExecutor serial;
  auto whole = taught(small_options(), 2, serial);
  auto split = taught(small_options(), 2, serial);
  whole.learn(nothing(7), serial).value();
  for (const std::int64_t t : {3, 4, 7}) split.learn(nothing(t), serial).value();
  for (std::size_t row = 0; row < whole.state().items.size(); ++row)
    CHECK(split.state().items.precision[row] == doctest::Approx(whole.state().items.precision[row]).epsilon(1e-5));
}

TEST_CASE("the passes' accumulators forget as the square of the precision") {
  SerialExecutor serial;
  auto learner = taught(small_options(), 3, serial);
  const auto precision = copy(learner.state().items.precision);
  const auto energy = copy(learner.state().items.gradient_energy);
  learner.learn(nothing(9), serial).value();
  const SideState<float> after = learner.state().items;
  for (std::size_t row = 0; row < precision.size(); ++row) {
    const float kept = after.precision[row] / precision[row];
    CHECK(kept < 1);
    CHECK(after.gradient_energy[row] == doctest::Approx(1e-3F + kept * kept * (energy[row] - 1e-3F)).epsilon(1e-5));
  }
}

TEST_CASE("a slice of new tokens only is learnt, and leaves known items where they are") {
  SerialExecutor serial;
  auto learner = taught(small_options(), 2, serial);
  const RowIndex known = learner.find(Side::items, "w5");
  const SliceReport report = learner.learn(SequenceSlice(2, 60, 100, "new").view(), serial).value();
  CHECK(report.new_item_rows == 60);
  CHECK(report.new_context_rows == 60);
  CHECK(report.scored == 0);
  CHECK(report.observations > 0);
  const auto state = learner.state();
  // Words that meet often have come closer than words that never meet.
  const auto score = [&](std::string_view item, std::string_view context) {
    return state.items.embeddings.row(learner.find(Side::items, item))
        .dot(state.contexts.embeddings.row(learner.find(Side::contexts, context)));
  };
  CHECK(score("new10", "new11") > score("new10", "new40"));
  CHECK(state.items.uses[known] == 0);
  CHECK(state.items.precision[known] > 0);
}

TEST_CASE("the score rises when the stream repeats itself") {
  SerialExecutor serial;
  auto learner = OnlineLearner<float>::create(small_options()).value();
  std::vector<double> scores;
  for (int t = 0; t < 4; ++t) scores.push_back(learner.learn(SequenceSlice(t, 120, 400).view(), serial).value().score);
  CHECK(scores[0] == 0);
  CHECK(scores[1] < scores[3]);
  CHECK(scores[3] < 0);
}

TEST_CASE("slices that are fitted alone carry no energy of gradients over") {
  Options options = small_options();
  options.coupling = Coupling::none;
  SerialExecutor serial;
  auto learner = OnlineLearner<float>::create(options).value();
  const SequenceSlice words(0, 120);
  const auto energy_after = [&](int slices) {
    for (int t = 0; t < slices; ++t) {
      SliceView slice = words.view();
      slice.interval = day(static_cast<std::int64_t>(learner.state().slices));
      learner.learn(slice, serial).value();
    }
    double sum = 0;
    for (const float energy : learner.state().contexts.gradient_energy) sum += static_cast<double>(energy);
    return sum;
  };
  const double first = energy_after(1);
  // But for the starts, which are drawn anew: ten slices differ by 6 %, of items by half. Carried over it would be
  // eight times as much.
  CHECK(energy_after(7) == doctest::Approx(first).epsilon(.25));
}

TEST_CASE("a restored state goes on bit for bit") {
  for (const Likelihood likelihood : {Likelihood::skipgram, Likelihood::gaussian}) {
    const Options options = small_options(likelihood);
    SerialExecutor serial;
    const auto straight = taught(options, 4, serial);
    auto first = taught(options, 2, serial);
    auto second = OnlineLearner<float>::create(options).value();
    second.restore(first.state()).value();
    CHECK(figures(first.state()) == figures(second.state()));
    for (int t = 2; t < 4; ++t) {
      if (likelihood == Likelihood::skipgram)
        second.learn(SequenceSlice(t, 120).view(), serial).value();
      else
        second.learn(ValueSlice(t).view(), serial).value();
    }
    CHECK(figures(second.state()) == figures(straight.state()));
    CHECK(second.state().slices == 4);
  }
}

TEST_CASE("a state without data yet, restored, goes on bit for bit, and no two rows start alike") {
  const Options options = small_options();
  SerialExecutor serial;
  auto straight = OnlineLearner<float>::create(options).value();
  auto restored = OnlineLearner<float>::create(options).value();
  const OwnedTokens alone = numbered_tokens("alone", 5);  // used, but beside no other
  const std::vector<float> uses(5, 1);
  SliceView slice = nothing(0);
  slice.item_tokens = alone.list();
  slice.contexts_are_items = true;
  slice.item_uses = uses;
  straight.learn(slice, serial).value();
  restored.restore(straight.state()).value();
  for (auto* learner : {&straight, &restored}) {
    learner->admit(numbered_tokens("more", 5).list(), {}).value();
    const auto rows = learner->state().items.embeddings;
    REQUIRE(rows.rows() == 10);
    for (Eigen::Index row = 0; row < 5; ++row) CHECK(rows.row(row) != rows.row(row + 5));
    learner->learn(SequenceSlice(1, 60).view(), serial).value();
  }
  CHECK(figures(restored.state()) == figures(straight.state()));
}

TEST_CASE("a state that does not fit is refused") {
  SerialExecutor serial;
  const auto learner = taught(small_options(), 2, serial);
  Options options = small_options();
  SUBCASE("dimension") {
    options.dimension = 8;
    auto target = OnlineLearner<float>::create(options).value();
    CHECK(target.restore(learner.state()).error().code() == ErrorCode::invalid_argument);
  }
  SUBCASE("capacity") {
    options.item_capacity = 20;
    auto target = OnlineLearner<float>::create(options).value();
    CHECK(target.restore(learner.state()).error().code() == ErrorCode::capacity_exceeded);
    CHECK(target.state().items.size() == 0);
  }
  SUBCASE("a figure that is not finite") {
    auto precision = copy(learner.state().contexts.precision);
    precision[3] = std::numeric_limits<float>::quiet_NaN();
    auto state = learner.state();
    state.contexts.precision = precision;
    auto target = OnlineLearner<float>::create(options).value();
    CHECK(target.restore(state).error().message() == "contexts: row 3 is not finite");
  }
}

TEST_CASE("what cannot be learnt is refused with a reason, and the state stays") {
  SerialExecutor serial;
  Options options = small_options();
  options.observation_capacity = 3000;
  auto learner = OnlineLearner<float>::create(options).value();
  for (int t = 0; t < 2; ++t) learner.learn(SequenceSlice(t, 120).view(), serial).value();
  const auto before = figures(learner.state());
  const auto refuse = [&](const SliceView& slice, ErrorCode code, std::string_view words) {
    const auto result = learner.learn(slice, serial);
    REQUIRE(!result);
    CHECK(result.error().code() == code);
    CHECK(std::string(result.error().message()).find(words) != std::string::npos);
    CHECK(figures(learner.state()) == before);
    CHECK(learner.state().slices == 2);
  };
  SUBCASE("time runs backwards") { refuse(SequenceSlice(1, 120).view(), ErrorCode::out_of_order, "begins at"); }
  SUBCASE("values for the skip-gram model") { refuse(ValueSlice(2).view(), ErrorCode::bad_data, "skip-gram"); }
  SUBCASE("too many tokens") {
    refuse(SequenceSlice(2, 500).view(), ErrorCode::capacity_exceeded, "slice_token_capacity");
  }
  SUBCASE("too many pairs, new tokens among them") {
    refuse(SequenceSlice(2, 250, 1000, "x").view(), ErrorCode::capacity_exceeded, "observation_capacity");
    CHECK(learner.find(Side::items, "x1") == no_row);
  }
  SUBCASE("more workers than there is scratch for") {
    ThreeThreads threads;
    CHECK(learner.learn(SequenceSlice(2, 120).view(), threads).error().code() == ErrorCode::invalid_argument);
  }
}

TEST_CASE("a slice that drives the accumulated energy of the gradients beyond the range of numbers is refused") {
  SerialExecutor serial;
  auto learner = OnlineLearner<float>::create(small_options()).value();
  for (int t = 0; t < 2; ++t) learner.learn(SequenceSlice(t, 120).view(), serial).value();
  auto state = learner.state();
  std::vector<float> far(state.items.embeddings.data(), state.items.embeddings.data() + state.items.embeddings.size());
  for (float& x : far) x *= 1e18F;  // their squares are numbers, those of the gradients they make add up to none
  std::construct_at(&state.items.embeddings, far.data(), state.items.embeddings.rows(), state.items.embeddings.cols());
  auto target = OnlineLearner<float>::create(small_options()).value();
  target.restore(state).value();
  const auto before = figures(target.state());
  const auto refused = target.learn(SequenceSlice(2, 120).view(), serial);
  REQUIRE(!refused);
  CHECK(refused.error().code() == ErrorCode::bad_data);
  CHECK(figures(target.state()) == before);
}

TEST_CASE("a full vocabulary admits the most used newcomers and counts the rest") {
  Options options = small_options();
  options.item_capacity = options.context_capacity = 12;
  auto learner = OnlineLearner<float>::create(options).value();
  SerialExecutor serial;
  const OwnedTokens tokens = numbered_tokens("t", 20);
  std::vector<PairCount> pairs;
  for (std::uint32_t i = 0; i < 20; ++i) pairs.push_back({i, (i + 1) % 20, static_cast<float>(1 + i)});
  SliceView slice = nothing(0);
  slice.item_tokens = slice.context_tokens = tokens.list();
  slice.pairs = pairs;
  const SliceReport report = learner.learn(slice, serial).value();
  CHECK(report.item_rows == 12);
  CHECK(report.unadmitted_tokens == 16);
  CHECK(report.unadmitted_observations > 0);
  CHECK(learner.find(Side::items, "t19") != no_row);
  CHECK(learner.find(Side::items, "t8") == 0);  // in the order of the list
  CHECK(learner.find(Side::items, "t7") == no_row);
}

TEST_CASE("a token used too seldom waits") {
  Options options = small_options();
  options.admission_uses = 3;
  auto learner = OnlineLearner<float>::create(options).value();
  SerialExecutor serial;
  const OwnedTokens tokens = numbered_tokens("t", 3);
  const std::vector<float> uses = {2, 3, 4};
  const std::vector<PairCount> pairs = {{0, 1, 1}, {1, 2, 1}, {2, 1, 1}};
  SliceView slice = nothing(0);
  slice.item_tokens = tokens.list();
  slice.contexts_are_items = true;
  slice.item_uses = uses;
  slice.pairs = pairs;
  const SliceReport report = learner.learn(slice, serial).value();
  CHECK(learner.find(Side::items, "t0") == no_row);
  CHECK(report.unadmitted_tokens == 1);
  CHECK(report.unadmitted_observations == 1);
  CHECK(report.observations == 2);
  CHECK(learner.state().items.uses[learner.find(Side::items, "t2")] == 4);
}

TEST_CASE("a token that is listed twice counts as one") {
  auto learner = OnlineLearner<float>::create(small_options()).value();
  SerialExecutor serial;
  OwnedTokens tokens;
  for (const char* token : {"a", "b", "a"}) tokens.add(token);
  const std::vector<PairCount> pairs = {{0, 1, 1}, {2, 1, 2}};
  SliceView slice = nothing(0);
  slice.item_tokens = tokens.list();
  slice.contexts_are_items = true;
  slice.pairs = pairs;
  slice.pairs_are_symmetric = true;
  const SliceReport report = learner.learn(slice, serial).value();
  CHECK(report.item_rows == 2);
  CHECK(report.distinct == 2);
  CHECK(report.observations == 6);
}

TEST_CASE("only an orthogonal matrix turns the state") {
  SerialExecutor serial;
  auto learner = taught(small_options(), 1, serial);
  Eigen::MatrixXd stretch = Eigen::MatrixXd::Identity(16, 16);
  stretch(0, 0) = 1.1;
  CHECK(learner.rotate(stretch).error().code() == ErrorCode::invalid_argument);
  CHECK(learner.rotate(Eigen::MatrixXd::Identity(8, 8)).error().code() == ErrorCode::invalid_argument);
}
