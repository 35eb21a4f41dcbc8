// Tables of other programs, of any bytes: as word2vec's, as an array of NumPy's, and as its tokens. What is let through
// is whole, and comes back the same from what is written of it as text.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "export_rows.hpp"
#include "table_parsers.hpp"

using namespace gaugeline;
using namespace gaugeline::formats;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

constexpr ImportLimits limits{.bytes = 1U << 20U, .rows = 10000, .dimension = 1000};

void check_whole(const EmbeddingTable& table) {
  const EmbeddingView view = table.view();
  if (!view.tokens.well_formed() || table.dimension == 0) std::abort();
  if (table.numbers.size() != table.size() * table.dimension) std::abort();
  for (const float number : table.numbers) {
    if (!std::isfinite(number)) std::abort();
  }
}

void check_round_trip(const EmbeddingTable& table) {
  std::string file = std::to_string(table.size()) + ' ' + std::to_string(table.dimension) + '\n';
  const EmbeddingView view = table.view();
  for (std::size_t row = 0; row < table.size(); ++row) {
    const std::string_view token = view.tokens[row];
    if (token.find(' ') != std::string_view::npos) std::abort();
    if (token.find('\n') != std::string_view::npos) return;  // in binary rows it may stand inside
    file += token;
    for (const float number : numbers_of(view.embeddings, row)) append_number(file += ' ', number);
    file += '\n';
  }
  const auto again = parse_word2vec(file, {});
  if (!again || again->token_bytes != table.token_bytes || again->token_ends != table.token_ends) std::abort();
  if (again->numbers != table.numbers) std::abort();
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto table = parse_word2vec(bytes, limits)) {
    check_whole(*table);
    check_round_trip(*table);
  }
  if (const auto array = parse_npy(bytes, limits)) {
    if (array->numbers.size() != array->shape.rows * array->shape.dimension) std::abort();
  }
  for (std::size_t rows = 0; rows < 4; ++rows) {
    EmbeddingTable table{.token_bytes = {}, .token_ends = {}, .numbers = std::vector<float>(rows), .dimension = 1};
    if (!parse_token_lines(bytes, rows, table)) continue;
    check_whole(table);
    if (table.size() != rows) std::abort();
  }
  return 0;
}
