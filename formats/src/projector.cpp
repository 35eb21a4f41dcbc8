#include <gaugeline/formats/projector.hpp>

#include "export_rows.hpp"

namespace gaugeline::formats {
namespace {

bool splits_tsv(char c) noexcept { return c == '\t' || c == '\n' || c == '\r'; }

Expected<> write_vectors(const EmbeddingView& table, const std::filesystem::path& file) {
  const auto append = [&](std::string& block, std::size_t row) {
    for (const float number : numbers_of(table.embeddings, row)) {
      append_number(block, number);
      block += '\t';
    }
    block.back() = '\n';
  };
  return write_atomically(file, [&](ByteSink& output) { return write_rows(output, {}, table.size(), append); });
}

Expected<> write_metadata(const EmbeddingView& table, const std::filesystem::path& file) {
  const bool columns = !table.uses.empty() && !table.precision.empty();
  const auto append = [&](std::string& block, std::size_t row) {
    append_token(block, table.tokens[row], splits_tsv);
    if (columns) {
      append_number(block += '\t', table.uses[row]);
      append_number(block += '\t', table.precision[row]);
    }
    block += '\n';
  };
  const std::string heading = columns ? "token\tuses\tprecision\n" : "";
  return write_atomically(file, [&](ByteSink& output) { return write_rows(output, heading, table.size(), append); });
}

Expected<> write_configuration(const EmbeddingView& table, const std::filesystem::path& file) {
  const std::string json = "{\"embeddings\": [{\"tensorName\": \"embeddings\", \"tensorShape\": [" +
                           std::to_string(table.size()) + ", " + std::to_string(table.embeddings.cols()) +
                           "], \"tensorPath\": \"vectors.tsv\", \"metadataPath\": \"metadata.tsv\"}]}\n";
  return write_atomically(file, [&](ByteSink& output) { return output.write(std::as_bytes(std::span(json))); });
}

}  // namespace

Expected<> export_projector(const EmbeddingView& table, const std::filesystem::path& folder) {
  if (auto made = make_durable_folder(system_files(), folder); !made) return made;
  if (auto written = write_vectors(table, folder / "vectors.tsv"); !written) return written;
  if (auto written = write_metadata(table, folder / "metadata.tsv"); !written) return written;
  return write_configuration(table, folder / "projector_config.json");
}

}  // namespace gaugeline::formats
