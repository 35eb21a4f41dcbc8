#include "loaded_table.hpp"

#include <array>
#include <filesystem>
#include <fstream>
#include <string_view>

#include <gaugeline/formats/table_import.hpp>

namespace gaugeline::cli {
namespace {

constexpr std::string_view snapshot_magic = "gaugesnp";  // docs/formats.md

bool holds_snapshots(const std::string& path) {
  if (std::filesystem::is_directory(path)) return true;
  std::array<char, snapshot_magic.size()> start{};
  std::ifstream(path, std::ios::binary).read(start.data(), start.size());
  return std::string_view(start.data(), start.size()) == snapshot_magic;
}

}  // namespace

Expected<LoadedTable> LoadedTable::load(const SnapshotChoice& choice, Side side) {
  if (const auto exists = check_exists(choice.path); !exists) return std::unexpected(exists.error());
  if (holds_snapshots(choice.path)) {
    auto snapshot = choice.load();
    if (!snapshot) return std::unexpected(snapshot.error());
    return LoadedTable(std::move(*snapshot), side);
  }
  if (const auto checked = choice.check_slice(); !checked) return std::unexpected(checked.error());
  auto table = formats::import_embeddings(choice.path);
  if (!table) return std::unexpected(table.error());
  return LoadedTable(std::move(*table), side);
}

formats::EmbeddingView LoadedTable::view() const {
  if (const auto* table = std::get_if<formats::EmbeddingTable>(&content_)) return table->view();
  return formats::embedding_view(std::get<formats::Snapshot>(content_).view().state[side_]);
}

}  // namespace gaugeline::cli
