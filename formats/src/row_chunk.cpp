#include "row_chunk.hpp"

#include <algorithm>
#include <functional>
#include <limits>
#include <numeric>
#include <string_view>

#include "flatbuffer.hpp"
#include "snapshot_layout.hpp"

namespace gaugeline::formats {
namespace {

// The vectors' lengths, the table and its vtable, the builder's notes about them, and the alignments.
constexpr std::size_t chunk_overhead_bytes = 1024;
constexpr std::size_t columns = 9;         // precision to log_retention, frequency, born, gradient_energy
constexpr std::size_t offset_columns = 4;  // offset to baseline_precision

std::size_t token_begin(const TokenList& tokens, std::size_t row) noexcept {
  return row == 0 ? 0 : tokens.ends()[row - 1];
}

bool stores_anchors(const SideState<float>& side, RowStorage storage) noexcept {
  return storage.encoding == Encoding::float32 && !side.anchor_time.empty();
}

std::size_t row_bytes(const SideState<float>& side, RowStorage storage) noexcept {
  const auto dimension = static_cast<std::size_t>(side.embeddings.cols());
  const auto floats = columns + (side.offset.empty() ? 0 : offset_columns) +
                      (stores_anchors(side, storage) ? dimension + 1 : 0) +
                      (storage.encoding == Encoding::int8 ? 1 : 0);
  return dimension * bytes_per_number(storage.encoding) + floats * sizeof(float) +
         (storage.tokens == TokenStorage::stored ? 2 * sizeof(std::uint32_t) : 0);  // end and order
}

flatbuffers::Offset<flatbuffers::Vector<std::uint32_t>> write_ends(flatbuffers::FlatBufferBuilder& builder,
                                                                   const TokenList& tokens, RowRange rows) {
  const std::size_t base = token_begin(tokens, rows.first);
  builder.StartVector(rows.count, sizeof(std::uint32_t));
  for (std::size_t i = rows.count; i-- > 0;)  // a builder grows downwards
    builder.PushElement(static_cast<std::uint32_t>(tokens.ends()[rows.first + i] - base));
  return {builder.EndVector(rows.count)};
}

// In the builder's memory, so without a heap.
flatbuffers::Offset<flatbuffers::Vector<std::uint32_t>> write_order(flatbuffers::FlatBufferBuilder& builder,
                                                                    const TokenList& tokens, RowRange rows) {
  std::uint32_t* order = nullptr;
  const auto vector = builder.CreateUninitializedVector<std::uint32_t>(rows.count, &order);
  std::iota(order, order + rows.count, 0U);
  std::ranges::sort(order, order + rows.count, {}, [&](std::uint32_t row) { return tokens[rows.first + row]; });
  return vector;
}

// A vector of floats whose numbers stay where they are: the builder has room for them, at `place`.
struct BorrowedColumn {
  std::span<const float> numbers;
  const float* place = nullptr;
  flatbuffers::Offset<flatbuffers::Vector<float>> vector;

