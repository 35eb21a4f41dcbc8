// Events that are fed as lines become the slices that Intake makes of them.
#include <doctest/doctest.h>

#include <optional>

#include <gaugeline/online_learner.hpp>
#include <gaugeline/stream/intake.hpp>
#include <support/same_state.hpp>
#include <support/text_slice.hpp>

#include "c_learner.hpp"

namespace gaugeline::test {
namespace {

gaugeline_events_taken feed_lines(const CLearner& learner, std::string_view lines) {
  auto taken = sized<gaugeline_events_taken>();
  Call call;
  const auto status = gaugeline_learner_feed_events(learner.get(), lines.data(), lines.size(), &taken, call);
  REQUIRE_MESSAGE(status == GAUGELINE_OK, call.message());
  return taken;
}

void end(const CLearner& learner) {
  Call call;
  REQUIRE(gaugeline_learner_end_events(learner.get(), call) == GAUGELINE_OK);
}

std::pair<std::uint64_t, std::uint64_t> waiting(const CLearner& learner) {
  std::uint64_t slices = 0;
  std::uint64_t windows = 0;
  Call call;
  REQUIRE(gaugeline_learner_waiting(learner.get(), &slices, &windows, call) == GAUGELINE_OK);
  return {slices, windows};
}

std::string day_of_words(int day, std::string_view last) {
  return "{\"time\": \"2024-05-0" + std::to_string(day) + "\", \"tokens\": [\"a\", \"b\", \"c\", \"" +
         std::string(last) + "\"]}\n";
}

const std::initializer_list<std::pair<const char*, const char*>> by_day{{"every", "day"}};

TEST_CASE("windows close as event time passes their end, and are learnt in their order") {
  const CLearner learner = make_learner(small_c_options("skipgram", by_day));
  CHECK(feed_lines(learner, day_of_words(1, "x") + day_of_words(1, "y")).counted == 2);
  CHECK(waiting(learner) == std::pair<std::uint64_t, std::uint64_t>(0, 1));
  CHECK(feed_lines(learner, day_of_words(3, "z")).counted == 1);
  CHECK(waiting(learner) == std::pair<std::uint64_t, std::uint64_t>(1, 1));
  CHECK(step(learner.get()).item_rows == 5);
  end(learner);
  const auto report = step(learner.get());
  CHECK(report.begin == 1714694400000000);  // 2024-05-03
  CHECK(report.new_item_rows == 1);
}

TEST_CASE("what is learnt is what C++ learns of Intake's slices") {
  std::string lines;
  for (int day = 1; day < 6; ++day) lines += day_of_words(day, day % 2 == 0 ? "d" : "e");
  const CLearner learner = make_learner(small_c_options("skipgram", by_day));
  feed_lines(learner, lines);
  end(learner);

  stream::IntakeOptions cut;
  cut.slicing.period = *stream::parse_period("day");
  auto intake = stream::Intake::create(cut);
  auto expected = OnlineLearner<float>::create(testing::small_options());
  REQUIRE(intake);
  REQUIRE(expected);
  SerialExecutor serial;
  for (int day = 1; day < 6; ++day) {
    const auto event = stream::parse_event(day_of_words(day, day % 2 == 0 ? "d" : "e"));
    REQUIRE(event);
    REQUIRE(intake->add(*event, ""));
  }
  REQUIRE(intake->close_until(testing::day(20000).end));
  int slices = 0;
  for (auto slice = intake->next_slice(); slice && *slice; slice = intake->next_slice(), ++slices) {
    REQUIRE(expected->learn((*slice)->view(), serial));
    step(learner.get());
  }
  CHECK(slices == 5);
  const auto items = table(learner.get());
  const auto& side = expected->state().items;
  REQUIRE(items.rows == side.size());
  const std::size_t figures = std::size_t{items.rows} * items.dimension;
  CHECK(testing::same_bits(std::span(items.embeddings, figures), std::span(side.embeddings.data(), figures)));
}

TEST_CASE("lines that cannot be used are counted, the first is told, and the others are taken") {
  const CLearner learner = make_learner(small_c_options("skipgram", by_day));
  const auto taken = feed_lines(learner, day_of_words(1, "x") + "\n{\"time\": 1}\nnot JSON\n" +
                                             "{\"time\": \"2024-05-01\", \"item\": \"a\", \"context\": \"b\"}\n" +
                                             day_of_words(1, "y"));
  CHECK(taken.counted == 2);
  CHECK(taken.refused == 3);
  CHECK(taken.first_refused_line == 3);
  CHECK(std::string(taken.first_reason).size() > 5);

  // A line that can be read but does not fit the others may be the first.
  const auto mixed = feed_lines(learner, "{\"time\": \"2024-05-01\", \"item\": \"a\", \"context\": \"b\"}\nnot JSON\n");
  CHECK(mixed.refused == 2);
  CHECK(mixed.first_refused_line == 1);
  CHECK(std::string(mixed.first_reason).find("this stream began with") != std::string::npos);
}

TEST_CASE("late events and those that come again are told") {
  const CLearner learner = make_learner(small_c_options("skipgram", by_day));
  const std::string known = R"({"time": "2024-05-03", "source": "s", "id": "1", "tokens": ["a", "b"]})"
                            "\n";
  feed_lines(learner, known);
  CHECK(feed_lines(learner, known).duplicates == 1);
  CHECK(feed_lines(learner, R"({"time": "2024-05-01", "source": "s", "tokens": ["a", "b"]})").late == 1);
}

TEST_CASE("a slice closes the windows before it, and comes after them") {
  const CLearner learner = make_learner(small_c_options("skipgram", by_day));
  feed_lines(learner, day_of_words(1, "x"));
  testing::SequenceSlice slice(8887, 20);  // 2024-05-01 is day 8887 of 2000
  Call call;
  CHECK(gaugeline_learner_feed_slice(learner.get(), CSlice(slice.view()).get(), call) == GAUGELINE_OUT_OF_ORDER);
  slice.number = 8888;
  feed(learner.get(), slice.view());
  CHECK(step(learner.get()).item_rows == 4);
  CHECK(step(learner.get()).new_item_rows == 20);
}

TEST_CASE("values of events are learnt by the Gaussian model") {
  const CLearner learner = make_learner(small_c_options("gaussian", by_day));
  std::string lines;
  for (int i = 0; i < 40; ++i)
    lines += R"({"time": "2024-05-01", "item": "u)" + std::to_string(i % 8) + R"(", "context": "f)" +
             std::to_string(i % 5) + R"(", "value": )" + std::to_string(i % 3) + "}\n";
  CHECK(feed_lines(learner, lines).counted == 40);
  end(learner);
  end(learner);  // says nothing new
  const auto report = step(learner.get());
  CHECK(report.item_rows == 8);
  CHECK(report.context_rows == 5);
  CHECK(table(learner.get(), GAUGELINE_CONTEXTS).offset != nullptr);
}

TEST_CASE("no lines are no mistake") {
  const CLearner learner = make_learner(small_c_options("skipgram", by_day));
  CHECK(feed_lines(learner, "").counted == 0);
  CHECK(feed_lines(learner, "\n\r\n  \n").refused == 0);
  end(learner);
  CHECK(waiting(learner) == std::pair<std::uint64_t, std::uint64_t>(0, 0));
}

}  // namespace
}  // namespace gaugeline::test
