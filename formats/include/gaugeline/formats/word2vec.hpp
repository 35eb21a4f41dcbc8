// Exports a table to word2vec's text and binary formats, as word2vec.c and gensim write them: a line "ROWS DIMENSION",
// then per row the token and its numbers. Spaces and line breaks inside a token become "_" (text tools split on them).
#pragma once

#include <filesystem>

#include <gaugeline/error.hpp>
#include <gaugeline/learner_state.hpp>

namespace gaugeline::formats {

enum class Word2vecFormat { text, binary };

// Written atomically. Text numbers have the fewest digits that read back to the same float.
[[nodiscard]] Expected<> export_word2vec(const SideState<float>& side, Word2vecFormat format,
                                         const std::filesystem::path& file);

}  // namespace gaugeline::formats
