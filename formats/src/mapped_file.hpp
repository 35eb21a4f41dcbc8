// The bytes of a regular file, mapped for reading.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <utility>
#include <vector>

#include <gaugeline/error.hpp>

#include "file_descriptor.hpp"

namespace gaugeline::formats {

class MappedFile {
 public:
  [[nodiscard]] static Expected<MappedFile> open(const std::filesystem::path& path);
  MappedFile(MappedFile&& other) noexcept
      : descriptor_(std::move(other.descriptor_)), bytes_(std::exchange(other.bytes_, {})) {}
  MappedFile& operator=(MappedFile&&) = delete;
  ~MappedFile();

  [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return bytes_; }
  // A copy of bytes that are there. For the few that are read once: to touch a page of a map costs more than to read
  // it.
  [[nodiscard]] Expected<std::vector<std::byte>> read(std::uint64_t offset, std::uint64_t count) const;
  // The last read() has been: the map needs no descriptor.
  void close() noexcept { descriptor_ = {}; }
  // All of it is going to be read, from the front.
  void read_ahead() const noexcept;

 private:
  MappedFile(FileDescriptor descriptor, std::span<const std::byte> bytes) noexcept
      : descriptor_(std::move(descriptor)), bytes_(bytes) {}
  FileDescriptor descriptor_;
  std::span<const std::byte> bytes_;
};

}  // namespace gaugeline::formats
