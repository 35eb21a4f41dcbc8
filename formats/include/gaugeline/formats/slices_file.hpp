// .slices: a file of many slices in the order of time, each compressed by zstd and guarded by a checksum. Byte level:
// docs/formats.md. A change of any byte, and a cut at any place, is detected.
//
// Thread-safety: none; each writer or reader belongs to one thread at a time. One slice is in memory at a time.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/slice_codec.hpp>

namespace gaugeline::formats {

enum class Effort {
  small,  // a file to keep: beyond zstd's level 9 time grows much faster than files shrink (docs/formats.md)
  quick,  // one that is read once: level 1
};

// Writes to a temporary file beside `path`; finish() syncs it and puts it in place. Without finish() nothing is left.
// "-" is standard output, which gets each slice as it is appended.
class SlicesWriter {
 public:
  [[nodiscard]] static Expected<SlicesWriter> create(const std::filesystem::path& path, Effort effort = Effort::small);
  SlicesWriter(SlicesWriter&&) noexcept;
  SlicesWriter& operator=(SlicesWriter&&) noexcept;
  ~SlicesWriter();
  // Slices come by the time they begin, else ErrorCode::out_of_order. A slice that is refused leaves the file as it
  // was.
  [[nodiscard]] Expected<> append(const SliceView& slice);
  [[nodiscard]] Expected<> finish();

 private:
  struct Impl;
  explicit SlicesWriter(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

class SlicesReader {
 public:
  // "-" is standard input. Checks the file's header and, of a regular file, its end record, which counts the slices.
  [[nodiscard]] static Expected<SlicesReader> open(const std::filesystem::path& path, const SliceLimits& limits = {});
  SlicesReader(SlicesReader&&) noexcept;
  SlicesReader& operator=(SlicesReader&&) noexcept;
  ~SlicesReader();
  // The next slice, checked; nullopt at the end of the file. Errors name the file, the slice's index and its offset.
  // After a slice with bad content the next one can be read; after damage to the file the error stays.
  [[nodiscard]] Expected<std::optional<SliceData>> next();
  // The same as the bytes of its FlatBuffer, checked by decode_slice too: what a sender puts on the wire.
  [[nodiscard]] Expected<std::optional<std::vector<std::byte>>> next_encoded();
  [[nodiscard]] std::optional<std::uint64_t> count() const noexcept;  // of slices; nullopt for standard input

 private:
  struct Impl;
  explicit SlicesReader(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

// A digest of the file's content (XXH3, 128 bits, as 32 hexadecimal digits): what `send` calls its source.
[[nodiscard]] Expected<std::string> content_digest(const std::filesystem::path& path);

}  // namespace gaugeline::formats
