// Exports a table to word2vec's text and binary formats, as word2vec.c and gensim write them: a line "ROWS DIMENSION",
// then per row the token and its numbers. Text: numbers separated by spaces, with the fewest digits that read back to
// the same float. Binary: a space, then DIMENSION float32, little-endian, and a line break.
//
// Spaces, tabs and line breaks inside a token become "_", since readers split on them; two tokens that differ in
// nothing else then come out alike.
#pragma once

#include <filesystem>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/embedding_table.hpp>

namespace gaugeline::formats {

enum class Word2vecFormat { text, binary };

// Written atomically. Errors: those of AtomicFile.
[[nodiscard]] Expected<> export_word2vec(const EmbeddingView& table, Word2vecFormat format,
                                         const std::filesystem::path& file);

}  // namespace gaugeline::formats
