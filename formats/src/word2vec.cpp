#include <gaugeline/formats/word2vec.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include <gaugeline/formats/atomic_file.hpp>

namespace gaugeline::formats {
namespace {

constexpr std::size_t block_bytes = std::size_t{1} << 18U;

bool splits(char c) noexcept { return c == ' ' || (c >= '\t' && c <= '\r'); }

void append_number(std::string& block, float number) {
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  block.append(digits.data(), end);
}

void append_row(std::string& block, std::string_view token, std::span<const float> row, Word2vecFormat format) {
  const std::size_t begin = block.size();
  block += token;
  std::replace_if(block.begin() + static_cast<std::ptrdiff_t>(begin), block.end(), splits, '_');
  if (format == Word2vecFormat::binary) {
    block += ' ';
    block.append(reinterpret_cast<const char*>(row.data()), row.size_bytes());
  } else {
    for (const float number : row) append_number(block += ' ', number);
  }
  block += '\n';
}

Expected<> write_table(const SideState<float>& side, Word2vecFormat format, AtomicFile& output) {
  const auto dimension = static_cast<std::size_t>(side.embeddings.cols());
  std::string block = std::to_string(side.size()) + ' ' + std::to_string(dimension) + '\n';
  for (std::size_t row = 0; row < side.size(); ++row) {
    append_row(block, side.tokens[row], {side.embeddings.data() + row * dimension, dimension}, format);
    if (block.size() < block_bytes) continue;
    if (auto written = output.write(std::as_bytes(std::span(block))); !written) return written;
    block.clear();
  }
  return output.write(std::as_bytes(std::span(block)));
}

}  // namespace

Expected<> export_word2vec(const SideState<float>& side, Word2vecFormat format, const std::filesystem::path& file) {
  auto output = AtomicFile::create(file);
  if (!output) return std::unexpected(output.error());
  if (auto written = write_table(side, format, *output); !written) return written;
  return output->commit();
}

}  // namespace gaugeline::formats
