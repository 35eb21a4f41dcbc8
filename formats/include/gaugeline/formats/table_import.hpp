// Reads embedding tables that other programs have written, or the exports beside this header:
// - word2vec, text or binary (word2vec.hpp), as word2vec.c, fastText and gensim write it: trailing spaces, line breaks
//   of two bytes, and binary rows without a line break are read too;
// - NumPy's .npy of two-dimensional float32 in C order, with the tokens beside it (npy.hpp).
// The first bytes tell which it is, and the first row whether word2vec's is text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/embedding_table.hpp>
#include <gaugeline/formats/file_system.hpp>

namespace gaugeline::formats {

// Checked before memory is taken, as is whether the file can hold what its header says. The tokens of a table have
// under 4 GiB in any case.
struct ImportLimits {
  std::uint64_t bytes = std::uint64_t{1} << 36U;  // of a file
  std::size_t rows = std::size_t{1} << 28U;
  std::size_t dimension = std::size_t{1} << 16U;
};

// Every byte is checked: rows and numbers are as many as the header says and nothing follows them, text ends with a
// line break (else it is cut), tokens are not empty, numbers are finite. A token may stand twice, as it may in an
// export.
// Errors name the file, and the line, or the row and its offset: bad_data; capacity_exceeded; those of
// FileSystem::open_to_read. Memory: that of the file and of the table. Thread-safety: no state.
[[nodiscard]] Expected<EmbeddingTable> import_embeddings(const std::filesystem::path& file,
                                                         const ImportLimits& limits = {},
                                                         FileSystem& files = system_files());

}  // namespace gaugeline::formats
