#include <gaugeline/formats/table_import.hpp>

#include <limits>
#include <memory>

#include <gaugeline/formats/npy.hpp>

#include "npy_format.hpp"
#include "table_parsers.hpp"

namespace gaugeline::formats {
namespace {

// The whole of a file.
class FileContent {
 public:
  static Expected<FileContent> read(const std::filesystem::path& file, std::uint64_t limit, FileSystem& files) {
    const auto input = files.open_to_read(file);
    if (!input) return std::unexpected(input.error());
    const auto size = (*input)->size();
    if (!size) return std::unexpected(size.error());
    if (*size > limit) {
      return fail(ErrorCode::capacity_exceeded, file.native(), ": has ", *size, " bytes, over the limit of ", limit);
    }
    FileContent content;
    content.bytes_ = std::make_unique_for_overwrite<char[]>(*size);
    const auto count = (*input)->read(0, std::as_writable_bytes(std::span(content.bytes_.get(), *size)));
    if (!count) return std::unexpected(count.error());
    content.size_ = *count;
    return content;
  }
  [[nodiscard]] std::string_view text() const noexcept { return {bytes_.get(), size_}; }

 private:
  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
};

Expected<EmbeddingTable> with_tokens(NpyArray array, const std::filesystem::path& file, const ImportLimits& limits,
                                     FileSystem& files) {
  EmbeddingTable table;
  table.numbers = std::move(array.numbers);
  table.dimension = array.shape.dimension;
  const auto content = FileContent::read(file, limits.bytes, files);
  if (!content) return std::unexpected(content.error());
  const auto parsed = parse_token_lines(content->text(), array.shape.rows, table);
  if (!parsed) return std::unexpected(parsed.error().within(file.native()));
  return table;
}

}  // namespace

Expected<> check_shape(const TableShape& shape, const RowBytes& least, std::size_t bytes, const ImportLimits& limits) {
  if (shape.rows > limits.rows) {
    return fail(ErrorCode::capacity_exceeded, "has ", shape.rows, " rows, over the limit of ", limits.rows);
  }
  if (shape.dimension > limits.dimension) {
    return fail(ErrorCode::capacity_exceeded, "has ", shape.dimension, " dimensions, over the limit of ",
                limits.dimension);
  }
  if (shape.dimension == 0) return fail(ErrorCode::bad_data, "has no dimensions");
  if (shape.rows > bytes / (least.token + shape.dimension * least.number)) {
    return fail(ErrorCode::bad_data, "says that it has ", shape.rows, " rows of ", shape.dimension,
                " numbers, and ends after ", bytes, " bytes of them");
  }
  return {};
}

Expected<> add_token(EmbeddingTable& table, std::string_view token) {
  if (token.empty()) return fail(ErrorCode::bad_data, "has no token");
  if (token.size() > std::numeric_limits<std::uint32_t>::max() - table.token_bytes.size()) {
    return fail(ErrorCode::capacity_exceeded, "the tokens up to here have 4 GiB or more");
  }
  table.token_bytes.insert(table.token_bytes.end(), token.begin(), token.end());
  table.token_ends.push_back(static_cast<std::uint32_t>(table.token_bytes.size()));
  return {};
}

Expected<EmbeddingTable> import_embeddings(const std::filesystem::path& file, const ImportLimits& limits,
                                           FileSystem& files) {
  const auto content = FileContent::read(file, limits.bytes, files);
  if (!content) return std::unexpected(content.error());
  if (content->text().starts_with(npy_magic)) {
    auto array = parse_npy(content->text(), limits);
    if (!array) return std::unexpected(array.error().within(file.native()));
    return with_tokens(std::move(*array), npy_tokens_file(file), limits, files);
  }
  auto table = parse_word2vec(content->text(), limits);
  if (!table) return std::unexpected(table.error().within(file.native()));
  return table;
}

}  // namespace gaugeline::formats
