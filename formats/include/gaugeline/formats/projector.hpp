// A table for TensorFlow's Embedding Projector (projector.tensorflow.org), as a folder of three files:
//   vectors.tsv            a line per row: the numbers, with the fewest digits that read back to the same float
//   metadata.tsv           a line per row: token, uses, precision, below a line that names the columns; where uses and
//                          precision are not known the tokens alone, without a heading, as the projector wants it
//   projector_config.json  names the two for a projector that loads them by itself
//
// Tabs and line breaks inside a token become "_".
#pragma once

#include <filesystem>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/embedding_table.hpp>

namespace gaugeline::formats {

// Makes the folder if it is missing. Each file is written atomically, the configuration last. Errors: those of
// AtomicFile.
[[nodiscard]] Expected<> export_projector(const EmbeddingView& table, const std::filesystem::path& folder);

}  // namespace gaugeline::formats
