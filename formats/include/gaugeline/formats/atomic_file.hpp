// A file that is either there whole or not there at all: written under a temporary name beside its place, synced,
// renamed, and its folder synced.
//
//   auto file = AtomicFile::create("out.slices");
//   if (auto written = file->write(bytes); !written) return written;  // on the way out the temporary file goes
//   return file->commit();                                            // now "out.slices" is there, and stays
//
// Errors: those of FileSystem; invalid_argument where the path is a folder or a device. Thread-safety: none; different
// files are independent.
#pragma once

#include <filesystem>
#include <memory>
#include <span>
#include <string_view>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/file_system.hpp>
#include <gaugeline/formats/snapshot.hpp>

namespace gaugeline::formats {

// How the names of temporary files begin, so that those that a crash has left can be told.
inline constexpr std::string_view temporary_file_prefix = ".tmp-";

// Removes those of a folder. One that cannot be removed does no harm, and is tried again the next time.
[[nodiscard]] Expected<> remove_temporary_files(const std::filesystem::path& folder, FileSystem& files);

class AtomicFile final : public ByteSink {
 public:
  [[nodiscard]] static Expected<AtomicFile> create(const std::filesystem::path& path,
                                                   FileSystem& files = system_files());
  AtomicFile(AtomicFile&& other) noexcept = default;
  AtomicFile& operator=(AtomicFile&& other) noexcept;
  ~AtomicFile() override;  // removes the temporary file unless commit() has put it in place
  [[nodiscard]] Expected<> write(std::span<const std::byte> bytes) override;
  [[nodiscard]] Expected<> commit();

 private:
  AtomicFile(FileSystem& files, std::filesystem::path path, std::filesystem::path temporary,
             std::unique_ptr<OutputFile> output) noexcept;
  void discard() noexcept;
  [[nodiscard]] std::unexpected<Error> closed() const noexcept;
  FileSystem* files_;
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  std::unique_ptr<OutputFile> output_;  // none: committed, or given up
};

}  // namespace gaugeline::formats
