// Questions across snapshots about a token that lost its row and came back.
#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <gaugeline/stream/query.hpp>

#include "small_stream.hpp"

using namespace gaugeline;
using namespace gaugeline::stream;

namespace {

// Slices 0 and 1 know "b"; in slice 2 "new" takes its row; in 3 and 4 it is back, in the row of "new".
void learn_two_lives(const std::filesystem::path& directory) {
  Options options = small_learner();
  options.item_capacity = options.context_capacity = 3;
  SerialExecutor executor;
  auto run = LearningRun::open(directory, options, executor).value();
  const std::vector<std::pair<std::string, float>> third{{"b", 2}, {"b", 2}, {"new", 9}, {"b", 20}, {"b", 20}};
  for (std::size_t t = 0; t < third.size(); ++t) {
    testing::OwnedTokens tokens;
    for (const std::string& token : {std::string("x"), std::string("a"), third[t].first}) tokens.add(token);
    const std::vector<PairCount> pairs{{0, 1, 20}, {0, 2, third[t].second}};
    SliceView slice;
    slice.interval = testing::day(static_cast<std::int64_t>(t));
    slice.item_tokens = tokens.list();
    slice.contexts_are_items = slice.pairs_are_symmetric = true;
    slice.pairs = pairs;
    REQUIRE(run.process(slice, "direct", t + 1));
  }
}

}  // namespace

TEST_CASE("no question joins two lives of a token, or takes its successor for it") {
  const TemporaryDirectory directory;
  learn_two_lives(directory.path());
  const auto store = formats::SnapshotStore::open(directory.path()).value();

  SUBCASE("a trajectory begins anew where the token does") {
    const auto points = [&] {
      TrajectoryQuestion question;
      question.token = "b";
      return follow_trajectory(store, question).value();
    }();
    REQUIRE(points.size() == 4);  // none for slice 2, where the row is another token's
    CHECK(points[1].born == 0);
    CHECK(points[2].born == 3);
    CHECK(points[2].slice.index == 3);
    CHECK(points[2].since_first.distance == 0);
    CHECK(points[3].born == 3);
  }
  SUBCASE("drift has steps within lives only") {
    const auto steps = follow_drift(store, {.token = "b"}).value();
    REQUIRE(steps.size() == 2);
    CHECK(steps[0].to.index == 1);
    CHECK(steps[1].from.index == 3);
    CHECK_FALSE(follow_drift(store, {.token = "b", .from = "2", .to = "3"}).has_value());
  }
  SUBCASE("a list of what drifted compares only rows of one life") {
    const auto drift = find_drift(store, {.from = "0", .to = "-1", .min_uses = 0, .skip_commonest = 0}).value();
    CHECK(drift.compared == 2);
    for (const auto& token : drift.tokens) CHECK(token.token != "b");
  }
  SUBCASE("a token that lost its row is not found in the slice, nor named by another") {
    const auto found = find_neighbors(store, {.token = "b", .slice = "2"});
    REQUIRE_FALSE(found.has_value());
    CHECK(found.error().code() == ErrorCode::not_found);
    const auto others = find_neighbors(store, {.token = "x", .slice = "2"}).value();
    for (const auto& other : others.neighbors) CHECK(other.token != "b");
  }
}
