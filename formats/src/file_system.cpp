#include <gaugeline/formats/file_system.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <utility>

#include "file_descriptor.hpp"

namespace gaugeline::formats {
namespace {

namespace fs = std::filesystem;

// The result of a call that may be interrupted by a signal.
template <class Call>
auto uninterrupted(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

FileDescriptor open_file(const fs::path& path, int flags) {
  return FileDescriptor(uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0666); }));
}

// fsync() too can find the disk full, but what it has not written then is as lost as after any other failure.
std::unexpected<Error> sync_failure(const fs::path& path) {
  const Error error = system_failure(path, "cannot be synced").error();
  return fail(ErrorCode::io_error, error.message());
}

// Of what is written at once, the disk begins with the first part while the next is copied: a sync, which comes soon,
// then waits for the last part alone.
constexpr std::size_t write_behind_bytes = std::size_t{1} << 20U;
void begin_writing_out(int descriptor) noexcept {
#ifdef __linux__
  // What fails is told by the sync.
  [[maybe_unused]] const int begun = ::sync_file_range(descriptor, 0, 0, SYNC_FILE_RANGE_WRITE);
#endif
}

class SystemOutputFile final : public OutputFile {
 public:
  SystemOutputFile(FileDescriptor file, fs::path path) noexcept : file_(std::move(file)), path_(std::move(path)) {}

  Expected<> append(std::span<const std::byte> bytes) override {
    while (bytes.size() > write_behind_bytes) {
      if (const auto written = write_all(file_.get(), bytes.first(write_behind_bytes), path_); !written) return written;
      bytes = bytes.subspan(write_behind_bytes);
      begin_writing_out(file_.get());
    }
    return write_all(file_.get(), bytes, path_);
  }
  Expected<> sync() override {
    if (uninterrupted([&] { return ::fdatasync(file_.get()); }) != 0) return sync_failure(path_);
    return {};
  }
  Expected<> truncate(std::uint64_t bytes) override {
    if (uninterrupted([&] { return ::ftruncate(file_.get(), static_cast<off_t>(bytes)); }) != 0)
      return system_failure(path_, "cannot be cut");
    return {};
  }

 private:
  FileDescriptor file_;
  fs::path path_;
};

class SystemInputFile final : public InputFile {
 public:
  SystemInputFile(FileDescriptor file, fs::path path) noexcept : file_(std::move(file)), path_(std::move(path)) {}

  Expected<std::uint64_t> size() const override {
    const auto size = regular_file_size(file_.get());
    if (!size) return fail(ErrorCode::io_error, path_.native(), ": is not a regular file");
    return *size;
  }
  Expected<std::size_t> read(std::uint64_t offset, std::span<std::byte> bytes) const override {
    std::size_t done = 0;
    while (done < bytes.size()) {
      const ssize_t step = uninterrupted([&] {
        return ::pread(file_.get(), bytes.data() + done, bytes.size() - done, static_cast<off_t>(offset + done));
      });
      if (step < 0) return system_failure(path_, "cannot be read");
      if (step == 0) break;
      done += static_cast<std::size_t>(step);
    }
    return done;
  }

 private:
  FileDescriptor file_;
  fs::path path_;
};

class SystemFileLock final : public FileLock {
 public:
  explicit SystemFileLock(FileDescriptor file) noexcept : file_(std::move(file)) {}

 private:
  [[maybe_unused]] FileDescriptor file_;  // the lock ends when it is closed
};

class SystemFiles final : public FileSystem {
 public:
  Expected<std::unique_ptr<OutputFile>> create(const fs::path& path) override {
    auto file = open_file(path, O_WRONLY | O_APPEND | O_CREAT | O_EXCL);
    if (file.get() >= 0) return std::make_unique<SystemOutputFile>(std::move(file), path);
    if (errno == EEXIST) return fail(ErrorCode::invalid_argument, path.native(), ": is there already");
    return system_failure(path, "cannot be made");
  }

  Expected<std::unique_ptr<OutputFile>> open_to_append(const fs::path& path) override {
    auto file = open_file(path, O_WRONLY | O_APPEND);
    if (file.get() < 0) return system_failure(path, "cannot be opened");
    return std::make_unique<SystemOutputFile>(std::move(file), path);
  }

