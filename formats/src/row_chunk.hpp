// One chunk of rows of one side as a FlatBuffer (schema/rows.fbs).
#pragma once

#include <flatbuffers/flatbuffers.h>
#include <rows_generated.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/encoding.hpp>
#include <gaugeline/learner_state.hpp>

#include "aligned_bytes.hpp"

namespace gaugeline::formats {

// Of the embeddings' numbers, in the file as in memory that begins where the file does: the most that FlatBuffers can.
inline constexpr std::size_t embedding_alignment = 32;

enum class TokenStorage : std::uint8_t {
  stored,  // in the chunk
  shared,  // they are those of the other side
};

// What columns a chunk has, and in which form.
struct RowStorage {
  TokenStorage tokens = TokenStorage::stored;
  Encoding encoding = Encoding::float32;  // another one: without anchors
};

struct RowRange {
  std::size_t first = 0;
  std::size_t count = 0;
};

// What the chunk takes at most while it is built and once it is finished: exact but for tables and padding.
[[nodiscard]] std::size_t row_chunk_bytes(const SideState<float>& side, RowRange rows, RowStorage storage) noexcept;

// As many rows from `first` on as stay within `most_bytes`, but at least one.
[[nodiscard]] RowRange next_rows(const SideState<float>& side, std::size_t first, RowStorage storage,
                                 std::size_t most_bytes) noexcept;

// A finished chunk in pieces, some of them empty: what the builder holds, and in their places the tables' numbers as
// they lie in the side, for whose copies the builder has left room. Valid as long as both are.
struct RowChunk {
  std::array<std::span<const std::byte>, 5> pieces;
  [[nodiscard]] std::size_t size() const noexcept;  // bytes
};
[[nodiscard]] RowChunk write_row_chunk(flatbuffers::FlatBufferBuilder& builder, const SideState<float>& side,
                                       RowRange rows, RowStorage storage);

// Structure and shape: every column has `row_count` rows. O(1); tokens and figures are checked later.
[[nodiscard]] Expected<const schema::Rows*> read_row_chunk(const AlignedBytes& bytes, std::uint32_t row_count,
                                                           std::uint32_t dimension, RowStorage storage);

// Of a chunk that read_row_chunk has taken.
[[nodiscard]] TokenList tokens_of(const schema::Rows& rows) noexcept;

// That the list of tokens can be read safely, and the order of the tokens, if there is one, is one; then no token comes
// twice in the chunk.
[[nodiscard]] Expected<> check_tokens(const schema::Rows& rows) noexcept;

// That int8 numbers and scales are such as the encoding gives. What bfloat16 holds is checked once it is decoded.
[[nodiscard]] Expected<> check_encoded(const schema::Rows& rows) noexcept;

// The embedding of a row as float32. `out` has the dimension's size.
void decode_embedding(const schema::Rows& rows, Encoding encoding, std::size_t row, std::span<float> out) noexcept;

}  // namespace gaugeline::formats
