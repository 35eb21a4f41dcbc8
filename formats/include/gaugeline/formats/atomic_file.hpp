// A file that is either there whole or not there at all: written under a temporary name beside its place, synced,
// renamed, and its folder synced.
//
//   auto file = AtomicFile::create("out.slices");
//   if (auto written = file->write(bytes); !written) return written;  // on the way out the temporary file goes
//   return file->commit();                                            // now "out.slices" is there, and stays
//
// Errors: io_error (not_found where a folder is missing) with the path and the operating system's reason;
// invalid_argument where the path is a folder or a device. Thread-safety: none; different files are independent.
#pragma once

#include <filesystem>
#include <span>
#include <string_view>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/snapshot.hpp>

namespace gaugeline::formats {

// How the names of temporary files begin, so that those that a crash has left can be told.
inline constexpr std::string_view temporary_file_prefix = ".tmp-";

class AtomicFile final : public ByteSink {
 public:
  [[nodiscard]] static Expected<AtomicFile> create(const std::filesystem::path& path);
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&& other) noexcept;
  ~AtomicFile() override;  // removes the temporary file unless commit() has put it in place
  [[nodiscard]] Expected<> write(std::span<const std::byte> bytes) override;
  [[nodiscard]] Expected<> commit();

 private:
  AtomicFile(std::filesystem::path path, std::filesystem::path temporary, int descriptor) noexcept;
  void discard() noexcept;
  [[nodiscard]] std::unexpected<Error> closed() const noexcept;
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  int descriptor_ = -1;
};

}  // namespace gaugeline::formats
