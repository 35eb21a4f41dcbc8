// A table as safetensors (huggingface.co/docs/safetensors): 8 bytes of header length, little-endian, the header as
// JSON, padded by spaces so that the data begin at a multiple of 8 bytes, and the tensors without a gap:
//   token_ends  I64 [rows]             token i is bytes [token_ends[i-1], token_ends[i]) of tokens; token_ends[-1] is 0
//   embeddings  F32 [rows, dimension]
//   precision   F32 [rows]             only where it is known: posterior precision per coordinate
//   uses        F32 [rows]             likewise: uses in the last slice
//   tokens      U8 [bytes]
// Tokens are a tensor and not metadata because they may be any bytes, and JSON holds UTF-8 only. Nothing is replaced.
#pragma once

#include <filesystem>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/embedding_table.hpp>

namespace gaugeline::formats {

// Written atomically. Errors: those of AtomicFile.
[[nodiscard]] Expected<> export_safetensors(const EmbeddingView& table, const std::filesystem::path& file);

}  // namespace gaugeline::formats
