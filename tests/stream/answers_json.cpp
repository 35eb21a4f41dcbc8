#include <doctest/doctest.h>

#include <cmath>

#include <gaugeline/random.hpp>
#include <gaugeline/stream/answers_json.hpp>
#include <gaugeline/stream/events.hpp>

namespace gaugeline::stream {
namespace {

// Answers of any figures, to be written and read back.
struct Draw {
  Random random;

  std::size_t below(std::size_t count) { return random.bits() % count; }
  float single() { return static_cast<float>(random.normal() * std::exp(20 * random.normal())); }
  std::string token() {
    constexpr std::array<std::string_view, 5> parts{"gold", "\"", "\\", "\xC3\xA9", "a b"};
    std::string text;
    for (std::size_t i = 0; i <= below(3); ++i) text += parts[below(parts.size())];
    return text;
  }
  std::vector<std::string> tokens() {
    std::vector<std::string> list(below(4));
    for (auto& entry : list) entry = token();
    return list;
  }
  std::vector<ScoredToken> scored() {
    std::vector<ScoredToken> list(below(4));
    for (auto& entry : list) entry = {token(), single(), single()};
    return list;
  }
  SliceStamp slice() {
    const Time begin = earliest_time + std::chrono::microseconds(random.bits() % 100'000'000'000'000'000);
    return {random.bits(), {begin, begin + std::chrono::microseconds(random.bits() % 1'000'000'000)}};
  }
  double real() { return static_cast<double>(random.bits() % 100'000) / 1024; }
  Movement movement() { return {single(), real(), single()}; }
  Evidence evidence() { return static_cast<Evidence>(below(5)); }
  std::optional<double> number() { return below(2) == 0 ? std::nullopt : std::optional(real()); }
};

// Writing what was read gives the same text: nothing was lost.
template <class Question, class Answer>
void check(const Question& question, const Answer& answer) {
  const std::string text = to_json(question, answer);
  CAPTURE(text);
  CHECK(text.ends_with("}\n"));
  const auto read = answer_from_json<Answer>(text);
  REQUIRE(read);
  CHECK(to_json(question, *read) == text);
}

TEST_CASE("every answer is read back as it was written") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    Draw draw{Random(seed)};
    check(NeighborsQuestion{.token = draw.token()}, NeighborsAnswer{draw.slice(), draw.single(), draw.scored()});
    check(TranslationQuestion{.token = draw.token()}, TranslationAnswer{draw.slice(), draw.slice(), draw.scored()});
    check(SimilarityQuestion{.token = draw.token(), .others = {}}, SimilarityAnswer{draw.slice(), draw.scored()});
    check(ScoreQuestion{.item = draw.token()},
          ScoreAnswer{draw.slice(), {{draw.token(), draw.real()}, {draw.token(), 0}}});
    const std::vector<std::string> others = draw.tokens();
    std::vector<TrajectoryPoint> points(draw.below(3));
    for (auto& point : points) {
      point = {draw.slice(), draw.single(), draw.random.bits(), draw.movement(), {}, {}};
      if (others.empty()) point.neighbors = draw.scored();
      for (std::size_t i = 0; i < others.size(); ++i)
        point.similarities.push_back(draw.below(2) == 0 ? std::nullopt : std::optional(draw.single()));
    }
    check(TrajectoryQuestion{.token = draw.token(), .others = others}, points);
    std::vector<DriftStep> steps(draw.below(3));
    for (auto& step : steps) {
      step = {draw.slice(),  draw.slice(),    draw.movement(), draw.single(),
              draw.single(), draw.evidence(), draw.number(),   {draw.tokens(), draw.tokens()}};
    }
    check(TokenDriftQuestion{.token = draw.token()}, steps);
    DriftAnswer drift{draw.slice(), draw.slice(), draw.real(), draw.below(100), draw.below(9), draw.evidence(), {}};
    for (std::size_t i = 0; i < draw.below(3); ++i) {
      drift.tokens.push_back({draw.token(),
                              draw.movement(),
                              draw.single(),
                              draw.single(),
                              draw.scored(),
                              draw.scored(),
                              {draw.tokens(), draw.tokens()},
                              draw.number(),
                              draw.number()});
    }
    check(DriftQuestion{}, drift);
  }
}

TEST_CASE("a time outside the calendar, and a number that is not finite, come back") {
  NeighborsAnswer answer{{3, {latest_time, latest_time + std::chrono::seconds(5)}}, NAN, {}};
  const auto read = answer_from_json<NeighborsAnswer>(to_json(NeighborsQuestion{.token = "a"}, answer));
  REQUIRE(read);
  CHECK(read->slice.interval.begin == latest_time);
  CHECK(read->slice.interval.end == answer.slice.interval.end);
  CHECK(std::isnan(read->uses));
}

TEST_CASE("what is missing or of another kind is named") {
  const auto error = [](std::string_view text) {
    return std::string(answer_from_json<NeighborsAnswer>(text).error().message());
  };
  CHECK(error("{").starts_with("the answer is not JSON: "));
  CHECK(error("[]") == "the answer is not a JSON object");
  CHECK(error("{}") == "the answer has no \"slice\"");
  const std::string slice = "{\"slice\": {\"index\": 0, \"begin\": \"2000\", \"end\": \"2001\"}, \"uses\": 1, ";
  CHECK(error(slice + "\"neighbors\": 3}") == "the answer's \"neighbors\" is not a list");
  CHECK(error(slice + "\"neighbors\": [3]}") == "the answer's \"neighbors\" is not a list of objects");
  CHECK(error(slice + "\"neighbors\": [{\"token\": 3}]}") == "the answer's \"token\" is not a string");
  CHECK(error("{\"slice\": {\"index\": -1, \"begin\": \"2000\", \"end\": \"2001\"}}") ==
        "the answer's \"index\" is not a whole number");
}

}  // namespace
}  // namespace gaugeline::stream
