// The laws of pair counts: both sequence forms stand for the same pairs, and a bag weighs what slicer.hpp says.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

#include <gaugeline/random.hpp>
#include <gaugeline/stream/slicer.hpp>

#include "recorded_slices.hpp"

namespace gaugeline::stream {
namespace {

SlicerOptions options_with(SequenceForm form, std::uint32_t window, WindowWeights weights = WindowWeights::full) {
  SlicerOptions options;
  options.window_weights = weights;
  options.form = form;
  options.window = window;
  return options;
}

// Sequences over few tokens, so that equal neighbours are common; some empty, some of one token.
std::vector<Event> random_sequences(std::uint64_t seed, std::size_t count) {
  Random random(seed);
  std::vector<Event> events;
  for (std::size_t i = 0; i < count; ++i) {
    std::vector<std::string> tokens(random.bits() % 12);
    for (std::string& token : tokens) token = std::string(1, static_cast<char>('a' + random.bits() % 5));
    events.push_back(event_at(i % 2 == 0 ? "2000" : "2001", TokensEvent{std::move(tokens)}));
  }
  return events;
}

// The pair counts of one year, straight from the events.
PairWeights brute_force(const std::vector<Event>& events, std::string_view year, std::uint32_t window,
                        WindowWeights counted = WindowWeights::full) {
  PairWeights weights;
  for (const Event& event : events) {
    if (event.time == parse_time(year).value())
      expand_sequence(std::get<TokensEvent>(event.body).tokens, window, counted, weights);
  }
  return weights;
}

TEST_CASE("sequences and pairs are two forms of the same counts: all ordered pairs of positions in the window") {
  for (const std::uint32_t window : {1U, 2U, 5U, 255U}) {
    CAPTURE(window);
    const auto events = random_sequences(window, 60);
    const auto as_sequences = slice_events(options_with(SequenceForm::sequences, window), events);
    const auto as_pairs = slice_events(options_with(SequenceForm::pairs, window), events);
    REQUIRE(as_sequences.size() == 2);
    REQUIRE(as_pairs.size() == 2);
    for (std::size_t i = 0; i < 2; ++i) {
      CHECK(as_sequences[i].pairs == brute_force(events, i == 0 ? "2000" : "2001", window));
      CHECK(as_pairs[i].pairs == as_sequences[i].pairs);
      CHECK(as_pairs[i].items == as_sequences[i].items);
      CHECK(as_pairs[i].sequences.empty());
    }
  }
}

TEST_CASE("where the window falls, both forms count less by distance") {
  for (const std::uint32_t window : {1U, 2U, 4U}) {  // whose weights are exact
    CAPTURE(window);
    const auto events = random_sequences(window, 60);
    const auto as_sequences =
        slice_events(options_with(SequenceForm::sequences, window, WindowWeights::falling), events);
    const auto as_pairs = slice_events(options_with(SequenceForm::pairs, window, WindowWeights::falling), events);
    CHECK(as_sequences[0].pairs == brute_force(events, "2000", window, WindowWeights::falling));
    CHECK(as_pairs[0].pairs == as_sequences[0].pairs);
  }
}

TEST_CASE("the two forms agree when tokens are left out") {
  const auto events = random_sequences(7, 60);
  auto sequences = options_with(SequenceForm::sequences, 2);
  sequences.stop_words = {"b"};
  sequences.vocabulary = 3;
  auto pairs = sequences;
  pairs.form = SequenceForm::pairs;
  const auto as_sequences = slice_events(sequences, events);
  const auto as_pairs = slice_events(pairs, events);
  REQUIRE(as_pairs.size() == as_sequences.size());
  for (std::size_t i = 0; i < as_pairs.size(); ++i) CHECK(as_pairs[i].pairs == as_sequences[i].pairs);
}

TEST_CASE("a token beside itself counts both ways round") {
  const auto slices =
      slice_events(options_with(SequenceForm::pairs, 1), {event_at("2000", TokensEvent{{"a", "a", "b"}})});
  CHECK(slices[0].pairs == PairWeights{{{"a", "a"}, 2}, {{"a", "b"}, 1}, {{"b", "a"}, 1}});
}

TEST_CASE("pairs are stored once, the smaller id first, sorted") {
  auto slicer = Slicer::create(options_with(SequenceForm::pairs, 5)).value();
  for (const Event& event : random_sequences(3, 40)) REQUIRE(slicer.add(event).has_value());
  const auto done = slicer.finish([](const SliceView& slice) -> Expected<> {
    CHECK(slice.pairs_are_symmetric);
    for (const PairCount& pair : slice.pairs) CHECK(pair.item <= pair.context);
    const auto same_or_later = [](const PairCount& a, const PairCount& b) {
      return std::pair(a.item, a.context) >= std::pair(b.item, b.context);
    };
    CHECK(std::ranges::adjacent_find(slice.pairs, same_or_later) == slice.pairs.end());
    return {};
  });
  CHECK(done.has_value());
}

TEST_CASE("a bag counts all its pairs; a repeated token counts once, and a bag of one has none") {
  const auto slices =
      slice_events(options_with(SequenceForm::sequences, 5),
                   {event_at("2000", BagEvent{{"a", "b", "a", "c"}}), event_at("2000", BagEvent{{"a"}})});
  CHECK(slices[0].items == TokenUses{{"a", 2}, {"b", 1}, {"c", 1}});
  PairWeights all;
  for (const auto* const one : {"a", "b", "c"}) {
    for (const auto* const other : {"a", "b", "c"}) {
      if (one != other) all[{one, other}] = 10.0 / 2;
    }
  }
  CHECK(slices[0].pairs == all);
}

TEST_CASE("in a bag each token weighs as one of a sequence: 2 window in all") {
  std::vector<std::string> tokens;
  for (int i = 0; i < 41; ++i) tokens.push_back("file" + std::to_string(i));
  const auto slices = slice_events(options_with(SequenceForm::sequences, 3), {event_at("2000", BagEvent{tokens})});
  std::map<std::string, double> weight_of_item;
  for (const auto& [pair, weight] : slices[0].pairs) {
    CHECK(weight == doctest::Approx(6.0 / 40));
    weight_of_item[pair.first] += weight;
  }
  CHECK(weight_of_item.size() == 41);
  for (const auto& [token, weight] : weight_of_item) CHECK(weight == doctest::Approx(6.0));
}

TEST_CASE("in a bag each token weighs as one of a sequence whose window falls: window + 1 in all") {
  std::vector<std::string> tokens;
  for (int i = 0; i < 41; ++i) tokens.push_back("file" + std::to_string(i));
  const auto slices = slice_events(options_with(SequenceForm::sequences, 3, WindowWeights::falling),
                                   {event_at("2000", BagEvent{tokens})});
  for (const auto& [pair, weight] : slices[0].pairs) CHECK(weight == doctest::Approx(4.0 / 40));
}

TEST_CASE("a bag's weight follows from the tokens that are left") {
  auto options = options_with(SequenceForm::sequences, 1);
  options.stop_words = {"x", "y"};
  const auto slices = slice_events(options, {event_at("2000", BagEvent{{"a", "x", "b", "y", "c", "d", "e"}})});
  CHECK(slices[0].pairs.at({"a", "b"}) == doctest::Approx(2.0 / 4));
}

TEST_CASE("bags lie beside sequences, or are added to their pairs") {
  const std::vector<Event> events{event_at("2000", TokensEvent{{"a", "b"}}), event_at("2000", BagEvent{{"b", "a"}})};
  const auto beside = slice_events(options_with(SequenceForm::sequences, 5), events);
  const auto added = slice_events(options_with(SequenceForm::pairs, 5), events);
  const PairWeights both{{{"a", "b"}, 1 + 10}, {{"b", "a"}, 1 + 10}};
  CHECK(beside[0].sequences.size() == 1);
  CHECK(beside[0].pairs == both);
  CHECK(added[0].pairs == both);
}

TEST_CASE("the order of bags does not show in their sums") {
  std::vector<Event> events;
  for (std::size_t size = 2; size < 40; ++size) {
    std::vector<std::string> tokens;
    for (std::size_t i = 0; i < size; ++i) tokens.push_back("t" + std::to_string(i));
    events.push_back(event_at("2000", BagEvent{std::move(tokens)}));
  }
  const auto forward = slice_events(options_with(SequenceForm::pairs, 3), events);
  std::ranges::reverse(events);
  CHECK(slice_events(options_with(SequenceForm::pairs, 3), events)[0].pairs == forward[0].pairs);
}

TEST_CASE("more additions than are held at once give the same sums") {
  // 1,500 bags of 50 tokens: 1.8 million additions to 1,225 pairs.
  std::vector<std::string> tokens;
  for (int i = 0; i < 50; ++i) tokens.push_back("t" + std::to_string(i));
  auto slicer = Slicer::create(options_with(SequenceForm::pairs, 49)).value();
  for (int i = 0; i < 1500; ++i) REQUIRE(slicer.add(event_at("2000", BagEvent{tokens})).has_value());
  const auto slices = finish(slicer);
  CHECK(slices[0].pairs.size() == 50 * 49);
  for (const auto& [pair, weight] : slices[0].pairs) REQUIRE(weight == 1500 * 2);
}

}  // namespace
}  // namespace gaugeline::stream
