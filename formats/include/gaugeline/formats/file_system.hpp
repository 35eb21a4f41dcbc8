// What gaugeline asks of the disk. Everything here that writes files takes a FileSystem, so that a test can put a
// simulated disk in the place of the real one, and crash it.
//
// What is durable, that is, there after a loss of power:
// - the bytes of a file up to the last sync() of it;
// - the entries of a folder (files and folders made, renamed, removed) up to the last sync_folder() of it.
// Of what came later any part may be there, in files also with other bytes in its place. A rename is there whole or not
// at all.
//
// Errors name the path and give the operating system's reason:
// - no_space: the disk, or the user's share of it, is full. The same call may succeed once there is room.
// - not_found: there is no such file, or no such folder for it.
// - io_error: anything else. After a sync that has failed nobody knows what is on disk; syncing again, or writing on,
//   would only seem to succeed.
//
// Calls that a signal interrupts, or that move fewer bytes than asked, go on. Thread-safety: a FileSystem may be used
// by several threads at once, an open file by one at a time. A FileSystem outlives what it has opened.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <gaugeline/error.hpp>

namespace gaugeline::formats {

class OutputFile {
 public:
  virtual ~OutputFile() = default;
  // At the end of the file. After an error any part of the bytes may be there; truncate() takes it away.
  [[nodiscard]] virtual Expected<> append(std::span<const std::byte> bytes) = 0;
  [[nodiscard]] virtual Expected<> sync() = 0;  // never no_space
  [[nodiscard]] virtual Expected<> truncate(std::uint64_t bytes) = 0;
};

class InputFile {
 public:
  virtual ~InputFile() = default;
  [[nodiscard]] virtual Expected<std::uint64_t> size() const = 0;
  // Returns how many bytes were read: fewer than asked only where the file ends.
  [[nodiscard]] virtual Expected<std::size_t> read(std::uint64_t offset, std::span<std::byte> bytes) const = 0;
};

// Ends with this object, or with the process, however that ends.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

enum class FileKind { none, regular, folder, other };

class FileSystem {
 public:
  virtual ~FileSystem() = default;

  // A file that was not there; invalid_argument if something of that name is.
  [[nodiscard]] virtual Expected<std::unique_ptr<OutputFile>> create(const std::filesystem::path& path) = 0;
  // A file that is there.
  [[nodiscard]] virtual Expected<std::unique_ptr<OutputFile>> open_to_append(const std::filesystem::path& path) = 0;
  // A regular file that is there. It stays readable, as it is, when another is renamed to its name.
  [[nodiscard]] virtual Expected<std::unique_ptr<InputFile>> open_to_read(const std::filesystem::path& path) = 0;

  // Replaces a file by a file, and an empty folder by a folder.
  [[nodiscard]] virtual Expected<> rename(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
  [[nodiscard]] virtual Expected<> remove(const std::filesystem::path& file) = 0;
  // No error if the folder is there already.
  [[nodiscard]] virtual Expected<> make_folder(const std::filesystem::path& path) = 0;
  [[nodiscard]] virtual Expected<> sync_folder(const std::filesystem::path& folder) = 0;
  // The names in it, sorted, without "." and "..".
  [[nodiscard]] virtual Expected<std::vector<std::string>> list(const std::filesystem::path& folder) = 0;
  // Of what a symbolic link leads to.
  [[nodiscard]] virtual Expected<FileKind> kind(const std::filesystem::path& path) = 0;
  // Makes the file if it is missing; nullptr if another holds the lock, in this process or another.
  [[nodiscard]] virtual Expected<std::unique_ptr<FileLock>> lock(const std::filesystem::path& path) = 0;
};

// The disk of this machine.
[[nodiscard]] FileSystem& system_files() noexcept;

// "." for a path without a folder.
[[nodiscard]] std::filesystem::path folder_of(const std::filesystem::path& path);

// A whole file in memory.
struct FileBytes {
  std::unique_ptr<std::byte[]> memory;
  std::size_t size = 0;
  [[nodiscard]] std::span<const std::byte> span() const noexcept { return {memory.get(), size}; }
};
[[nodiscard]] Expected<FileBytes> read_file(const std::filesystem::path& path, FileSystem& files = system_files());

// Makes the folder, and those above it that are missing, from the outside in; each is durable before the next is made.
// A folder that is there already is made durable too: a process that was killed may have left it.
[[nodiscard]] Expected<> make_durable_folder(FileSystem& files, const std::filesystem::path& folder);

}  // namespace gaugeline::formats
