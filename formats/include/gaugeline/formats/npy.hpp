// A table as NumPy's .npy (format version 1.0, float32, C order, rows x dimension), with its tokens in a text file
// beside it, one a line, row by row: numpy.load("a.npy") and open("a.tokens.txt").read().splitlines().
//
// Line breaks (bytes 10 and 13) inside a token become "_"; two tokens that differ in nothing else then come out alike.
#pragma once

#include <filesystem>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/embedding_table.hpp>

namespace gaugeline::formats {

// "a.npy" -> "a.tokens.txt"; a name that does not end with .npy keeps what it ends with: "a" -> "a.tokens.txt".
[[nodiscard]] std::filesystem::path npy_tokens_file(const std::filesystem::path& file);

// Each of the two files is written atomically, the tokens first. Errors: those of AtomicFile.
[[nodiscard]] Expected<> export_npy(const EmbeddingView& table, const std::filesystem::path& file);

}  // namespace gaugeline::formats
