// A slice as bytes: one FlatBuffer (schema/slice.fbs, file identifier "GLSL"), used in .slices files and on the wire.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <gaugeline/error.hpp>
#include <gaugeline/slice.hpp>

namespace gaugeline::formats {

// Owns what a SliceView views.
struct SliceData {
  TimeInterval interval;
  std::vector<char> item_token_bytes;
  std::vector<std::uint32_t> item_token_ends;
  std::vector<char> context_token_bytes;
  std::vector<std::uint32_t> context_token_ends;
  bool contexts_are_items = false;
  std::vector<float> item_uses;
  std::vector<float> context_uses;
  std::vector<std::uint32_t> sequence_ids;
  std::vector<std::uint32_t> sequence_ends;
  std::uint32_t window = 0;
  WindowWeights window_weights = WindowWeights::full;
  std::vector<PairCount> pairs;
  bool pairs_are_symmetric = false;
  std::vector<PairValue> values;

  [[nodiscard]] SliceView view() const noexcept;
};

// Limits that are checked before anything is allocated.
struct SliceLimits {
  std::size_t tokens = std::size_t{1} << 24U;        // per side
  std::size_t observations = std::size_t{1} << 27U;  // ids of sequences, sequences, pairs and values, each
  std::size_t bytes = std::size_t{1} << 30U;         // of one encoded slice, decompressed
};

// Pairs come out sorted by (item, context), equal pairs as they came. Checks the slice (validate) first.
[[nodiscard]] Expected<std::vector<std::byte>> encode_slice(const SliceView& slice);

// Verifies structure, then limits, then meaning (gaugeline::validate). `bytes` need no alignment.
[[nodiscard]] Expected<SliceData> decode_slice(std::span<const std::byte> bytes, const SliceLimits& limits = {});
// The same, in the place of what `data` held, whose memory it takes over: one slice after another allocates only where
// a longer one comes than any before. After an error `data` holds no slice.
[[nodiscard]] Expected<> decode_slice(std::span<const std::byte> bytes, SliceData& data,
                                      const SliceLimits& limits = {});

}  // namespace gaugeline::formats
