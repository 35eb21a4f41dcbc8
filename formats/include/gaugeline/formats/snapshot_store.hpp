// The snapshots of one data directory: DIR/snapshots/0000000012.snapshot is that of slice 12.
//
// A snapshot that is there is whole and on disk. Errors name the file. A damaged snapshot is an error, never skipped:
// an older one would be a different state. Thread-safety: none for one store; a reader may open a directory that a
// daemon is publishing into, and sees each snapshot whole or not at all.
//
// Whoever writes holds a lock on DIR/lock, an empty file that stays; the lock ends with the process, however that ends.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/file_system.hpp>
#include <gaugeline/formats/snapshot.hpp>

namespace gaugeline::formats {

// Reads and verifies one file. Errors begin with the file's name.
[[nodiscard]] Expected<Snapshot> read_snapshot(const std::filesystem::path& file, FileSystem& files = system_files());

// Temporary file, sync, rename, sync of the folder. Returns the snapshot's checksum once all of it is on disk. The
// workspace grows as needed and can be used again.
[[nodiscard]] Expected<std::uint64_t> write_snapshot(const std::filesystem::path& file, const SnapshotView& snapshot,
                                                     std::vector<std::byte>& workspace,
                                                     FileSystem& files = system_files());

class SnapshotStore {
 public:
  // For writing: makes the folders if they are missing, removes temporary files that a crash left, and makes durable
  // whatever snapshots a process that was killed had put in place but not yet synced. One store may
  // write to a data directory at a time: a second one, of this process or another, is refused with
  // ErrorCode::io_error as long as the first, or a copy of it, lives.
  [[nodiscard]] static Expected<SnapshotStore> create(const std::filesystem::path& data_directory,
                                                      FileSystem& files = system_files());
  // For reading: an error (not_found) if there is no such directory.
  [[nodiscard]] static Expected<SnapshotStore> open(const std::filesystem::path& data_directory,
                                                    FileSystem& files = system_files());

  // write_snapshot to the slice's file.
  [[nodiscard]] Expected<std::uint64_t> publish(const SnapshotView& snapshot);

  // Takes over all snapshots of another store of the same file system, in one step that is on disk when it returns:
  // after a crash they are all here or all there. This store holds none, else ErrorCode::io_error, and nothing has
  // changed.
  [[nodiscard]] Expected<> take_all(const SnapshotStore& from) const;

  // Removes the snapshots of slices before this one.
  [[nodiscard]] Expected<> remove_before(std::uint64_t slice) const;

  [[nodiscard]] Expected<std::vector<std::uint64_t>> slices() const;  // indices that are there, rising
  [[nodiscard]] Expected<Snapshot> load(std::uint64_t slice) const;
  [[nodiscard]] Expected<std::optional<Snapshot>> load_latest() const;  // nullopt: there is none yet
  [[nodiscard]] std::filesystem::path file(std::uint64_t slice) const;

 private:
  SnapshotStore(FileSystem& files, std::filesystem::path directory) noexcept
      : files_(&files), directory_(std::move(directory)) {}
  FileSystem* files_;
  std::filesystem::path directory_;
  std::shared_ptr<const FileLock> lock_;  // of a store that writes
  std::vector<std::byte> workspace_;
};

}  // namespace gaugeline::formats
