#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

#include "little_endian.hpp"
#include "npy_format.hpp"
#include "table_parsers.hpp"

namespace gaugeline::formats {
namespace {

// What the header's dictionary says.
struct ArrayHeader {
  std::string_view type;  // "<f4"
  bool columns_first = false;
  std::vector<std::size_t> shape;
};

// Reads the part of Python's notation that NumPy writes: {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
class DictionaryReader {
 public:
  explicit DictionaryReader(std::string_view text) noexcept : rest_(text) {}

  bool read(ArrayHeader& header) {
    bool has_type = false;
    bool has_order = false;
    bool has_shape = false;
    if (!take('{')) return false;
    while (!take('}')) {
      std::string_view key;
      if (!quoted(key) || !take(':')) return false;
      if (key == "descr" && !has_type) {
        has_type = quoted(header.type);
      } else if (key == "fortran_order" && !has_order) {
        has_order = boolean(header.columns_first);
      } else if (key == "shape" && !has_shape) {
        has_shape = tuple(header.shape);
      } else {
        return false;
      }
      if (!take(',') && !next_is('}')) return false;
    }
    skip_space();
    return has_type && has_order && has_shape && rest_.empty();
  }

 private:
  void skip_space() noexcept { rest_.remove_prefix(std::min(rest_.find_first_not_of(" \n"), rest_.size())); }
  bool next_is(char c) noexcept {
    skip_space();
    return rest_.starts_with(c);
  }
  bool take(char c) noexcept {
    if (!next_is(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool quoted(std::string_view& text) noexcept {
    for (const char quote : {'\'', '"'}) {
      if (take(quote)) return take_until(rest_, quote, text);
    }
    return false;
  }
  bool boolean(bool& value) noexcept {
    skip_space();
    value = rest_.starts_with("True");
    if (!value && !rest_.starts_with("False")) return false;
    rest_.remove_prefix(value ? 4 : 5);
    return true;
  }
  bool tuple(std::vector<std::size_t>& numbers) {
    if (!take('(')) return false;
    while (!take(')')) {
      skip_space();
      std::size_t number = 0;
      const auto [end, error] = std::from_chars(rest_.data(), rest_.data() + rest_.size(), number);
      if (error != std::errc()) return false;
      rest_.remove_prefix(static_cast<std::size_t>(end - rest_.data()));
      numbers.push_back(number);
      if (!take(',') && !next_is(')')) return false;
    }
    return true;
  }

  std::string_view rest_;
};

Expected<std::string_view> take_dictionary(std::string_view& bytes) {
  const auto cut = fail(ErrorCode::bad_data, "the header is cut");
  if (bytes.size() < npy_prefix_bytes) return cut;
  const auto version = static_cast<unsigned char>(bytes[npy_magic.size()]);
  if (version < 1 || version > 3) {
    return fail(ErrorCode::unsupported_version, "offset ", npy_magic.size(), ": is of .npy's version ",
                unsigned{version}, ", and 1 to 3 can be read");
  }
  bytes.remove_prefix(npy_magic.size() + 2);
  const std::size_t length_bytes = version == 1 ? 2 : 4;
  if (bytes.size() < length_bytes) return cut;
  const auto raw = std::as_bytes(std::span(bytes));
  const std::size_t length = version == 1 ? load<std::uint16_t>(raw, 0) : load<std::uint32_t>(raw, 0);
  bytes.remove_prefix(length_bytes);
  if (bytes.size() < length) return cut;
  const std::string_view dictionary = bytes.substr(0, length);
  bytes.remove_prefix(length);
  return dictionary;
}

Expected<> check_kind(const ArrayHeader& header) {
  if (header.type != "<f4") {
    return fail(ErrorCode::bad_data, "its numbers are '", header.type.substr(0, 32),
                "', and only '<f4' is read: save array.astype('float32')");
  }
  if (header.shape.size() != 2) {
    return fail(ErrorCode::bad_data, "has ", header.shape.size(), " axes, and a table has 2, rows and dimensions");
  }
  if (header.columns_first && header.shape[0] > 1 && header.shape[1] > 1) {
    return fail(ErrorCode::bad_data,
                "is in Fortran order, and only C order is read: save numpy.ascontiguousarray(array)");
  }
  return {};
}

}  // namespace

Expected<NpyArray> parse_npy(std::string_view bytes, const ImportLimits& limits) {
  std::string_view rest = bytes;
  const auto dictionary = take_dictionary(rest);
  if (!dictionary) return std::unexpected(dictionary.error());
  ArrayHeader header;
  if (!DictionaryReader(*dictionary).read(header)) {
    return fail(ErrorCode::bad_data, "offset ", npy_prefix_bytes,
                ": the header is not the dictionary that NumPy writes");
  }
  if (const auto kind = check_kind(header); !kind) return std::unexpected(kind.error());
  const TableShape shape{header.shape[0], header.shape[1]};
  if (const auto checked = check_shape(shape, {.number = sizeof(float)}, rest.size(), limits); !checked) {
    return std::unexpected(checked.error());
  }
  const std::size_t begin = bytes.size() - rest.size();
  const std::size_t size = shape.rows * shape.dimension * sizeof(float);
  if (rest.size() != size) {
    return fail(ErrorCode::bad_data, "offset ", begin + size, ": more follows than the ", shape.rows,
                " rows that the header says");
  }
  NpyArray array{std::vector<float>(shape.rows * shape.dimension), shape};
  if (!array.numbers.empty()) std::memcpy(array.numbers.data(), rest.data(), size);
  const auto bad = std::ranges::find_if(array.numbers, [](float number) { return !std::isfinite(number); });
  if (bad != array.numbers.end()) {
    const auto place = static_cast<std::size_t>(bad - array.numbers.begin());
    return fail(ErrorCode::bad_data, "row ", place / shape.dimension, " at offset ", begin + place * sizeof(float),
                ": a number is not finite");
  }
  return array;
}

Expected<> parse_token_lines(std::string_view bytes, std::size_t rows, EmbeddingTable& table) {
  std::string_view rest = bytes;
  table.token_ends.reserve(rows);
  for (std::size_t row = 0; row < rows; ++row) {
    std::string_view line;
    if (!take_until(rest, '\n', line)) {
      return fail(ErrorCode::bad_data, "line ", row + 1, ": ", rest.empty() ? "is missing" : "does not end",
                  ", and the array has ", rows, " rows");
    }
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (const auto added = add_token(table, line); !added) {
      return fail(added.error().code(), "line ", row + 1, ": ", added.error().message());
    }
  }
  if (rest.empty()) return {};
  return fail(ErrorCode::bad_data, "line ", rows + 1, ": is more than the ", rows, " rows of the array");
}

}  // namespace gaugeline::formats
