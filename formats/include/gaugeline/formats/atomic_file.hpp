// A file that is either there whole or not there at all: written under a temporary name beside its place, synced,
// renamed, and its folder synced.
#pragma once

#include <filesystem>
#include <span>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/snapshot.hpp>

namespace gaugeline::formats {

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
  std::filesystem::path path_;
  std::filesystem::path temporary_;
  int descriptor_ = -1;
};

}  // namespace gaugeline::formats
