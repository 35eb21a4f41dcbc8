// forget: what goes with a token, what stays, and that it comes back as another.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <gaugeline/online_learner.hpp>
#include <support/named_slices.hpp>
#include <support/same_state.hpp>
#include <support/text_slice.hpp>

using namespace gaugeline;
using namespace gaugeline::testing;

namespace {

using Tokens = std::vector<std::string>;

SliceReport teach(OnlineLearner<float>& learner, std::int64_t t) {
  SerialExecutor serial;
  if (learner.options().likelihood == Likelihood::skipgram)
    return learner.learn(SequenceSlice(t, 60).view(), serial).value();
  return learner.learn(ValueSlice(t).view(), serial).value();
}

OnlineLearner<float> taught(const Options& options, std::int64_t slices) {
  auto learner = OnlineLearner<float>::create(options).value();
  for (std::int64_t t = 0; t < slices; ++t) teach(learner, t);
  return learner;
}

std::size_t forget(OnlineLearner<float>& learner, std::initializer_list<std::string_view> tokens) {
  return learner.forget(std::vector(tokens));
}

using Column = std::span<const float> SideState<float>::*;
constexpr std::array columns{&SideState<float>::precision,
                             &SideState<float>::diffusion,
                             &SideState<float>::count,
                             &SideState<float>::uses,
                             &SideState<float>::null_variance,
                             &SideState<float>::log_retention,
                             &SideState<float>::gradient_energy,
                             &SideState<float>::offset,
                             &SideState<float>::offset_precision,
                             &SideState<float>::baseline_offset,
                             &SideState<float>::baseline_precision,
                             &SideState<float>::frequency,
                             &SideState<float>::anchor_time};

// Every token of `after` has what it has in `before`.
void check_kept(const SideState<float>& before, const SideState<float>& after) {
  const Tokens known = tokens_of(before);
  for (std::size_t row = 0; row < after.size(); ++row) {
    const auto found = std::ranges::find(known, after.tokens[row]);
    REQUIRE(found != known.end());
    const auto was = found - known.begin();
    const auto is = static_cast<Eigen::Index>(row);
    CHECK(after.embeddings.row(is) == before.embeddings.row(was));
    CHECK(after.anchor.row(is) == before.anchor.row(was));
    for (const Column column : columns) {
      if (!(before.*column).empty()) CHECK((after.*column)[row] == (before.*column)[static_cast<std::size_t>(was)]);
    }
    CHECK(after.born[row] == before.born[static_cast<std::size_t>(was)]);
  }
}

}  // namespace

TEST_CASE("a forgotten token's rows are gone on both sides, and the others keep all that is theirs, bit for bit") {
  for (const Likelihood likelihood : {Likelihood::skipgram, Likelihood::gaussian}) {
    CAPTURE(static_cast<int>(likelihood));
    const auto before = taught(small_options(likelihood), 3);
    auto learner = taught(small_options(likelihood), 3);
    const std::size_t items = before.state().items.size();
    const std::size_t contexts = before.state().contexts.size();
    if (likelihood == Likelihood::skipgram) {
      CHECK(forget(learner, {"w7", "w0", "w59"}) == 3);
      CHECK(learner.state().items.size() == items - 3);
      CHECK(learner.state().contexts.size() == contexts - 3);
      CHECK(learner.find(Side::contexts, "w7") == no_row);
      CHECK(learner.find(Side::items, "w7") == no_row);
      CHECK_FALSE(learner.holds("w7"));
    } else {
      CHECK(forget(learner, {"item3", "context4"}) == 2);
      CHECK(learner.state().items.size() == items - 1);
      CHECK(learner.state().contexts.size() == contexts - 1);
      CHECK(learner.find(Side::items, "item3") == no_row);
      CHECK(learner.find(Side::contexts, "context4") == no_row);
    }
    check_kept(before.state().items, learner.state().items);
    check_kept(before.state().contexts, learner.state().contexts);
    CHECK(learner.state().values == before.state().values);
    CHECK(same_bits(learner.state().rotation, before.state().rotation));
    CHECK(learner.state().slices == 3);
  }
}

TEST_CASE("unknown tokens are no error, and each known one counts once") {
  auto learner = taught(small_options(), 2);
  const auto before = taught(small_options(), 2);
  CHECK(forget(learner, {}) == 0);
  CHECK(forget(learner, {"nobody", "", std::string_view("w1\0", 3)}) == 0);
  CHECK(same_state(learner.state(), before.state()));
  CHECK(forget(learner, {"w1", "nobody", "w1", "w2", "w1"}) == 2);
  CHECK(forget(learner, {"w1"}) == 0);
}

