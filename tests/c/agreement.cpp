// What is learnt and answered through C is what C++ learns and answers, bit for bit.
#include <doctest/doctest.h>

#include <cstring>

#include <formats/temporary_directory.hpp>
#include <gaugeline/neighbors.hpp>
#include <gaugeline/online_learner.hpp>
#include <support/same_state.hpp>
#include <support/text_slice.hpp>

#include "c_learner.hpp"

namespace gaugeline::test {
namespace {

using testing::same_bits;
using testing::SequenceSlice;
using testing::small_options;
using testing::ValueSlice;

// The table is what the C++ learner holds.
void check_table(const gaugeline_table& table, const SideState<float>& side) {
  REQUIRE(table.rows == side.size());
  const std::size_t figures = std::size_t{table.rows} * table.dimension;
  CHECK(same_bits(std::span(table.embeddings, figures), std::span(side.embeddings.data(), figures)));
  CHECK(same_bits(std::span(table.precision, table.rows), side.precision));
  CHECK(same_bits(std::span(table.uses, table.rows), side.uses));
  CHECK(same_bits(std::span(table.count, table.rows), side.count));
  CHECK(same_bits(std::span(table.diffusion, table.rows), side.diffusion));
  CHECK(same_bits(std::span(table.null_variance, table.rows), side.null_variance));
  CHECK(same_bits(std::span(table.log_retention, table.rows), side.log_retention));
  CHECK(same_bits(std::span(table.born, table.rows), side.born));
  CHECK(std::string_view(table.tokens.bytes, table.tokens.byte_count) ==
        std::string_view(side.tokens.bytes().data(), side.tokens.bytes().size()));
  CHECK(same_bits(std::span(table.tokens.ends, table.tokens.count), side.tokens.ends()));
  CHECK((table.offset == nullptr) == side.offset.empty());
  if (table.offset != nullptr) CHECK(same_bits(std::span(table.offset, table.rows), side.offset));
}

void check_report(const gaugeline_report& report, const SliceReport& expected) {
  CHECK(report.slice == expected.slice);
  CHECK(report.begin == expected.interval.begin.time_since_epoch().count());
  CHECK(report.end == expected.interval.end.time_since_epoch().count());
  CHECK(report.observations == expected.observations);
  CHECK(report.score == expected.score);
  CHECK(report.scored == expected.scored);
  CHECK(report.baseline_score == expected.baseline_score);
  CHECK(report.rotation_angle == expected.rotation_angle);
  CHECK(report.holonomy_angle == expected.holonomy_angle);
  CHECK(report.new_item_rows == expected.new_item_rows);
  CHECK(report.context_rows == expected.context_rows);
}

template <class Slice>
void check_agreement(const char* model, Likelihood likelihood) {
  auto expected = OnlineLearner<float>::create(small_options(likelihood));
  REQUIRE(expected);
  SerialExecutor serial;
  const CLearner learner = make_learner(small_c_options(model));
  for (int t = 0; t < 4; ++t) {
    const Slice slice(t, 60);
    const auto report = expected->learn(slice.view(), serial);
    REQUIRE(report);
    check_report(learn(learner.get(), slice.view()), *report);
    check_table(table(learner.get(), GAUGELINE_ITEMS), expected->state().items);
    check_table(table(learner.get(), GAUGELINE_CONTEXTS), expected->state().contexts);
  }
}

TEST_CASE("sequences are learnt as C++ learns them") {
  check_agreement<SequenceSlice>("skipgram", Likelihood::skipgram);
}

TEST_CASE("values are learnt as C++ learns them") { check_agreement<ValueSlice>("gaussian", Likelihood::gaussian); }

TEST_CASE("threads do not change what is learnt") {
  const CLearner one = make_learner(small_c_options());
  const CLearner three = make_learner(small_c_options("skipgram", {{"threads", "3"}}));
  for (int t = 0; t < 3; ++t) {
    const SequenceSlice slice(t, 60);
    learn(one.get(), slice.view());
    learn(three.get(), slice.view());
  }
  const auto a = table(one.get());
  const auto b = table(three.get());
  const std::size_t figures = std::size_t{a.rows} * a.dimension;
  REQUIRE(b.rows == a.rows);
  CHECK(same_bits(std::span(a.embeddings, figures), std::span(b.embeddings, figures)));
}

TEST_CASE("a learner that was saved and loaded goes on bit for bit") {
  const TemporaryDirectory folder;
  const std::string half = folder / "half.snapshot";
  const std::string went_on = folder / "went_on.snapshot";
  const std::string resumed = folder / "resumed.snapshot";
  Call call;
  const CLearner learner = make_learner(small_c_options());
  for (int t = 0; t < 2; ++t) learn(learner.get(), SequenceSlice(t, 60).view());
  REQUIRE(gaugeline_learner_save(learner.get(), half.c_str(), call) == GAUGELINE_OK);

  gaugeline_learner* other = nullptr;
  REQUIRE(gaugeline_learner_load(half.c_str(), nullptr, &other, call) == GAUGELINE_OK);
  const CLearner loaded(other, gaugeline_learner_destroy);
  for (int t = 2; t < 4; ++t) {
    const SequenceSlice slice(t, 70);
    learn(learner.get(), slice.view());
    learn(loaded.get(), slice.view());
  }
  REQUIRE(gaugeline_learner_save(learner.get(), went_on.c_str(), call) == GAUGELINE_OK);
  REQUIRE(gaugeline_learner_save(loaded.get(), resumed.c_str(), call) == GAUGELINE_OK);
  CHECK(read_bytes(went_on) == read_bytes(resumed));  // the whole state, the run and the parent
}

TEST_CASE("neighbours and similarities are those of C++") {
  const CLearner learner = make_learner(small_c_options());
  for (int t = 0; t < 2; ++t) learn(learner.get(), SequenceSlice(t, 60).view());
  const auto items = table(learner.get());
  Call call;
  std::uint32_t row = 0;
  REQUIRE(gaugeline_learner_find(learner.get(), GAUGELINE_ITEMS, "w7xyz", 2, &row, call) == GAUGELINE_OK);
  REQUIRE(row != GAUGELINE_NO_ROW);
  CHECK(token(items, row) == "w7");

  std::vector<gaugeline_neighbor> found(5);
  std::uint32_t count = 0;
  REQUIRE(gaugeline_learner_neighbors(learner.get(), "w7", GAUGELINE_NUL_TERMINATED, 0, found.data(), 5, &count,
                                      call) == GAUGELINE_OK);
  REQUIRE(count == 5);
  const ConstTable<float> embeddings(items.embeddings, items.rows, items.dimension);
  const std::span<const float> vector(items.embeddings + std::size_t{row} * items.dimension, items.dimension);
  std::vector<char> skip(items.rows);
  skip[row] = 1;
  std::vector<Neighbor> expected(5);
  REQUIRE(nearest_neighbors(embeddings, vector, skip, expected) == 5);
  for (std::size_t i = 0; i < 5; ++i) {
    CHECK(found[i].row == expected[i].row);
    CHECK(found[i].similarity == expected[i].similarity);
  }
  float similarity = 0;
  const std::string nearest = token(items, found[0].row);
  REQUIRE(gaugeline_learner_similarity(learner.get(), "w7", 2, nearest.data(), nearest.size(), &similarity, call) ==
          GAUGELINE_OK);
  CHECK(similarity == found[0].similarity);

  // By its vector, the token itself is the nearest.
  REQUIRE(gaugeline_learner_nearest(learner.get(), vector.data(), items.dimension, 0, found.data(), 5, &count, call) ==
          GAUGELINE_OK);
  CHECK(found[0].row == row);
  CHECK(found[1].row == expected[0].row);
}

TEST_CASE("a score is the mean, both offsets and the product of the vectors") {
  const CLearner learner = make_learner(small_c_options("gaussian"));
  for (int t = 0; t < 2; ++t) learn(learner.get(), ValueSlice(t).view());
  double matching = 0;
  double other = 0;
  Call call;
  REQUIRE(gaugeline_learner_score(learner.get(), "item3", 5, "context6", 8, &matching, call) == GAUGELINE_OK);
  REQUIRE(gaugeline_learner_score(learner.get(), "item3", 5, "context7", 8, &other, call) == GAUGELINE_OK);
  CHECK(matching == doctest::Approx(1).epsilon(.3));  // as support/text_slice.hpp makes them
  CHECK(other == doctest::Approx(-.5).epsilon(.6));
}

TEST_CASE("a row that did not move was displaced by nothing, and another by its distance") {
  const CLearner learner = make_learner(small_c_options());
  learn(learner.get(), SequenceSlice(0, 60).view());
  auto items = table(learner.get());
  const std::vector<float> before(items.embeddings, items.embeddings + items.dimension);
  const gaugeline_moment from{before.data(), items.null_variance[0], items.log_retention[0]};
  float distance = -1;
  float ratio = -1;
  Call call;
  REQUIRE(gaugeline_displacement(&from, &from, items.dimension, &distance, &ratio, call) == GAUGELINE_OK);
  CHECK(distance == 0);
  CHECK(ratio == 0);

  learn(learner.get(), SequenceSlice(1, 60).view());
  items = table(learner.get());
  const gaugeline_moment to{items.embeddings, items.null_variance[0], items.log_retention[0]};
  REQUIRE(gaugeline_displacement(&from, &to, items.dimension, &distance, &ratio, call) == GAUGELINE_OK);
  const Eigen::Map<const Eigen::VectorXf> a(before.data(), items.dimension);
  const Eigen::Map<const Eigen::VectorXf> b(items.embeddings, items.dimension);
  CHECK(distance == doctest::Approx((b - a).norm()));
  CHECK(ratio > 0);
}

TEST_CASE("forgotten tokens are gone, and the other rows stay as they were") {
  const CLearner learner = make_learner(small_c_options());
  learn(learner.get(), SequenceSlice(0, 60).view());
  testing::OwnedTokens tokens;
  tokens.add("w3");
  tokens.add("never seen");
  std::uint64_t forgotten = 0;
  Call call;
  const auto before = table(learner.get()).rows;
  const gaugeline_tokens list = in_c(tokens.list());
  REQUIRE(gaugeline_learner_forget(learner.get(), &list, &forgotten, call) == GAUGELINE_OK);
  CHECK(forgotten == 1);
  CHECK(table(learner.get()).rows == before - 1);
  std::uint32_t row = 0;
  REQUIRE(gaugeline_learner_find(learner.get(), GAUGELINE_ITEMS, "w3", 2, &row, call) == GAUGELINE_OK);
  CHECK(row == GAUGELINE_NO_ROW);

  // And it can be saved: the report tells the rows that there are.
  const TemporaryDirectory folder;
  const std::string file = folder / "without.snapshot";
  REQUIRE(gaugeline_learner_save(learner.get(), file.c_str(), call) == GAUGELINE_OK);
  gaugeline_learner* loaded = nullptr;
  REQUIRE(gaugeline_learner_load(file.c_str(), nullptr, &loaded, call) == GAUGELINE_OK);
  CHECK(table(loaded).rows == before - 1);
  gaugeline_learner_destroy(loaded);
}

}  // namespace
}  // namespace gaugeline::test
