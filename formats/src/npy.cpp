#include <gaugeline/formats/npy.hpp>

#include "export_rows.hpp"
#include "npy_format.hpp"

namespace gaugeline::formats {
namespace {

// Padded so that the numbers begin at a multiple of 64 bytes, as NumPy does.
std::string npy_header(std::size_t rows, std::size_t dimension) {
  std::string dictionary = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + std::to_string(rows) + ", " +
                           std::to_string(dimension) + "), }";
  const std::size_t end = npy_prefix_bytes + dictionary.size() + 1;
  dictionary.append((npy_alignment - end % npy_alignment) % npy_alignment, ' ');
  dictionary += '\n';
  std::string header(npy_magic);
  header += {1, 0, static_cast<char>(dictionary.size() & 0xFFU), static_cast<char>(dictionary.size() >> 8U)};
  return header + dictionary;
}

bool ends_line(char c) noexcept { return c == '\n' || c == '\r'; }

}  // namespace

std::filesystem::path npy_tokens_file(const std::filesystem::path& file) {
  std::filesystem::path tokens = file;
  if (tokens.extension() == ".npy") tokens.replace_extension();
  return tokens += ".tokens.txt";
}

Expected<> export_npy(const EmbeddingView& table, const std::filesystem::path& file) {
  const auto append_line = [&](std::string& block, std::size_t row) {
    append_token(block, table.tokens[row], ends_line);
    block += '\n';
  };
  const auto tokens = write_atomically(
      npy_tokens_file(file), [&](ByteSink& output) { return write_rows(output, {}, table.size(), append_line); });
  if (!tokens) return tokens;
  const std::string header = npy_header(table.size(), static_cast<std::size_t>(table.embeddings.cols()));
  return write_atomically(file, [&](ByteSink& output) -> Expected<> {
    if (auto written = output.write(std::as_bytes(std::span(header))); !written) return written;
    return output.write(
        std::as_bytes(std::span(table.embeddings.data(), static_cast<std::size_t>(table.embeddings.size()))));
  });
}

}  // namespace gaugeline::formats
