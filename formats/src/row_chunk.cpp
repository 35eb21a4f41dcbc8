#include "row_chunk.hpp"

#include <algorithm>
#include <numeric>

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

std::size_t row_bytes(const SideState<float>& side, TokenStorage tokens) noexcept {
  const auto floats = static_cast<std::size_t>(side.embeddings.cols()) + columns +
                      (side.offset.empty() ? 0 : offset_columns) +
                      (side.anchor_time.empty() ? 0 : static_cast<std::size_t>(side.anchor.cols()) + 1);
  return floats * sizeof(float) + (tokens == TokenStorage::stored ? 2 * sizeof(std::uint32_t) : 0);  // end and order
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

std::size_t row_chunk_bytes(const SideState<float>& side, RowRange rows, TokenStorage tokens) noexcept {
  std::size_t bytes = chunk_overhead_bytes + rows.count * row_bytes(side, tokens);
  if (tokens == TokenStorage::stored)
    bytes += token_begin(side.tokens, rows.first + rows.count) - token_begin(side.tokens, rows.first);
  return aligned_up(bytes);
}

RowRange next_rows(const SideState<float>& side, std::size_t first, TokenStorage tokens,
                   std::size_t most_bytes) noexcept {
  RowRange rows{first, 1};
  while (rows.first + rows.count < side.size() &&
         row_chunk_bytes(side, {rows.first, rows.count + 1}, tokens) <= most_bytes)
    ++rows.count;
  return rows;
}

std::span<const std::byte> write_row_chunk(flatbuffers::FlatBufferBuilder& builder, const SideState<float>& side,
                                           RowRange rows, TokenStorage tokens) {
  const auto column = [&](std::span<const float> values) {
    return builder.CreateVector(values.subspan(rows.first, rows.count).data(), rows.count);
  };
  const auto dimension = static_cast<std::size_t>(side.embeddings.cols());
  flatbuffers::Offset<flatbuffers::Vector<std::uint8_t>> token_bytes;
  flatbuffers::Offset<flatbuffers::Vector<std::uint32_t>> token_ends, token_order;
  if (tokens == TokenStorage::stored) {
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
  const auto anchor_time = if_any(side.anchor_time);
  const auto anchor = side.anchor_time.empty()
                          ? Column()
                          : builder.CreateVector(side.anchor.data() + rows.first * dimension, rows.count * dimension);
  builder.ForceVectorAlignment(rows.count * dimension, sizeof(float), embedding_alignment);
  const auto embeddings = builder.CreateVector(side.embeddings.data() + rows.first * dimension, rows.count * dimension);
  builder.Finish(
      schema::CreateRows(builder, embeddings, precision, diffusion, count, uses, null_variance, log_retention,
                         token_bytes, token_ends, offset, offset_precision, baseline_offset, baseline_precision,
                         frequency, born, gradient_energy, anchor, anchor_time, token_order),
      schema::RowsIdentifier());
  return {reinterpret_cast<const std::byte*>(builder.GetBufferPointer()), builder.GetSize()};
}

Expected<const schema::Rows*> read_row_chunk(const AlignedBytes& bytes, std::uint32_t row_count,
                                             std::uint32_t dimension, TokenStorage tokens) {
  const auto root = verified_root<schema::Rows>(bytes, schema::RowsIdentifier(), "row chunk");
  if (!root) return root;
  const schema::Rows& rows = **root;
  const auto embeddings = elements(rows.embeddings());
  if (embeddings.size() != std::size_t{row_count} * dimension)
    return fail(ErrorCode::bad_data, "row chunk: ", embeddings.size(), " numbers are not ", row_count, " rows of ",
                dimension);
  const auto offset = reinterpret_cast<const std::byte*>(embeddings.data()) - bytes.get().data();
  if (offset % static_cast<std::ptrdiff_t>(embedding_alignment) != 0)
    return fail(ErrorCode::bad_data, "row chunk: the embeddings at offset ", offset, " are not aligned");
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
  if (rows.anchor() != nullptr && elements(rows.anchor()).size() != embeddings.size())
    return fail(ErrorCode::bad_data, "row chunk: the anchors are not ", row_count, " rows of ", dimension);
  if (elements(rows.born()).size() != row_count)
    return fail(ErrorCode::bad_data, "row chunk: born has ", elements(rows.born()).size(), " entries for ", row_count,
                " rows");
  if (const auto ok = check_token_columns(rows, row_count, tokens); !ok) return std::unexpected(ok.error());
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

}  // namespace gaugeline::formats
