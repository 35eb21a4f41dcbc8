#include "file_descriptor.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace gaugeline::formats {
namespace {

ErrorCode error_code(int number) noexcept {
  switch (number) {
    case ENOENT:
      return ErrorCode::not_found;
    case ENOSPC:
    case EDQUOT:
      return ErrorCode::no_space;
    default:
      return ErrorCode::io_error;
  }
}

}  // namespace

std::unexpected<Error> system_failure(const std::filesystem::path& path, std::string_view what) {
  const int number = errno;
  return fail(error_code(number), path.native(), ": ", what, ": ", std::generic_category().message(number));
}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    const FileDescriptor old(std::exchange(descriptor_, other.release()));
  }
  return *this;
}

FileDescriptor::~FileDescriptor() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

int FileDescriptor::release() noexcept { return std::exchange(descriptor_, -1); }

Expected<FileDescriptor> FileDescriptor::open_to_read(const std::filesystem::path& path) {
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return system_failure(path, "cannot be opened");
  return file;
}

Expected<std::size_t> read_up_to(int descriptor, std::span<std::byte> bytes, const std::filesystem::path& path) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const ssize_t step = ::read(descriptor, bytes.data() + done, bytes.size() - done);
    if (step == 0) break;
    if (step > 0) {
      done += static_cast<std::size_t>(step);
    } else if (errno != EINTR) {
      return system_failure(path, "cannot be read");
    }
  }
  return done;
}

Expected<> write_all(int descriptor, std::span<const std::byte> bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t step = ::write(descriptor, bytes.data(), bytes.size());
    if (step >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(step));
    } else if (errno != EINTR) {
      return system_failure(path, "cannot be written");
    }
  }
  return {};
}

std::optional<std::uint64_t> regular_file_size(int descriptor) noexcept {
  struct stat status{};
  if (::fstat(descriptor, &status) != 0 || !S_ISREG(status.st_mode)) return std::nullopt;
  return static_cast<std::uint64_t>(status.st_size);
}

}  // namespace gaugeline::formats