TEST_CASE("a token that comes back after it was forgotten is of another life, like any new row") {
  auto learner = OnlineLearner<float>::create(small_options()).value();
  SerialExecutor serial;
  REQUIRE(learner.learn(Words{{"x", 9}, {"a", 5}, {"b", 2}}.view(0), serial));
  REQUIRE(learner.learn(Words{{"x", 9}, {"a", 5}, {"b", 2}}.view(1), serial));
  REQUIRE(forget(learner, {"a"}) == 1);
  const auto report = learner.learn(Words{{"x", 9}, {"a", 5}, {"b", 2}}.view(2), serial).value();
  CHECK(report.new_item_rows == 1);
  CHECK(report.new_context_rows == 1);
  const auto items = learner.state().items;
  CHECK(tokens_of(items) == Tokens{"x", "b", "a"});
  CHECK(std::ranges::equal(items.born, std::vector<std::uint32_t>{0, 0, 2}));
  CHECK(items.frequency[2] == 5);
  CHECK(items.log_retention[2] == 0);
}

TEST_CASE("what a forgotten token was used does not help it to a new row") {
  Options options = small_options();
  options.admission_uses = 4;
  auto learner = OnlineLearner<float>::create(options).value();
  SerialExecutor serial;
  REQUIRE(learner.learn(Words{{"x", 9}, {"often", 9}, {"rare", 3}}.view(0), serial));
  CHECK(learner.find(Side::items, "often") != no_row);
  CHECK(learner.find(Side::items, "rare") == no_row);
  CHECK(learner.holds("rare"));
  CHECK(forget(learner, {"often", "rare"}) == 2);
  CHECK_FALSE(learner.holds("rare"));
  CHECK(std::ranges::count(learner.state().items.candidate_hashes, std::uint64_t{0}) ==
        std::ssize(learner.state().items.candidate_hashes));
  REQUIRE(learner.learn(Words{{"x", 9}, {"often", 3}, {"rare", 3}}.view(1), serial));
  CHECK(tokens_of(learner.state().items) == Tokens{"x"});
  REQUIRE(learner.learn(Words{{"x", 9}, {"often", 3}, {"rare", 1}}.view(2), serial));  // 3 and .9 times 3; 1 and 2.7
  CHECK(tokens_of(learner.state().items) == Tokens{"x", "often", "rare"});
}

TEST_CASE("forgetting before a state is stored, and going on, is the same as going on") {
  for (const Likelihood likelihood : {Likelihood::skipgram, Likelihood::gaussian}) {
    CAPTURE(static_cast<int>(likelihood));
    auto learner = taught(small_options(likelihood), 3);
    auto restored = OnlineLearner<float>::create(small_options(likelihood)).value();
    CHECK(forget(learner, {"w7", "item3", "context4"}) > 0);
    REQUIRE(restored.restore(learner.state()));
    for (std::int64_t t = 3; t < 6; ++t) {
      teach(learner, t);
      teach(restored, t);
    }
    CHECK(same_state(learner.state(), restored.state()));
  }
}

TEST_CASE("a learner that has forgotten all that it has seen learns the next data as its first") {
  for (const Likelihood likelihood : {Likelihood::skipgram, Likelihood::gaussian}) {
    CAPTURE(static_cast<int>(likelihood));
    auto learner = taught(small_options(likelihood), 2);
    Tokens seen = tokens_of(learner.state().items);
    std::ranges::copy(tokens_of(learner.state().contexts), std::back_inserter(seen));
    learner.admit(numbered_tokens("unseen", 5).list(), {}).value();  // after the first data: all in one place
    learner.forget(std::vector<std::string_view>(seen.begin(), seen.end()));
    const auto state = learner.state();
    CHECK(state.contexts.size() == 0);
    CHECK(state.values.mean == 0);
    CHECK(state.value_scale == 1);
    REQUIRE(state.items.size() == 5);
    CHECK(state.items.embeddings.row(0) != state.items.embeddings.row(1));

    auto restored = OnlineLearner<float>::create(small_options(likelihood)).value();
    REQUIRE(restored.restore(state));
    const SliceReport first = teach(learner, 2);
    CHECK(first.scored == 0);
    CHECK(first.rotation_angle == 0);
    CHECK(teach(learner, 3).scored > 0);
    for (const std::int64_t t : {2, 3}) teach(restored, t);
    CHECK(same_state(learner.state(), restored.state()));
  }
}
