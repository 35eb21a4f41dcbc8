// Slices as values that tests can compare: tokens by name, and every observation expanded by brute force into weights
// of ordered pairs of names.
#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <gaugeline/slice.hpp>
#include <gaugeline/stream/slicer.hpp>

namespace gaugeline::stream {

using PairWeights = std::map<std::pair<std::string, std::string>, double>;
using TokenUses = std::vector<std::pair<std::string, double>>;

struct RecordedSlice {
  TimeInterval interval;
  TokenUses items;     // in the slice's order
  TokenUses contexts;  // likewise; empty where the contexts are the items
  std::vector<std::vector<std::string>> sequences;
  PairWeights pairs;  // what sequences and pairs stand for together, by gaugeline/slice.hpp
  std::vector<std::pair<std::pair<std::string, std::string>, double>> values;
};

inline TokenUses recorded_uses(const TokenList& tokens, std::span<const float> uses) {
  TokenUses result;
  for (std::size_t i = 0; i < tokens.size(); ++i) result.emplace_back(tokens[i], uses[i]);
  return result;
}

inline std::vector<std::vector<std::string>> recorded_sequences(const SliceView& slice) {
  std::vector<std::vector<std::string>> result;
  std::size_t at = 0;
  for (const std::uint32_t end : slice.sequence_ends) {
    auto& sequence = result.emplace_back();
    for (; at < end; ++at) sequence.emplace_back(slice.item_tokens[slice.sequence_ids[at]]);
  }
  return result;
}

// Every ordered pair of positions at most `window` apart.
inline void expand_sequence(const std::vector<std::string>& sequence, std::uint32_t window, WindowWeights counted,
                            PairWeights& weights) {
  for (std::size_t p = 0; p < sequence.size(); ++p) {
    for (std::size_t q = 0; q < sequence.size(); ++q) {
      const std::size_t apart = p < q ? q - p : p - q;
      if (apart > 0 && apart <= window)
        weights[{sequence[p], sequence[q]}] += static_cast<double>(pair_weight(counted, window, apart));
    }
  }
}

inline void expand_pairs(const SliceView& slice, PairWeights& weights) {
  for (const auto& [item, context, weight] : slice.pairs) {
    const std::string one(slice.item_tokens[item]);
    const std::string other(slice.tokens(Side::contexts)[context]);
    weights[{one, other}] += double{weight};
    if (slice.pairs_are_symmetric && item != context) weights[{other, one}] += double{weight};
  }
}

inline RecordedSlice record(const SliceView& slice) {
  const auto valid = validate(slice);
  REQUIRE_MESSAGE(valid.has_value(), std::string(valid ? "" : valid.error().message()));
  RecordedSlice result;
  result.interval = slice.interval;
  result.items = recorded_uses(slice.item_tokens, slice.item_uses);
  result.contexts = recorded_uses(slice.context_tokens, slice.context_uses);
  result.sequences = recorded_sequences(slice);
  for (const auto& sequence : result.sequences)
    expand_sequence(sequence, slice.window, slice.window_weights, result.pairs);
  expand_pairs(slice, result.pairs);
  for (const auto& [item, context, value] : slice.values)
    result.values.push_back(
        {{std::string(slice.item_tokens[item]), std::string(slice.context_tokens[context])}, value});
  return result;
}

inline std::vector<RecordedSlice> finish(Slicer& slicer) {
  std::vector<RecordedSlice> slices;
  const auto done = slicer.finish([&](const SliceView& slice) -> Expected<> {
    slices.push_back(record(slice));
    return {};
  });
  REQUIRE(done.has_value());
  return slices;
}

inline std::vector<RecordedSlice> slice_events(const SlicerOptions& options, const std::vector<Event>& events) {
  auto slicer = Slicer::create(options);
  REQUIRE(slicer.has_value());
  for (const Event& event : events) REQUIRE(slicer->add(event).has_value());
  return finish(*slicer);
}

// An event at a time as parse_time reads it.
template <class Body>
Event event_at(std::string_view time, Body body) {
  return {parse_time(time).value(), "", "", std::move(body)};
}

}  // namespace gaugeline::stream
