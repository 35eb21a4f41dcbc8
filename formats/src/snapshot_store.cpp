#include <gaugeline/formats/snapshot_store.hpp>

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

#include <gaugeline/formats/atomic_file.hpp>

namespace gaugeline::formats {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view folder_name = "snapshots";
constexpr std::string_view lock_name = "lock";
constexpr std::string_view extension = ".snapshot";
constexpr std::size_t name_digits = 10;

Expected<std::unique_ptr<FileLock>> take_lock(FileSystem& files, const fs::path& data_directory) {
  auto lock = files.lock(data_directory / lock_name);
  if (!lock || *lock) return lock;
  return fail(ErrorCode::io_error, data_directory.native(),
              ": another program is writing to this data directory (a daemon, perhaps); only one can");
}

std::optional<std::uint64_t> slice_of(const std::string& name) {
  if (!name.ends_with(extension)) return std::nullopt;
  const std::string_view digits = std::string_view(name).substr(0, name.size() - extension.size());
  std::uint64_t slice = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), slice);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  return whole && digits.size() >= name_digits ? std::optional(slice) : std::nullopt;
}

}  // namespace

Expected<Snapshot> read_snapshot(const fs::path& file, FileSystem& files) {
  const auto bytes = read_file(file, files);
  if (!bytes) return std::unexpected(bytes.error());
  auto snapshot = Snapshot::decode(bytes->span());
  if (!snapshot) return std::unexpected(snapshot.error().within(file.native()));
  return snapshot;
}

Expected<std::uint64_t> write_snapshot(const fs::path& file, const SnapshotView& snapshot,
                                       std::vector<std::byte>& workspace, FileSystem& files) {
  auto output = AtomicFile::create(file, files);
  if (!output) return std::unexpected(output.error());
  const std::size_t needed = snapshot_workspace_bytes(snapshot);
  if (workspace.size() < needed) workspace.resize(needed);
  const auto checksum = encode_snapshot(snapshot, workspace, *output);
  if (!checksum) {
    // What the disk refuses the file tells with its name; what the encoder refuses does not know it.
    const ErrorCode code = checksum.error().code();
    if (code == ErrorCode::io_error || code == ErrorCode::no_space) return checksum;
    return std::unexpected(checksum.error().within(file.native()));
  }
  if (const auto committed = output->commit(); !committed) return std::unexpected(committed.error());
  return checksum;
}

Expected<SnapshotStore> SnapshotStore::create(const fs::path& data_directory, FileSystem& files) {
  const fs::path folder = data_directory / folder_name;
  if (const auto made = make_durable_folder(files, folder); !made) return std::unexpected(made.error());
  auto lock = take_lock(files, data_directory);
  if (!lock) return std::unexpected(lock.error());
  if (const auto removed = remove_temporary_files(folder, files); !removed) return std::unexpected(removed.error());
  if (const auto synced = files.sync_folder(folder); !synced) return std::unexpected(synced.error());
  SnapshotStore store(files, folder);
  store.lock_ = std::move(*lock);
  return store;
}

Expected<SnapshotStore> SnapshotStore::open(const fs::path& data_directory, FileSystem& files) {
  const fs::path folder = data_directory / folder_name;
  const auto kind = files.kind(folder);
  if (!kind) return std::unexpected(kind.error());
  if (*kind != FileKind::folder)
    return fail(ErrorCode::not_found, data_directory.native(), ": is not a data directory: it has no folder \"",
                folder_name, "\"");
  return SnapshotStore(files, folder);
}

Expected<std::uint64_t> SnapshotStore::publish(const SnapshotView& snapshot) {
  return write_snapshot(file(snapshot.report.slice), snapshot, workspace_, *files_);
}

// A folder takes the place of an empty one, and of no other.
Expected<> SnapshotStore::take_all(const SnapshotStore& from) const {
  if (auto renamed = files_->rename(from.directory_, directory_); !renamed) return renamed;
  return files_->sync_folder(folder_of(directory_));
}

Expected<> SnapshotStore::remove_before(std::uint64_t slice) const {
  const auto found = slices();
  if (!found) return std::unexpected(found.error());
  for (const std::uint64_t old : *found) {
    if (old >= slice) break;
    if (auto removed = files_->remove(file(old)); !removed) return removed;
  }
  return {};
}

Expected<std::vector<std::uint64_t>> SnapshotStore::slices() const {
  const auto names = files_->list(directory_);
  if (!names) return std::unexpected(names.error());
  std::vector<std::uint64_t> found;
  for (const std::string& name : *names) {
    if (const auto slice = slice_of(name)) found.push_back(*slice);
  }
  std::ranges::sort(found);
  return found;
}

Expected<Snapshot> SnapshotStore::load(std::uint64_t slice) const {
  const fs::path path = file(slice);
  auto snapshot = read_snapshot(path, *files_);
  if (snapshot && snapshot->view().report.slice != slice)
    return fail(ErrorCode::bad_data, path.native(), ": holds slice ", snapshot->view().report.slice);
  return snapshot;
}

Expected<std::optional<Snapshot>> SnapshotStore::load_latest() const {
  const auto found = slices();
  if (!found) return std::unexpected(found.error());
  if (found->empty()) return std::nullopt;
  auto snapshot = load(found->back());
  if (!snapshot) return std::unexpected(snapshot.error());
  return std::optional(std::move(*snapshot));
}

fs::path SnapshotStore::file(std::uint64_t slice) const {
  std::string digits = std::to_string(slice);
  if (digits.size() < name_digits) digits.insert(0, name_digits - digits.size(), '0');
  return directory_ / (digits + std::string(extension));
}

}  // namespace gaugeline::formats
