#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include <gaugeline/formats/atomic_file.hpp>

#include "file_descriptor.hpp"

namespace gaugeline::formats {
namespace {

namespace fs = std::filesystem;

constexpr int attempts = 1000;

fs::path folder_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

fs::path temporary_name(const fs::path& path, int attempt) {
  std::string name(temporary_file_prefix);
  name += path.filename().native() + '.' + std::to_string(::getpid()) + '.' + std::to_string(attempt);
  return folder_of(path) / name;
}

// Renaming over a device (/dev/null, say) would take it away.
Expected<> replaceable(const fs::path& path) {
  std::error_code ignored;
  const auto kind = fs::symlink_status(path, ignored).type();
  if (kind == fs::file_type::regular || kind == fs::file_type::symlink || kind == fs::file_type::not_found) return {};
  return fail(ErrorCode::invalid_argument, path.native(), ": is there already and is not a regular file");
}

}  // namespace

AtomicFile::AtomicFile(fs::path path, fs::path temporary, int descriptor) noexcept
    : path_(std::move(path)), temporary_(std::move(temporary)), descriptor_(descriptor) {}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::move(other.temporary_)),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

AtomicFile& AtomicFile::operator=(AtomicFile&& other) noexcept {
  if (this == &other) return *this;
  discard();
  path_ = std::move(other.path_);
  temporary_ = std::move(other.temporary_);
  descriptor_ = std::exchange(other.descriptor_, -1);
  return *this;
}

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::discard() noexcept {
  if (descriptor_ < 0) return;
  ::close(std::exchange(descriptor_, -1));
  ::unlink(temporary_.c_str());
}

std::unexpected<Error> AtomicFile::closed() const noexcept {
  return fail(ErrorCode::invalid_argument, path_.native(), ": was committed already, or a write to it failed");
}

Expected<AtomicFile> AtomicFile::create(const fs::path& path) {
  if (const auto ok = replaceable(path); !ok) return std::unexpected(ok.error());
  for (int attempt = 0; attempt < attempts; ++attempt) {
    auto temporary = temporary_name(path, attempt);
    const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor >= 0) return AtomicFile(path, std::move(temporary), descriptor);
    if (errno != EEXIST) break;
  }
  return system_failure(path, "no temporary file can be made beside it");
}

Expected<> AtomicFile::write(std::span<const std::byte> bytes) {
  if (descriptor_ < 0) return closed();
  auto written = write_all(descriptor_, bytes, path_);
  if (!written) discard();  // half a file must not be committed
  return written;
}

Expected<> AtomicFile::commit() {
  if (descriptor_ < 0) return closed();
  if (::fsync(descriptor_) != 0) return system_failure(path_, "cannot be synced");
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) return system_failure(path_, "cannot be put in place");
  ::close(std::exchange(descriptor_, -1));
  return sync_folder(folder_of(path_));
}

}  // namespace gaugeline::formats
