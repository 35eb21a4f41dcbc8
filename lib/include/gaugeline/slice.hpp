// One time slice of observations, as a view of the caller's memory.
//
// A slice names its own tokens: ids below are indices into item_tokens and context_tokens, and mean nothing outside
// the slice. So any slice can be given to any learner, in any order of arrival of its tokens.
//
// Three kinds of observation, of which a slice may hold several:
//   sequences  runs of item ids; every pair of positions at most `window` apart counts pair_weight(), both ways round
//              (the contexts are then the items' tokens). Skip-gram likelihood.
//   pairs      (item, context, weight): aggregated counts, weight > 0. Skip-gram likelihood.
//   values     (item, context, value): y_ij. Gaussian likelihood.
#pragma once

#include <cstdint>
#include <span>

#include <gaugeline/error.hpp>
#include <gaugeline/types.hpp>

namespace gaugeline {

struct PairCount {
  std::uint32_t item = 0;
  std::uint32_t context = 0;
  float weight = 0;  // how often the pair was seen; > 0, at most max_figure
};

struct PairValue {
  std::uint32_t item = 0;
  std::uint32_t context = 0;
  float value = 0;  // at most max_figure in magnitude
};

inline constexpr std::size_t max_token_bytes = 255;
inline constexpr std::uint32_t max_window = 255;
inline constexpr float max_figure = 1e12F;  // squares and sums of such figures stay inside float's range

// What a pair of positions counts by its distance k. Full predicts better; falling, as word2vec's random windows have
// it on the average, makes drift easier to see (docs/experiments.md).
enum class WindowWeights : std::uint8_t {
  full = 0,     // 1
  falling = 1,  // (window + 1 - k) / window
};

// 1 <= distance <= window.
[[nodiscard]] constexpr float pair_weight(WindowWeights weights, std::uint32_t window, std::size_t distance) noexcept {
  if (weights == WindowWeights::full) return 1;
  return static_cast<float>(window + 1 - distance) / static_cast<float>(window);
}

struct SliceView {
  TimeInterval interval;  // begin < end

  TokenList item_tokens;     // each 1 to max_token_bytes bytes; one that is listed twice counts as one
  TokenList context_tokens;  // likewise; empty if contexts_are_items
  bool contexts_are_items = false;

  // How often each token was used in the slice (occurrences, not pairs); one per token, or empty if not known.
  std::span<const float> item_uses;
  std::span<const float> context_uses;  // empty if contexts_are_items

  std::span<const std::uint32_t> sequence_ids;   // all sequences, one after another
  std::span<const std::uint32_t> sequence_ends;  // sequence s is ids [ends[s-1], ends[s])
  std::uint32_t window = 0;                      // 1 to max_window if there are sequences
  WindowWeights window_weights = WindowWeights::full;

  std::span<const PairCount> pairs;
  bool pairs_are_symmetric = false;  // each pair (i, j, w) stands for (j, i, w) too; needs contexts_are_items. A pair
                                     // (i, i, w) stands for itself once.
  std::span<const PairValue> values;

  [[nodiscard]] const TokenList& tokens(Side side) const noexcept {
    return side == Side::items || contexts_are_items ? item_tokens : context_tokens;
  }
  [[nodiscard]] std::span<const float> uses(Side side) const noexcept {
    return side == Side::items || contexts_are_items ? item_uses : context_uses;
  }
};

// Checks a list of tokens from outside: well formed, each 1 to max_token_bytes bytes. `field` begins the error's
// message.
[[nodiscard]] Expected<> check_tokens(const TokenList& tokens, std::string_view field) noexcept;

// Checks everything that is stated above. The error names the field, the position in it, and the value. O(size of the
// slice), no allocation.
[[nodiscard]] Expected<> validate(const SliceView& slice) noexcept;

}  // namespace gaugeline
