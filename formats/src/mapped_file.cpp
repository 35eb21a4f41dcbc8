#include "mapped_file.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>

namespace gaugeline::formats {

Expected<MappedFile> MappedFile::open(const std::filesystem::path& path) {
  auto descriptor = FileDescriptor::open_to_read(path);
  if (!descriptor) return std::unexpected(descriptor.error());
  const auto size = regular_file_size(descriptor->get());
  if (!size) return fail(ErrorCode::io_error, path.native(), ": is not a regular file");
  if (*size == 0) return MappedFile(std::move(*descriptor), {});  // which cannot be mapped
  void* begin = ::mmap(nullptr, *size, PROT_READ, MAP_SHARED, descriptor->get(), 0);
  if (begin == MAP_FAILED) return system_failure(path, "cannot map");
  return MappedFile(std::move(*descriptor), {static_cast<const std::byte*>(begin), *size});
}

MappedFile::~MappedFile() {
  if (!bytes_.empty()) ::munmap(const_cast<std::byte*>(bytes_.data()), bytes_.size());
}

Expected<std::vector<std::byte>> MappedFile::read(std::uint64_t offset, std::uint64_t count) const {
  std::vector<std::byte> bytes(count);
  for (std::size_t done = 0; done < count;) {
    const auto read = ::pread(descriptor_.get(), bytes.data() + done, count - done, static_cast<off_t>(offset + done));
    if (read < 0 && errno == EINTR) continue;
    if (read < 0) return fail(ErrorCode::io_error, "offset ", offset, ": cannot be read");
    if (read == 0) return fail(ErrorCode::bad_data, "is cut off at offset ", offset + done);
    done += static_cast<std::size_t>(read);
  }
  return bytes;
}

void MappedFile::read_ahead() const noexcept {
  if (!bytes_.empty()) ::madvise(const_cast<std::byte*>(bytes_.data()), bytes_.size(), MADV_SEQUENTIAL);
}

}  // namespace gaugeline::formats
