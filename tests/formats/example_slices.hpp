// Slices to encode.
#pragma once

#include <initializer_list>
#include <string_view>

#include <gaugeline/formats/slice_codec.hpp>

namespace gaugeline::test {

inline Time microseconds(std::int64_t count) { return Time(std::chrono::microseconds(count)); }

inline void append_tokens(std::vector<char>& bytes, std::vector<std::uint32_t>& ends,
                          std::initializer_list<std::string_view> tokens) {
  for (const auto token : tokens) {
    bytes.insert(bytes.end(), token.begin(), token.end());
    ends.push_back(static_cast<std::uint32_t>(bytes.size()));
  }
}

inline formats::SliceData empty_slice() {
  formats::SliceData slice;
  slice.interval = {microseconds(-5'000'000), microseconds(7)};
  return slice;
}

// Items are the contexts; counts, sequences and values together.
inline formats::SliceData text_slice() {
  formats::SliceData slice;
  slice.interval = {microseconds(1'000'000), microseconds(2'000'000)};
  slice.contexts_are_items = true;
  append_tokens(slice.item_token_bytes, slice.item_token_ends, {"war", "gold", "union", "\xC3\xA9tat"});
  slice.item_uses = {12, 7, 3, 1};
  slice.sequence_ids = {0, 1, 2, 3, 3, 0};
  slice.sequence_ends = {2, 2, 6};
  slice.window = 5;
  slice.window_weights = WindowWeights::falling;
  slice.pairs = {{0, 0, 2}, {0, 3, 1}, {1, 2, 4294967040.F}, {2, 2, 300}};
  slice.pairs_are_symmetric = true;
  slice.values = {{3, 0, -.25F}, {0, 3, 1e-30F}, {3, 0, 0}};
  return slice;
}

// Contexts of their own; fractional weights and uses.
inline formats::SliceData two_sided_slice() {
  formats::SliceData slice;
  slice.interval = {microseconds(10'000'000), microseconds(20'000'000)};
  append_tokens(slice.item_token_bytes, slice.item_token_ends, {"user:17", "user:18"});
  append_tokens(slice.context_token_bytes, slice.context_token_ends, {"film:1", "film:2", "film:3"});
  slice.item_uses = {1.5F, 0};
  slice.context_uses = {1, 2, 3};
  slice.pairs = {{0, 2, .5F}, {1, 0, 1.F / 3}, {1, 0, 2}, {1, 2, 1e11F}};
  slice.values = {{1, 2, 4.5F}};
  return slice;
}

}  // namespace gaugeline::test
