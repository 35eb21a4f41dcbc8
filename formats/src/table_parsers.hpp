// The bytes of tables of other programs -> values. Errors say where, but not in which file.
#pragma once

#include <span>
#include <string_view>

#include <gaugeline/formats/table_import.hpp>

namespace gaugeline::formats {

struct TableShape {
  std::size_t rows = 0;
  std::size_t dimension = 0;
};

[[nodiscard]] Expected<EmbeddingTable> parse_word2vec(std::string_view bytes, const ImportLimits& limits);

// The numbers; no tokens yet, so that what is returned is whole only with those of parse_token_lines.
struct NpyArray {
  std::vector<float> numbers;
  TableShape shape;
};
[[nodiscard]] Expected<NpyArray> parse_npy(std::string_view bytes, const ImportLimits& limits);

// One token a line, `rows` of them.
[[nodiscard]] Expected<> parse_token_lines(std::string_view bytes, std::size_t rows, EmbeddingTable& table);

// ---- shared by the parsers ------------------------------------------------------------------------------------------

// What a row takes at the least.
struct RowBytes {
  std::size_t token = 0;
  std::size_t number = 0;
};

// Whether a table of that shape is within the limits, and can stand in so many bytes.
[[nodiscard]] Expected<> check_shape(const TableShape& shape, const RowBytes& least, std::size_t bytes,
                                     const ImportLimits& limits);

// capacity_exceeded beyond what 32 bits of ends can tell.
[[nodiscard]] Expected<> add_token(EmbeddingTable& table, std::string_view token);

// Takes the bytes up to `end` off `text`, and `end` itself; false, and nothing is taken, if there is none.
[[nodiscard]] inline bool take_until(std::string_view& text, char end, std::string_view& part) noexcept {
  const std::size_t at = text.find(end);
  if (at == std::string_view::npos) return false;
  part = text.substr(0, at);
  text.remove_prefix(at + 1);
  return true;
}

}  // namespace gaugeline::formats
