// An embedding table as other programs know it: tokens and their vectors, row by row.
#pragma once

#include <cstddef>
#include <span>

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

}  // namespace gaugeline::formats
