#include "open_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace gaugeline::stream {
namespace {

std::unexpected<Error> failed(const std::string& what) {
  const auto code = errno == ENOENT ? ErrorCode::not_found : ErrorCode::io_error;
  return fail(code, what, ": ", std::system_category().message(errno));
}

}  // namespace

Expected<std::shared_ptr<const OpenFile>> OpenFile::open(const std::filesystem::path& path) {
  const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return failed(path.native());
  struct stat status{};
  const bool told = ::fstat(descriptor, &status) == 0;
  std::shared_ptr<const OpenFile> file(new OpenFile(descriptor, static_cast<std::uint64_t>(status.st_size)));
  if (!told) return failed(path.native());
  if (!S_ISREG(status.st_mode)) return fail(ErrorCode::io_error, path.native(), ": is not a regular file");
  return file;
}

OpenFile::~OpenFile() { ::close(descriptor_); }

Expected<> OpenFile::read(std::uint64_t offset, std::span<std::byte> buffer) const {
  while (!buffer.empty()) {
    const auto size = ::pread(descriptor_, buffer.data(), buffer.size(), static_cast<off_t>(offset));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return failed("cannot read");
    if (size == 0) return fail(ErrorCode::io_error, "the file ends at byte ", offset);
    offset += static_cast<std::uint64_t>(size);
    buffer = buffer.subspan(static_cast<std::size_t>(size));
  }
  return {};
}

}  // namespace gaugeline::stream
