#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "table_parsers.hpp"

namespace gaugeline::formats {
namespace {

constexpr std::size_t longest_header = 64;  // bytes; two numbers have at most 41

// Without what may stand before a line break: spaces, and the first of its two bytes.
std::string_view trimmed_line(std::string_view line) noexcept {
  const std::size_t last = line.find_last_not_of(" \r");
  return line.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

template <class Number>
bool take_number(std::string_view& text, Number& number) noexcept {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

bool take_space(std::string_view& text) noexcept {
  if (!text.starts_with(' ')) return false;
  text.remove_prefix(1);
  return true;
}

Expected<TableShape> take_header(std::string_view& bytes) {
  std::string_view start = bytes.substr(0, longest_header);
  std::string_view line;
  TableShape shape;
  if (take_until(start, '\n', line)) {
    std::string_view rest = trimmed_line(line);
    if (take_number(rest, shape.rows) && take_space(rest) && take_number(rest, shape.dimension) && rest.empty()) {
      bytes.remove_prefix(line.size() + 1);
      return shape;
    }
  }
  return fail(ErrorCode::bad_data, "is neither word2vec's, since line 1 is not 'ROWS DIMENSION', nor NumPy's .npy");
}

// By its first row: text has at least a digit a number there, and spaces between them, and nothing else after the
// token. Of binary rows of three dimensions one in 1e8 looks like that; with fewer they are no embeddings.
bool looks_like_text(std::string_view rows, std::size_t dimension) noexcept {
  const std::string_view line = rows.substr(0, rows.find('\n'));
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return false;
  const std::string_view numbers = trimmed_line(line.substr(space + 1));
  return numbers.size() >= 2 * dimension - 1 &&
         numbers.find_first_not_of("0123456789+-.eE infaINFA") == std::string_view::npos;
}

Expected<> take_text_row(std::string_view& bytes, EmbeddingTable& table) {
  std::string_view line;
  if (!take_until(bytes, '\n', line)) {
    return fail(ErrorCode::bad_data, bytes.empty() ? "is missing: the file is cut" : "does not end: the file is cut");
  }
  std::string_view rest = trimmed_line(line);
  const std::string_view token = rest.substr(0, rest.find(' '));
  if (auto added = add_token(table, token); !added) return added;
  rest.remove_prefix(token.size());
  for (std::size_t k = 0; k < table.dimension; ++k) {
    float number = 0;
    if (!take_space(rest) || !take_number(rest, number) || !std::isfinite(number)) {
      return fail(ErrorCode::bad_data, "number ", k + 1, " of ", table.dimension,
                  " is missing, or not a finite number that a float can hold");
    }
    table.numbers.push_back(number);
  }
  if (rest.empty()) return {};
  return fail(ErrorCode::bad_data, "has more than ", table.dimension, " numbers");
}

Expected<> take_binary_row(std::string_view& bytes, EmbeddingTable& table) {
  bytes.remove_prefix(std::min(bytes.find_first_not_of('\n'), bytes.size()));  // of the row before, if it has one
  std::string_view token;
  const std::size_t size = table.dimension * sizeof(float);
  if (!take_until(bytes, ' ', token) || bytes.size() < size) return fail(ErrorCode::bad_data, "the file is cut");
  if (auto added = add_token(table, token); !added) return added;
  const std::size_t before = table.numbers.size();
  table.numbers.resize(before + table.dimension);
  const std::span<float> numbers = std::span(table.numbers).subspan(before);
  std::memcpy(numbers.data(), bytes.data(), size);
  bytes.remove_prefix(size);
  if (std::ranges::all_of(numbers, [](float number) { return std::isfinite(number); })) return {};
  return fail(ErrorCode::bad_data, "a number is not finite");
}

Expected<> take_text_rows(std::string_view rest, std::size_t rows, EmbeddingTable& table) {
  for (std::size_t row = 0; row < rows; ++row) {
    if (const auto taken = take_text_row(rest, table); !taken) {
      return fail(taken.error().code(), "line ", row + 2, ": ", taken.error().message());
    }
  }
  if (rest.empty()) return {};
  return fail(ErrorCode::bad_data, "line ", rows + 2, ": is more than the ", rows, " rows that line 1 says");
}

Expected<> take_binary_rows(std::string_view bytes, std::string_view rest, std::size_t rows, EmbeddingTable& table) {
  for (std::size_t row = 0; row < rows; ++row) {
    const std::size_t offset = bytes.size() - rest.size();
    if (const auto taken = take_binary_row(rest, table); !taken) {
      return fail(taken.error().code(), "row ", row, " at offset ", offset, ": ", taken.error().message());
    }
  }
  if (rest.empty() || rest == "\n") return {};
  return fail(ErrorCode::bad_data, "offset ", bytes.size() - rest.size(), ": is more than the ", rows,
              " rows that line 1 says");
}

}  // namespace

Expected<EmbeddingTable> parse_word2vec(std::string_view bytes, const ImportLimits& limits) {
  std::string_view rest = bytes;
  const auto shape = take_header(rest);
  if (!shape) return std::unexpected(shape.error());
  const bool text = looks_like_text(rest, shape->dimension);
  // A token has a byte; behind it come a space and a digit a number and a line break, or a space and the floats.
  const RowBytes least{.token = 2, .number = text ? 2 : sizeof(float)};
  if (const auto checked = check_shape(*shape, least, rest.size(), limits); !checked) {
    return std::unexpected(checked.error());
  }
  EmbeddingTable table;
  table.dimension = shape->dimension;
  table.token_ends.reserve(shape->rows);
  table.numbers.reserve(shape->rows * shape->dimension);
  const auto taken =
      text ? take_text_rows(rest, shape->rows, table) : take_binary_rows(bytes, rest, shape->rows, table);
  if (!taken) return std::unexpected(taken.error());
  return table;
}

}  // namespace gaugeline::formats
