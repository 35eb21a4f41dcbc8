#include <gaugeline/formats/snapshot_store.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <string>
#include <utility>

#include <gaugeline/formats/atomic_file.hpp>

#include "file_descriptor.hpp"

namespace gaugeline::formats {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view folder_name = "snapshots";
constexpr std::string_view lock_name = "lock";
constexpr std::string_view extension = ".snapshot";
constexpr std::size_t name_digits = 10;

// The folder and those above it, each made durable in the one that it lies in.
Expected<> make_folder(const fs::path& folder) {
  std::error_code ignored;
  if (folder.empty() || fs::is_directory(folder, ignored)) return {};
  const fs::path above = folder.parent_path();
  if (above != folder) {
    if (auto made = make_folder(above); !made) return made;
  }
  if (::mkdir(folder.c_str(), 0777) != 0 && errno != EEXIST) return system_failure(folder, "cannot be made");
  return sync_folder(above.empty() ? fs::path(".") : above);
}

Expected<FileDescriptor> take_lock(const fs::path& data_directory) {
  const fs::path path = data_directory / lock_name;
  FileDescriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (file.get() < 0) return system_failure(path, "cannot be opened");
  if (::flock(file.get(), LOCK_EX | LOCK_NB) == 0) return file;
  if (errno != EWOULDBLOCK) return system_failure(path, "cannot be locked");
  return fail(ErrorCode::io_error, data_directory.native(),
              ": another program is writing to this data directory (a daemon, perhaps); only one can");
}

template <class Visit>
Expected<> for_each_file(const fs::path& folder, Visit visit) {
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) visit(*entry);
  if (error) return fail(ErrorCode::io_error, folder.native(), ": cannot be listed: ", error.message());
  return {};
}

Expected<> remove_leftovers(const fs::path& folder) {
  return for_each_file(folder, [](const fs::directory_entry& entry) {
    std::error_code ignored;  // what cannot be removed now does no harm, and is tried again at the next start
    if (entry.path().filename().native().starts_with(temporary_file_prefix)) fs::remove(entry.path(), ignored);
  });
}

std::optional<std::uint64_t> slice_of(const fs::path& file) {
  const std::string name = file.filename().native();
  if (!name.ends_with(extension)) return std::nullopt;
  const std::string_view digits = std::string_view(name).substr(0, name.size() - extension.size());
  std::uint64_t slice = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), slice);
  const bool whole = error == std::errc() && end == digits.data() + digits.size();
  return whole && digits.size() >= name_digits ? std::optional(slice) : std::nullopt;
}

}  // namespace

Expected<Snapshot> read_snapshot(const fs::path& file) {
  const auto descriptor = FileDescriptor::open_to_read(file);
  if (!descriptor) return std::unexpected(descriptor.error());
  const auto size = regular_file_size(descriptor->get());
  if (!size) return fail(ErrorCode::io_error, file.native(), ": is not a regular file");
  const auto bytes = std::make_unique_for_overwrite<std::byte[]>(*size);
  const std::span<std::byte> whole(bytes.get(), *size);
  const auto count = read_up_to(descriptor->get(), whole, file);
  if (!count) return std::unexpected(count.error());
  auto snapshot = Snapshot::decode(whole.first(*count));
  if (!snapshot) return std::unexpected(snapshot.error().within(file.native()));
  return snapshot;
}

Expected<SnapshotStore> SnapshotStore::create(const fs::path& data_directory) {
  const fs::path folder = data_directory / folder_name;
  if (const auto made = make_folder(folder); !made) return std::unexpected(made.error());
  auto lock = take_lock(data_directory);
  if (!lock) return std::unexpected(lock.error());
  if (const auto removed = remove_leftovers(folder); !removed) return std::unexpected(removed.error());
  SnapshotStore store(folder);
  store.lock_ = std::make_shared<const FileDescriptor>(std::move(*lock));
  return store;
}

Expected<SnapshotStore> SnapshotStore::open(const fs::path& data_directory) {
  const fs::path folder = data_directory / folder_name;
  std::error_code ignored;
  if (!fs::is_directory(folder, ignored))
    return fail(ErrorCode::not_found, data_directory.native(), ": is not a data directory: it has no folder \"",
                folder_name, "\"");
  return SnapshotStore(folder);
}

Expected<std::uint64_t> SnapshotStore::publish(const SnapshotView& snapshot) {
  const fs::path path = file(snapshot.report.slice);
  auto output = AtomicFile::create(path);
  if (!output) return std::unexpected(output.error());
  const std::size_t needed = snapshot_workspace_bytes(snapshot);
  if (workspace_.size() < needed) workspace_.resize(needed);
  const auto checksum = encode_snapshot(snapshot, workspace_, *output);
  if (!checksum) return std::unexpected(checksum.error().within(path.native()));
  if (const auto committed = output->commit(); !committed) return std::unexpected(committed.error());
  return checksum;
}

// A folder takes the place of an empty one, and of no other.
Expected<> SnapshotStore::take_all(const SnapshotStore& from) const {
  if (::rename(from.directory_.c_str(), directory_.c_str()) != 0)
    return system_failure(directory_, "cannot be replaced");
  return sync_folder(directory_.parent_path());
}

Expected<std::vector<std::uint64_t>> SnapshotStore::slices() const {
  std::vector<std::uint64_t> found;
  const auto listed = for_each_file(directory_, [&](const fs::directory_entry& entry) {
    if (const auto slice = slice_of(entry.path())) found.push_back(*slice);
  });
  if (!listed) return std::unexpected(listed.error());
  std::ranges::sort(found);
  return found;
}

Expected<Snapshot> SnapshotStore::load(std::uint64_t slice) const {
  const fs::path path = file(slice);
  auto snapshot = read_snapshot(path);
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
