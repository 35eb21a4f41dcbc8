#include <gaugeline/formats/atomic_file.hpp>

#include <unistd.h>

#include <string>
#include <utility>

namespace gaugeline::formats {
namespace {

namespace fs = std::filesystem;

constexpr int attempts = 1000;

fs::path temporary_name(const fs::path& path, int attempt) {
  std::string name(temporary_file_prefix);
  name += path.filename().native() + '.' + std::to_string(::getpid()) + '.' + std::to_string(attempt);
  return folder_of(path) / name;
}

// Renaming over a device (/dev/null, say) would take it away.
Expected<> replaceable(FileSystem& files, const fs::path& path) {
  const auto kind = files.kind(path);
  if (!kind) return std::unexpected(kind.error());
  if (*kind == FileKind::regular || *kind == FileKind::none) return {};
  return fail(ErrorCode::invalid_argument, path.native(), ": is there already and is not a regular file");
}

}  // namespace

AtomicFile::AtomicFile(FileSystem& files, fs::path path, fs::path temporary,
                       std::unique_ptr<OutputFile> output) noexcept
    : files_(&files), path_(std::move(path)), temporary_(std::move(temporary)), output_(std::move(output)) {}

AtomicFile& AtomicFile::operator=(AtomicFile&& other) noexcept {
  if (this == &other) return *this;
  discard();
  files_ = other.files_;
  path_ = std::move(other.path_);
  temporary_ = std::move(other.temporary_);
  output_ = std::move(other.output_);
  return *this;
}

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::discard() noexcept {
  if (!output_) return;
  output_.reset();
  // What stays does no harm: SnapshotStore removes it at the next start, and others can tell it by its name.
  [[maybe_unused]] const auto removed = files_->remove(temporary_);
}

std::unexpected<Error> AtomicFile::closed() const noexcept {
  return fail(ErrorCode::invalid_argument, path_.native(), ": was committed already, or a write to it failed");
}

Expected<AtomicFile> AtomicFile::create(const fs::path& path, FileSystem& files) {
  if (const auto ok = replaceable(files, path); !ok) return std::unexpected(ok.error());
  for (int attempt = 0; attempt < attempts; ++attempt) {
    auto temporary = temporary_name(path, attempt);
    auto output = files.create(temporary);
    if (output) return AtomicFile(files, path, std::move(temporary), std::move(*output));
    if (output.error().code() != ErrorCode::invalid_argument)  // else the name is taken
      return std::unexpected(output.error().within(path.native()));
  }
  return fail(ErrorCode::io_error, path.native(), ": no temporary file can be made beside it: ", attempts,
              " are there already; remove those whose names begin with ", temporary_file_prefix);
}

Expected<> AtomicFile::write(std::span<const std::byte> bytes) {
  if (!output_) return closed();
  const auto written = output_->append(bytes);
  if (written) return {};
  discard();  // half a file must not be committed
  return std::unexpected(written.error().within(path_.native()));
}

Expected<> AtomicFile::commit() {
  if (!output_) return closed();
  if (const auto synced = output_->sync(); !synced) {
    discard();  // a second sync might seem to succeed
    return std::unexpected(synced.error().within(path_.native()));
  }
  if (auto renamed = files_->rename(temporary_, path_); !renamed) return renamed;
  output_.reset();
  return files_->sync_folder(folder_of(path_));
}

Expected<> remove_temporary_files(const fs::path& folder, FileSystem& files) {
  const auto names = files.list(folder);
  if (!names) return std::unexpected(names.error());
  for (const std::string& name : *names) {
    if (name.starts_with(temporary_file_prefix)) [[maybe_unused]]
      const auto removed = files.remove(folder / name);
  }
  return {};
}

}  // namespace gaugeline::formats