  Expected<std::unique_ptr<InputFile>> open_to_read(const fs::path& path) override {
    auto file = open_file(path, O_RDONLY);
    if (file.get() < 0) return system_failure(path, "cannot be opened");
    auto input = std::make_unique<SystemInputFile>(std::move(file), path);
    if (const auto size = input->size(); !size) return std::unexpected(size.error());
    return input;
  }

  Expected<> rename(const fs::path& from, const fs::path& to) override {
    if (::rename(from.c_str(), to.c_str()) != 0) return system_failure(to, "cannot be put in place");
    return {};
  }

  Expected<> remove(const fs::path& file) override {
    if (::unlink(file.c_str()) != 0) return system_failure(file, "cannot be removed");
    return {};
  }

  Expected<> make_folder(const fs::path& path) override {
    if (::mkdir(path.c_str(), 0777) == 0) return {};
    const int reason = errno;
    std::error_code ignored;
    if (reason == EEXIST && fs::is_directory(path, ignored)) return {};
    errno = reason;
    return system_failure(path, "cannot be made");
  }

  Expected<> sync_folder(const fs::path& folder) override {
    const auto descriptor = open_file(folder, O_RDONLY | O_DIRECTORY);
    if (descriptor.get() < 0) return system_failure(folder, "cannot be opened");
    if (uninterrupted([&] { return ::fsync(descriptor.get()); }) != 0) return sync_failure(folder);
    return {};
  }

  Expected<std::vector<std::string>> list(const fs::path& folder) override {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error))
      names.push_back(entry->path().filename().native());
    if (error) {
      errno = error.value();
      return system_failure(folder, "cannot be listed");
    }
    std::ranges::sort(names);
    return names;
  }

  Expected<FileKind> kind(const fs::path& path) override {
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) {
      if (errno == ENOENT || errno == ENOTDIR) return FileKind::none;
      return system_failure(path, "cannot be looked at");
    }
    if (S_ISREG(status.st_mode)) return FileKind::regular;
    return S_ISDIR(status.st_mode) ? FileKind::folder : FileKind::other;
  }

  Expected<std::unique_ptr<FileLock>> lock(const fs::path& path) override {
    auto file = open_file(path, O_RDWR | O_CREAT);
    if (file.get() < 0) return system_failure(path, "cannot be opened");
    if (uninterrupted([&] { return ::flock(file.get(), LOCK_EX | LOCK_NB); }) == 0)
      return std::make_unique<SystemFileLock>(std::move(file));
    if (errno == EWOULDBLOCK) return nullptr;
    return system_failure(path, "cannot be locked");
  }
};

}  // namespace

FileSystem& system_files() noexcept {
  static SystemFiles files;
  return files;
}

fs::path folder_of(const fs::path& path) { return path.has_parent_path() ? path.parent_path() : fs::path("."); }

Expected<FileBytes> read_file(const fs::path& path, FileSystem& files) {
  const auto input = files.open_to_read(path);
  if (!input) return std::unexpected(input.error());
  const auto size = (*input)->size();
  if (!size) return std::unexpected(size.error());
  FileBytes bytes{.memory = std::make_unique_for_overwrite<std::byte[]>(*size)};
  const auto count = (*input)->read(0, {bytes.memory.get(), *size});
  if (!count) return std::unexpected(count.error());
  bytes.size = *count;
  return bytes;
}

Expected<> make_durable_folder(FileSystem& files, const fs::path& folder) {
  if (!folder.has_filename()) {  // "/", "", or a name that ends in a slash
    const fs::path above = folder.parent_path();
    return above == folder ? Expected<>() : make_durable_folder(files, above);
  }
  const auto kind = files.kind(folder);
  if (!kind) return std::unexpected(kind.error());
  if (*kind == FileKind::folder) {
    // One that lies in a folder that may not be read is none of ours, and as durable as it will ever be.
    [[maybe_unused]] const auto synced = files.sync_folder(folder_of(folder));
    return {};
  }
  if (auto made = make_durable_folder(files, folder.parent_path()); !made) return made;
  if (auto made = files.make_folder(folder); !made) return made;
  return files.sync_folder(folder_of(folder));
}

}  // namespace gaugeline::formats
