// A file that is open for reading at any place, by any thread; it stays readable when its name goes.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>

#include <gaugeline/error.hpp>

namespace gaugeline::stream {

class OpenFile {
 public:
  // not_found if there is no such file; io_error if it is no regular one.
  [[nodiscard]] static Expected<std::shared_ptr<const OpenFile>> open(const std::filesystem::path& path);
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile();

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }  // when it was opened
  // Fills the buffer, or fails: io_error, also where the file ends before.
  [[nodiscard]] Expected<> read(std::uint64_t offset, std::span<std::byte> buffer) const;

 private:
  OpenFile(int descriptor, std::uint64_t size) noexcept : descriptor_(descriptor), size_(size) {}
  int descriptor_;
  std::uint64_t size_;
};

}  // namespace gaugeline::stream
