// gaugeline snapshot: looks into snapshot files.
#include "snapshot.hpp"

#include <filesystem>

#include <gaugeline/stream/query.hpp>

namespace gaugeline::cli {

Expected<> check_exists(const std::string& path) {
  if (std::filesystem::exists(path)) return {};
  return fail(ErrorCode::io_error, std::string_view(path), ": no such file or directory");
}

Expected<formats::Snapshot> SnapshotChoice::load() const {
  if (const auto exists = check_exists(path); !exists) return std::unexpected(exists.error());
  if (std::filesystem::is_directory(path)) {
    const auto store = formats::SnapshotStore::open(path);
    if (!store) return std::unexpected(store.error());
    return stream::load_slice(*store, slice.empty() ? "-1" : slice);
  }
  if (const auto checked = check_slice(); !checked) return std::unexpected(checked.error());
  return formats::read_snapshot(path);
}

Expected<> SnapshotChoice::check_slice() const {
  if (slice.empty() || std::filesystem::is_directory(path)) return {};
  return fail(ErrorCode::invalid_argument, "a slice is named, which needs a data directory, and ",
              std::string_view(path), " is none");
}

void add_snapshot(CLI::App& parent, Commands& commands) {
  CLI::App* snapshot =
      parent.add_subcommand("snapshot", "Look into snapshots, verify, compare and update them, export their tables");
  snapshot->footer("  gaugeline snapshot verify run");
  snapshot->require_subcommand(1);
  add_snapshot_info(*snapshot, commands);
  add_snapshot_verify(*snapshot, commands);
  add_snapshot_diff(*snapshot, commands);
  add_snapshot_delta(*snapshot, commands);
  add_snapshot_apply(*snapshot, commands);
  add_snapshot_compact(*snapshot, commands);
  add_snapshot_export(*snapshot, commands);
}

}  // namespace gaugeline::cli
