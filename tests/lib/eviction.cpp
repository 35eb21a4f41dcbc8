#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include <gaugeline/online_learner.hpp>
#include <support/named_slices.hpp>
#include <support/text_slice.hpp>

using namespace gaugeline;
using namespace gaugeline::testing;

namespace {

Options room_for(std::uint32_t rows, Likelihood likelihood = Likelihood::skipgram) {
  Options options = small_options(likelihood);
  options.item_capacity = options.context_capacity = rows;
  return options;
}

using Tokens = std::vector<std::string>;

}  // namespace

TEST_CASE("a token that is used more takes the row of the least used one; the others stay, on both sides alike") {
  auto learner = OnlineLearner<float>::create(room_for(4)).value();
  SerialExecutor serial;
  REQUIRE(learner.learn(Words{{"x", 9}, {"a", 5}, {"b", 2}, {"c", 3}}.view(0), serial));
  const auto report = learner.learn(Words{{"x", 9}, {"new", 4}}.view(1), serial).value();
  CHECK(report.new_item_rows == 1);
  CHECK(report.item_rows == 4);
  const auto state = learner.state();
  CHECK(tokens_of(state.items) == Tokens{"x", "a", "c", "new"});
  CHECK(tokens_of(state.contexts) == tokens_of(state.items));
  CHECK(learner.find(Side::items, "b") == no_row);
  CHECK(learner.find(Side::items, "new") == 3);
  CHECK(std::ranges::equal(state.items.born, std::vector<std::uint32_t>{0, 0, 0, 1}));
}

TEST_CASE("a row of the open slice keeps its token, and so does one that is used as much as the newcomer") {
  auto learner = OnlineLearner<float>::create(room_for(3)).value();
  SerialExecutor serial;
  REQUIRE(learner.learn(Words{{"x", 9}, {"a", 1}, {"b", 10}}.view(0), serial));
  const auto report = learner.learn(Words{{"x", 9}, {"a", 1}, {"new", 8}}.view(1), serial).value();
  CHECK(report.unadmitted_tokens == 1);
  CHECK(tokens_of(learner.state().items) == Tokens{"x", "a", "b"});
}

TEST_CASE("a token that is used once a slice gets a row in time") {
  Options options = room_for(8);
  options.admission_uses = 4;
  auto learner = OnlineLearner<float>::create(options).value();
  SerialExecutor serial;
  // 1, 1.9, 2.71, 3.44: over 3 in the fourth slice.
  for (int t = 0; t < 3; ++t) REQUIRE(learner.learn(Words{{"x", 9}, {"rare", 1}}.view(t), serial));
  CHECK(learner.find(Side::items, "rare") == no_row);
  REQUIRE(learner.learn(Words{{"x", 9}, {"rare", 1}}.view(3), serial));
  CHECK(learner.find(Side::items, "rare") == 1);
  CHECK(learner.state().items.frequency[1] == doctest::Approx(3.439));
}

TEST_CASE("a token that comes back is born anew, like any new row") {
  auto learner = OnlineLearner<float>::create(room_for(3)).value();
  SerialExecutor serial;
  REQUIRE(learner.learn(Words{{"x", 9}, {"a", 5}, {"b", 2}}.view(0), serial));
  REQUIRE(learner.learn(Words{{"x", 9}, {"new", 4}}.view(1), serial));
  REQUIRE(learner.find(Side::items, "b") == no_row);
  REQUIRE(learner.learn(Words{{"x", 9}, {"b", 9}}.view(2), serial));
  const RowIndex row = learner.find(Side::items, "b");
  REQUIRE(row == 2);
  CHECK(learner.state().items.born[row] == 2);
  CHECK(learner.state().items.log_retention[row] == 0);
}

TEST_CASE("rows that close up take all that is theirs along, offsets included") {
  auto full = OnlineLearner<float>::create(room_for(4, Likelihood::gaussian)).value();
  auto roomy = OnlineLearner<float>::create(room_for(8, Likelihood::gaussian)).value();
  SerialExecutor serial;
  for (auto* each : {&full, &roomy}) {
    REQUIRE(each->learn(Ratings{{"x", 9}, {"a", 5}, {"b", 2}, {"c", 3}}.view(0), serial));
    REQUIRE(each->learn(Ratings{{"x", 9}, {"c", 3}, {"new", 4}}.view(1), serial));
  }
  const auto closed = full.state().items, open = roomy.state().items;
  REQUIRE(tokens_of(closed) == Tokens{"x", "a", "c", "new"});
  REQUIRE(tokens_of(open) == Tokens{"x", "a", "b", "c", "new"});
  for (std::size_t row = 0; row < closed.size(); ++row) {
    const std::size_t same = row < 2 ? row : row + 1;
    CHECK(closed.embeddings.row(static_cast<Eigen::Index>(row)) ==
          open.embeddings.row(static_cast<Eigen::Index>(same)));
    for (const auto column :
         {&SideState<float>::precision, &SideState<float>::diffusion, &SideState<float>::count, &SideState<float>::uses,
          &SideState<float>::null_variance, &SideState<float>::log_retention, &SideState<float>::offset,
          &SideState<float>::offset_precision, &SideState<float>::baseline_offset,
          &SideState<float>::baseline_precision, &SideState<float>::frequency})
      CHECK((closed.*column)[row] == (open.*column)[same]);
    CHECK(closed.born[row] == open.born[same]);
  }
  CHECK(closed.offset[1] != closed.offset[2]);
}

TEST_CASE("a slice that is refused evicts no one") {
  Options options = room_for(3);
  options.observation_capacity = 8;
  auto learner = OnlineLearner<float>::create(options).value();
  SerialExecutor serial;
  REQUIRE(learner.learn(Words{{"x", 9}, {"a", 5}, {"b", 2}}.view(0), serial));
  Words many{{"x", 9}, {"new", 4}};
  for (std::uint32_t i = 0; i < 2; ++i)
    for (std::uint32_t j = 0; j < 2; ++j) many.pairs.push_back({i, j, 1});
  many.pairs.push_back({0, 1, 3e38F});
  many.pairs.push_back({0, 1, 3e38F});
  const auto before = tokens_of(learner.state().items);
  CHECK_FALSE(learner.learn(many.view(1), serial).has_value());
  CHECK(tokens_of(learner.state().items) == before);
  REQUIRE(learner.learn(Words{{"x", 9}, {"new", 4}}.view(1), serial));
  CHECK(tokens_of(learner.state().items) == Tokens{"x", "a", "new"});
}

TEST_CASE("a restored learner goes on bit for bit, candidates included") {
  auto learner = OnlineLearner<float>::create(room_for(3)).value();
  auto copy = OnlineLearner<float>::create(room_for(3)).value();
  SerialExecutor serial;
  REQUIRE(learner.learn(Words{{"x", 9}, {"a", 5}, {"b", 3}, {"c", 2}}.view(0), serial));
  REQUIRE(copy.restore(learner.state()));
  for (auto* each : {&learner, &copy}) REQUIRE(each->learn(Words{{"x", 9}, {"c", 2}}.view(1), serial));
  CHECK(tokens_of(copy.state().items) == Tokens{"x", "a", "c"});
  CHECK(tokens_of(learner.state().items) == tokens_of(copy.state().items));
  CHECK(learner.state().items.embeddings == copy.state().items.embeddings);
  CHECK(std::ranges::equal(learner.state().items.candidate_counts, copy.state().items.candidate_counts));
  CHECK(std::ranges::equal(learner.state().items.candidate_hashes, copy.state().items.candidate_hashes));
}
