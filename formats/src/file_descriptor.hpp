// An open file of the operating system, for the FileSystem of this machine and for what may be a pipe. Calls that a
// signal interrupts, or that move fewer bytes than asked, go on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/snapshot.hpp>

namespace gaugeline::formats {

// "PATH: what: the operating system's reason", for the error number that a call has just left: not_found, no_space (a
// full disk or quota), or io_error.
[[nodiscard]] std::unexpected<Error> system_failure(const std::filesystem::path& path, std::string_view what);

class FileDescriptor {
 public:
  FileDescriptor() noexcept = default;
  explicit FileDescriptor(int descriptor) noexcept : descriptor_(descriptor) {}
  FileDescriptor(FileDescriptor&& other) noexcept : descriptor_(other.release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor();

  [[nodiscard]] static Expected<FileDescriptor> open_to_read(const std::filesystem::path& path);

  [[nodiscard]] int get() const noexcept { return descriptor_; }
  [[nodiscard]] int release() noexcept;

 private:
  int descriptor_ = -1;
};

// Reads until `bytes` are full or the file ends; returns how many were read.
[[nodiscard]] Expected<std::size_t> read_up_to(int descriptor, std::span<std::byte> bytes,
                                               const std::filesystem::path& path);
[[nodiscard]] Expected<> write_all(int descriptor, std::span<const std::byte> bytes, const std::filesystem::path& path);

// The size of a regular file; nullopt for anything else (a pipe, a terminal), which cannot be sought.
[[nodiscard]] std::optional<std::uint64_t> regular_file_size(int descriptor) noexcept;

}  // namespace gaugeline::formats
