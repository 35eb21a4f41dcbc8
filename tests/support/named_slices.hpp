// Slices of a few named tokens that are used as often as a test says.
#pragma once

#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include <gaugeline/learner_state.hpp>
#include <gaugeline/slice.hpp>
#include <support/tokens.hpp>

namespace gaugeline::testing {

// Every token stands beside the first one, as often as it is used.
struct Words {
  OwnedTokens tokens;
  std::vector<float> uses;
  std::vector<PairCount> pairs;

  Words(std::initializer_list<std::pair<std::string, float>> words) {
    for (const auto& [word, count] : words) {
      tokens.add(word);
      uses.push_back(count);
      pairs.push_back({0, static_cast<std::uint32_t>(uses.size() - 1), count});
    }
  }
  [[nodiscard]] SliceView view(std::int64_t t) const {
    SliceView slice;
    slice.interval = day(t);
    slice.item_tokens = tokens.list();
    slice.contexts_are_items = true;
    slice.item_uses = uses;
    slice.pairs = pairs;
    slice.pairs_are_symmetric = true;
    return slice;
  }
};

// A token's values on all contexts of the slice, which are its items; it is said to be used as often as they say.
struct Ratings {
  OwnedTokens tokens;
  std::vector<float> uses;
  std::vector<PairValue> values;

  Ratings(std::initializer_list<std::pair<std::string, float>> words) {
    std::uint32_t id = 0;
    for (const auto& [word, value] : words) {
      tokens.add(word);
      uses.push_back(value);
      for (std::uint32_t j = 0; j < words.size(); ++j) values.push_back({id, j, value + static_cast<float>(j % 2)});
      ++id;
    }
  }
  [[nodiscard]] SliceView view(std::int64_t t) const {
    SliceView slice;
    slice.interval = day(t);
    slice.item_tokens = slice.context_tokens = tokens.list();
    slice.item_uses = slice.context_uses = uses;
    slice.values = values;
    return slice;
  }
};

inline std::vector<std::string> tokens_of(const SideState<float>& side) {
  std::vector<std::string> tokens;
  tokens.reserve(side.size());
  for (std::size_t row = 0; row < side.size(); ++row) tokens.emplace_back(side.tokens[row]);
  return tokens;
}

}  // namespace gaugeline::testing
