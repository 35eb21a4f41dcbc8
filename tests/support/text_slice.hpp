// Small skip-gram and Gaussian slices of random data, for tests of the learner.
#pragma once

#include <vector>

#include <gaugeline/options.hpp>
#include <gaugeline/random.hpp>
#include <gaugeline/slice.hpp>
#include <support/tokens.hpp>

namespace gaugeline::testing {

// A learner small enough for a test: 16 dimensions, room for 300 rows a side.
inline Options small_options(Likelihood likelihood = Likelihood::skipgram) {
  Options options = likelihood == Likelihood::skipgram ? Options::skipgram() : Options::gaussian();
  options.dimension = 16;
  options.first_slice_sweeps = 4;
  options.negative_head = 32;
  options.negative_tail = 32;
  options.item_capacity = options.context_capacity = 300;
  options.slice_token_capacity = 400;
  options.observation_capacity = 1U << 15U;
  return options;
}

// Owns a slice of `sequences` random sequences of 20 ids over `tokens` tokens; near ids meet more often.
struct SequenceSlice {
  OwnedTokens tokens;
  std::vector<std::uint32_t> ids;
  std::vector<std::uint32_t> ends;
  std::int64_t number = 0;

  SequenceSlice(std::int64_t t, std::size_t token_count, std::size_t sequences = 100, std::string_view prefix = "w")
      : tokens(numbered_tokens(prefix, token_count)), number(t) {
    Random random(static_cast<std::uint64_t>(t) + 99);
    const auto n = static_cast<double>(token_count);
    for (std::size_t s = 0; s < sequences; ++s) {
      const double centre = random.uniform() * n;
      for (int i = 0; i < 20; ++i) {
        const double place = centre + 3 * random.normal() + n;
        ids.push_back(static_cast<std::uint32_t>(static_cast<std::uint64_t>(place + n) % token_count));
      }
      ends.push_back(static_cast<std::uint32_t>(ids.size()));
    }
  }
  [[nodiscard]] SliceView view() const {
    SliceView slice;
    slice.interval = day(number);
    slice.item_tokens = tokens.list();
    slice.contexts_are_items = true;
    slice.sequence_ids = ids;
    slice.sequence_ends = ends;
    slice.window = 3;
    return slice;
  }
};

// Owns a slice of random values between 40 items and 30 contexts.
struct ValueSlice {
  OwnedTokens items = numbered_tokens("item", 40);
  OwnedTokens contexts = numbered_tokens("context", 30);
  std::vector<PairValue> values;
  std::int64_t number = 0;

  explicit ValueSlice(std::int64_t t, std::size_t count = 500) : number(t) {
    Random random(static_cast<std::uint64_t>(t) + 7);
    for (std::size_t n = 0; n < count; ++n) {
      const auto i = static_cast<std::uint32_t>(random.bits() % 40);
      const auto j = static_cast<std::uint32_t>(random.bits() % 30);
      values.push_back({i, j, static_cast<float>((i % 3 == j % 3 ? 1. : -.5) + .3 * random.normal())});
    }
  }
  [[nodiscard]] SliceView view() const {
    SliceView slice;
    slice.interval = day(number);
    slice.item_tokens = items.list();
    slice.context_tokens = contexts.list();
    slice.values = values;
    return slice;
  }
};

}  // namespace gaugeline::testing
