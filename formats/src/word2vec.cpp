#include <gaugeline/formats/word2vec.hpp>

#include "export_rows.hpp"

namespace gaugeline::formats {
namespace {

bool splits_word2vec(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

}  // namespace

Expected<> export_word2vec(const EmbeddingView& table, Word2vecFormat format, const std::filesystem::path& file) {
  const auto append = [&](std::string& block, std::size_t row) {
    const std::span<const float> numbers = numbers_of(table.embeddings, row);
    append_token(block, table.tokens[row], splits_word2vec);
    if (format == Word2vecFormat::binary) {
      block += ' ';
      block.append(reinterpret_cast<const char*>(numbers.data()), numbers.size_bytes());
    } else {
      for (const float number : numbers) append_number(block += ' ', number);
    }
    block += '\n';
  };
  const std::string header = std::to_string(table.size()) + ' ' + std::to_string(table.embeddings.cols()) + '\n';
  return write_atomically(file, [&](ByteSink& output) { return write_rows(output, header, table.size(), append); });
}

}  // namespace gaugeline::formats
