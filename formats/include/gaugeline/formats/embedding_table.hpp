// An embedding table as other programs know it: tokens and their vectors, row by row.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <gaugeline/learner_state.hpp>
#include <gaugeline/types.hpp>

namespace gaugeline::formats {

// What is exported. Spans have one entry per row; precision and uses are empty where they are not known.
struct EmbeddingView {
  TokenList tokens;
  ConstTable<float> embeddings{nullptr, 0, 0};  // rows x dimension, dimension >= 1
  std::span<const float> precision = {};        // posterior precision per coordinate
  std::span<const float> uses = {};             // in the last slice

  [[nodiscard]] std::size_t size() const noexcept { return tokens.size(); }
};

[[nodiscard]] inline EmbeddingView embedding_view(const SideState<float>& side) noexcept {
  return {.tokens = side.tokens, .embeddings = side.embeddings, .precision = side.precision, .uses = side.uses};
}

// What is imported: owns everything.
struct EmbeddingTable {
  std::vector<char> token_bytes;
  std::vector<std::uint32_t> token_ends;
  std::vector<float> numbers;  // row by row
  std::size_t dimension = 0;

  [[nodiscard]] std::size_t size() const noexcept { return token_ends.size(); }
  [[nodiscard]] EmbeddingView view() const noexcept {
    return {.tokens = {token_bytes, token_ends},
            .embeddings = {numbers.data(), static_cast<Eigen::Index>(token_ends.size()),
                           static_cast<Eigen::Index>(dimension)}};
  }
};

}  // namespace gaugeline::formats
