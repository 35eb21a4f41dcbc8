// The subcommands of `snapshot`, each in a file of its own.
#pragma once

#include <string>

#include <gaugeline/formats/delta.hpp>
#include <gaugeline/formats/snapshot_store.hpp>
#include <gaugeline/stream/json_writer.hpp>

#include "command.hpp"

namespace gaugeline::cli {

[[nodiscard]] Expected<> check_exists(const std::string& path);

// A snapshot file, or the latest (or the named) slice of a data directory.
struct SnapshotChoice {
  std::string path;
  std::string slice;  // empty: the latest; only with a data directory

  [[nodiscard]] Expected<formats::Snapshot> load() const;
  // invalid_argument if a slice is named, and the path is no data directory.
  [[nodiscard]] Expected<> check_slice() const;
};

// "From slice 2 to slice 3: 8,874 of 10,112 rows moved, 1,238 new".
[[nodiscard]] std::string what_moved(const formats::DeltaSummary& delta);
// The members of an object that has begun.
void write_delta_summary(stream::JsonWriter& json, const formats::DeltaSummary& delta);

void add_snapshot_info(CLI::App& snapshot, Commands& commands);
void add_snapshot_delta(CLI::App& snapshot, Commands& commands);
void add_snapshot_compact(CLI::App& snapshot, Commands& commands);
void add_snapshot_apply(CLI::App& snapshot, Commands& commands);
void add_snapshot_diff(CLI::App& snapshot, Commands& commands);
void add_snapshot_verify(CLI::App& snapshot, Commands& commands);
void add_snapshot_export(CLI::App& snapshot, Commands& commands);

}  // namespace gaugeline::cli