  BorrowedColumn() = default;
  BorrowedColumn(flatbuffers::FlatBufferBuilder& builder, std::span<const float> borrowed) : numbers(borrowed) {
    float* room = nullptr;
    vector = builder.CreateUninitializedVector<float>(numbers.size(), &room);
    place = room;
  }
};

// `first` lies before `second` in the builder's memory; either may be without numbers.
RowChunk cut(std::span<const std::byte> built, const BorrowedColumn& first, const BorrowedColumn& second) {
  RowChunk chunk;
  std::size_t piece = 0;
  for (const BorrowedColumn* column : {&first, &second}) {
    if (column->numbers.empty()) continue;
    const auto* const place = reinterpret_cast<const std::byte*>(column->place);
    const auto before = static_cast<std::size_t>(place - built.data());
    chunk.pieces[piece++] = built.first(before);
    chunk.pieces[piece++] = std::as_bytes(column->numbers);
    built = built.subspan(before + column->numbers.size_bytes());
  }
  chunk.pieces[piece] = built;
  return chunk;
}

struct EmbeddingColumns {
  BorrowedColumn float32;
  flatbuffers::Offset<flatbuffers::Vector<float>> scale;
  flatbuffers::Offset<flatbuffers::Vector<std::uint16_t>> bfloat16;
  flatbuffers::Offset<flatbuffers::Vector<std::int8_t>> int8;
};

EmbeddingColumns write_embeddings(flatbuffers::FlatBufferBuilder& builder, const ConstTable<float>& table,
                                  RowRange rows, Encoding encoding) {
  const auto dimension = static_cast<std::size_t>(table.cols());
  const std::span numbers(table.data() + rows.first * dimension, rows.count * dimension);
  const auto scale = [&](std::size_t row) { return int8_scale(numbers.subspan(row * dimension, dimension)); };
  EmbeddingColumns written;
  if (encoding == Encoding::int8) {
    float* scales = nullptr;
    written.scale = builder.CreateUninitializedVector<float>(rows.count, &scales);
    for (std::size_t row = 0; row < rows.count; ++row) scales[row] = scale(row);
  }
  builder.ForceVectorAlignment(numbers.size(), bytes_per_number(encoding), embedding_alignment);
  if (encoding == Encoding::float32) {
    written.float32 = BorrowedColumn(builder, numbers);
  } else if (encoding == Encoding::bfloat16) {
    std::uint16_t* out = nullptr;
    written.bfloat16 = builder.CreateUninitializedVector<std::uint16_t>(numbers.size(), &out);
    std::ranges::transform(numbers, out, to_bfloat16);
  } else {
    std::int8_t* out = nullptr;
    written.int8 = builder.CreateUninitializedVector<std::int8_t>(numbers.size(), &out);
    for (std::size_t row = 0; row < rows.count; ++row)
      std::ranges::transform(numbers.subspan(row * dimension, dimension), out + row * dimension,
                             [of = scale(row)](float number) { return to_int8(number, of); });
  }
  return written;
}

// The columns of the encoding have their sizes and lie where they may be used in place; the others are absent.
Expected<> check_embedding_columns(const schema::Rows& rows, std::span<const std::byte> bytes, std::size_t row_count,
                                   std::uint32_t dimension, Encoding encoding) {
  struct Column {
    std::string_view name;
    std::span<const std::byte> bytes;
    std::size_t expected;  // bytes
    std::size_t alignment;
  };
  const auto expected = [&](Encoding of) {
    return of == encoding ? row_count * dimension * bytes_per_number(of) : std::size_t{0};
  };
  for (const auto& [name, found, size, alignment] :
       {Column{"embeddings", std::as_bytes(elements(rows.embeddings())), expected(Encoding::float32),
               embedding_alignment},
        Column{"embeddings_bfloat16", std::as_bytes(elements(rows.embeddings_bfloat16())), expected(Encoding::bfloat16),
               embedding_alignment},
        Column{"embeddings_int8", std::as_bytes(elements(rows.embeddings_int8())), expected(Encoding::int8),
               embedding_alignment},
        Column{"embedding_scale", std::as_bytes(elements(rows.embedding_scale())),
               encoding == Encoding::int8 ? row_count * sizeof(float) : 0, sizeof(float)}}) {
    if (found.size() != size)
      return fail(ErrorCode::bad_data, "row chunk: ", name, " has ", found.size(), " bytes for ", row_count,
                  " rows of dimension ", dimension, " as ", encoding_name(encoding), ", not ", size);
    const auto offset = found.empty() ? 0 : found.data() - bytes.data();
    if (offset % static_cast<std::ptrdiff_t>(alignment) != 0)
      return fail(ErrorCode::bad_data, "row chunk: ", name, " at offset ", offset, " is not aligned");
  }
  return {};
}

Expected<> check_token_columns(const schema::Rows& rows, std::uint32_t row_count, TokenStorage storage) {
  const std::size_t expected = storage == TokenStorage::stored ? row_count : 0;
  const TokenList tokens = tokens_of(rows);
  if (tokens.size() != expected)
    return fail(ErrorCode::bad_data, "row chunk: ", tokens.size(), " tokens where ", expected, " belong");
  if (rows.token_order() != nullptr && elements(rows.token_order()).size() != expected)
    return fail(ErrorCode::bad_data, "row chunk: token_order has ", elements(rows.token_order()).size(),
                " entries for ", expected, " tokens");
  return {};
}

}  // namespace

std::size_t row_chunk_bytes(const SideState<float>& side, RowRange rows, RowStorage storage) noexcept {
  std::size_t bytes = chunk_overhead_bytes + rows.count * row_bytes(side, storage);
  if (storage.tokens == TokenStorage::stored)
    bytes += token_begin(side.tokens, rows.first + rows.count) - token_begin(side.tokens, rows.first);
  return aligned_up(bytes);
}

RowRange next_rows(const SideState<float>& side, std::size_t first, RowStorage storage,
                   std::size_t most_bytes) noexcept {
  RowRange rows{first, 1};
  while (rows.first + rows.count < side.size() &&
         row_chunk_bytes(side, {rows.first, rows.count + 1}, storage) <= most_bytes)
    ++rows.count;
  return rows;
}

std::size_t RowChunk::size() const noexcept {
  std::size_t bytes = 0;
  for (const auto piece : pieces) bytes += piece.size();
  return bytes;
}

RowChunk write_row_chunk(flatbuffers::FlatBufferBuilder& builder, const SideState<float>& side, RowRange rows,
                         RowStorage storage) {
  const auto column = [&](std::span<const float> values) {
    return builder.CreateVector(values.subspan(rows.first, rows.count).data(), rows.count);
  };
  const auto dimension = static_cast<std::size_t>(side.embeddings.cols());
  flatbuffers::Offset<flatbuffers::Vector<std::uint8_t>> token_bytes;
  flatbuffers::Offset<flatbuffers::Vector<std::uint32_t>> token_ends, token_order;
  if (storage.tokens == TokenStorage::stored) {
    const std::size_t begin = token_begin(side.tokens, rows.first);
    const std::size_t end = token_begin(side.tokens, rows.first + rows.count);
    token_bytes =
        builder.CreateVector(reinterpret_cast<const std::uint8_t*>(side.tokens.bytes().data()) + begin, end - begin);
    token_ends = write_ends(builder, side.tokens, rows);
    token_order = write_order(builder, side.tokens, rows);
  }
  const auto precision = column(side.precision);
  const auto diffusion = column(side.diffusion);
  const auto count = column(side.count);
  const auto uses = column(side.uses);
  const auto null_variance = column(side.null_variance);
  const auto log_retention = column(side.log_retention);
  const auto frequency = column(side.frequency);
  const auto gradient_energy = column(side.gradient_energy);
  const auto born = builder.CreateVector(side.born.subspan(rows.first, rows.count).data(), rows.count);
  using Column = flatbuffers::Offset<flatbuffers::Vector<float>>;
  const auto if_any = [&](std::span<const float> values) { return values.empty() ? Column() : column(values); };
  const auto offset = if_any(side.offset);
  const auto offset_precision = if_any(side.offset_precision);
  const auto baseline_offset = if_any(side.baseline_offset);
  const auto baseline_precision = if_any(side.baseline_precision);
  const bool anchored = stores_anchors(side, storage);
  const auto anchor_time = anchored ? column(side.anchor_time) : Column();
  BorrowedColumn anchor;
  if (anchored) anchor = BorrowedColumn(builder, {side.anchor.data() + rows.first * dimension, rows.count * dimension});
  const auto embeddings = write_embeddings(builder, side.embeddings, rows, storage.encoding);
  builder.Finish(
      schema::CreateRows(builder, embeddings.float32.vector, precision, diffusion, count, uses, null_variance,
                         log_retention, token_bytes, token_ends, offset, offset_precision, baseline_offset,
                         baseline_precision, frequency, born, gradient_energy, anchor.vector, anchor_time, token_order,
                         embeddings.bfloat16, embeddings.int8, embeddings.scale),
      schema::RowsIdentifier());
  // A builder grows downwards: what was made last lies first.
  return cut({reinterpret_cast<const std::byte*>(builder.GetBufferPointer()), builder.GetSize()}, embeddings.float32,
             anchor);
}

Expected<const schema::Rows*> read_row_chunk(const AlignedBytes& bytes, std::uint32_t row_count,
                                             std::uint32_t dimension, RowStorage storage) {
  const auto root = verified_root<schema::Rows>(bytes, schema::RowsIdentifier(), "row chunk");
  if (!root) return root;
  const schema::Rows& rows = **root;
  if (const auto ok = check_embedding_columns(rows, bytes.get(), row_count, dimension, storage.encoding); !ok)
    return std::unexpected(ok.error());
  for (const auto* column : {rows.precision(), rows.diffusion(), rows.count(), rows.uses(), rows.null_variance(),
                             rows.log_retention(), rows.frequency(), rows.gradient_energy()}) {
    if (elements(column).size() != row_count)
      return fail(ErrorCode::bad_data, "row chunk: a column has ", elements(column).size(), " entries for ", row_count,
                  " rows");
  }
  for (const auto* column : {rows.offset(), rows.offset_precision(), rows.baseline_offset(), rows.baseline_precision(),
                             rows.anchor_time()}) {
    if (column != nullptr && elements(column).size() != row_count)
      return fail(ErrorCode::bad_data, "row chunk: a column of offsets or anchors has ", elements(column).size(),
                  " entries for ", row_count, " rows");
  }
  if (storage.encoding != Encoding::float32 && (rows.anchor() != nullptr || rows.anchor_time() != nullptr))
    return fail(ErrorCode::bad_data, "row chunk: anchors beside embeddings as ", encoding_name(storage.encoding));
  if (rows.anchor() != nullptr && elements(rows.anchor()).size() != std::size_t{row_count} * dimension)
    return fail(ErrorCode::bad_data, "row chunk: the anchors are not ", row_count, " rows of ", dimension);
  if (elements(rows.born()).size() != row_count)
    return fail(ErrorCode::bad_data, "row chunk: born has ", elements(rows.born()).size(), " entries for ", row_count,
                " rows");
  if (const auto ok = check_token_columns(rows, row_count, storage.tokens); !ok) return std::unexpected(ok.error());
  return root;
}

TokenList tokens_of(const schema::Rows& rows) noexcept {
  const auto bytes = elements(rows.token_bytes());
  return {{reinterpret_cast<const char*>(bytes.data()), bytes.size()}, elements(rows.token_ends())};
}

Expected<> check_tokens(const schema::Rows& rows) noexcept {
  const TokenList tokens = tokens_of(rows);
  if (!tokens.well_formed())
    return fail(ErrorCode::bad_data, "row chunk: the ends of the tokens do not fit their bytes");
  const auto order = elements(rows.token_order());
  for (std::size_t i = 0; i < order.size(); ++i) {
    if (order[i] >= tokens.size())
      return fail(ErrorCode::bad_data, "row chunk: token_order[", i, "] is ", order[i], ", but there are ",
                  tokens.size(), " tokens");
    if (i == 0 || tokens[order[i - 1]] < tokens[order[i]]) continue;
    if (order[i - 1] != order[i] && tokens[order[i - 1]] == tokens[order[i]])
      return fail(ErrorCode::bad_data, "row chunk: row ", std::max(order[i - 1], order[i]), ": the token \"",
                  tokens[order[i]], "\" is there already");
    return fail(ErrorCode::bad_data, "row chunk: token_order[", i, "]: the token of row ", order[i],
                " does not come after the one before");
  }
  return {};
}

Expected<> check_encoded(const schema::Rows& rows) noexcept {
  const auto scales = elements(rows.embedding_scale());
  const auto bad_scale = std::ranges::find_if_not(scales, is_int8_scale);
  if (bad_scale != scales.end())
    return fail(ErrorCode::bad_data, "row chunk: row ", bad_scale - scales.begin(), ": ", *bad_scale,
                " is not the scale of a row");
  const auto numbers = elements(rows.embeddings_int8());
  const auto bad_number = std::ranges::find(numbers, std::numeric_limits<std::int8_t>::min());
  if (bad_number != numbers.end())
    return fail(ErrorCode::bad_data, "row chunk: embeddings_int8[", bad_number - numbers.begin(), "] is -128");
  return {};
}

void decode_embedding(const schema::Rows& rows, Encoding encoding, std::size_t row, std::span<float> out) noexcept {
  const auto decode = [&](const auto& numbers, auto&& number) {
    std::ranges::transform(numbers.subspan(row * out.size(), out.size()), out.begin(), number);
  };
  if (encoding == Encoding::float32) {
    decode(elements(rows.embeddings()), std::identity());
  } else if (encoding == Encoding::bfloat16) {
    decode(elements(rows.embeddings_bfloat16()), from_bfloat16);
  } else {
    const float scale = elements(rows.embedding_scale())[row];
    decode(elements(rows.embeddings_int8()), [scale](std::int8_t number) { return from_int8(number, scale); });
  }
}

}  // namespace gaugeline::formats
