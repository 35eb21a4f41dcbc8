// The bytes of one segment of a journal: a header, then records (docs/formats.md).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/file_system.hpp>
#include <gaugeline/formats/journal.hpp>

namespace gaugeline::formats {

inline constexpr std::uint32_t journal_format_version = 1;
inline constexpr std::size_t segment_header_bytes = 32;
inline constexpr std::size_t journal_record_header_bytes = 32;

[[nodiscard]] std::string segment_name(std::uint64_t first);
[[nodiscard]] std::optional<std::uint64_t> segment_first(const std::string& name);  // nullopt: not a segment's name

[[nodiscard]] std::array<std::byte, segment_header_bytes> segment_header(std::uint64_t first) noexcept;
// The number of the first record. The bytes may be fewer than a header's.
[[nodiscard]] Expected<std::uint64_t> read_segment_header(std::span<const std::byte> bytes) noexcept;

struct JournalRecordHeader {
  std::uint32_t length = 0;  // of the body
  std::uint32_t kind = 0;
  std::uint64_t number = 0;
  std::uint64_t durable = 0;   // the last record that was synced when this one was appended
  std::uint64_t checksum = 0;  // XXH3-64 of the 24 bytes before it and the body

  using Bytes = std::array<std::byte, journal_record_header_bytes>;
  // With the checksum of these fields and `body` (the one in the header is not used).
  [[nodiscard]] Bytes sealed(std::span<const std::byte> body) const noexcept;
  [[nodiscard]] static JournalRecordHeader parse(std::span<const std::byte> bytes) noexcept;
  [[nodiscard]] bool fits(std::span<const std::byte> body) const noexcept;
};

// Reads a segment from its beginning to `size`, a record at a time.
class SegmentReader {
 public:
  [[nodiscard]] static Expected<SegmentReader> open(FileSystem& files, const std::filesystem::path& path,
                                                    std::size_t max_record_bytes);

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  void end_at(std::uint64_t size) noexcept { size_ = size; }
  // Where the next record begins, or the one that could not be read.
  [[nodiscard]] std::uint64_t offset() const noexcept { return offset_; }

  // Comes before the records. bad_data and checksum_mismatch: it is damaged, or was not written whole.
  [[nodiscard]] Expected<std::uint64_t> read_header();

  // The next record, which has to be `number`; nullopt at the end. bad_data and checksum_mismatch: there is no whole
  // record here. out_of_order: there is another one. capacity_exceeded: it is over the limit.
  [[nodiscard]] Expected<std::optional<JournalRecord>> next(std::uint64_t number);

  // After next(number) has found no whole record: one behind it that was written when `number` was on disk.
  [[nodiscard]] Expected<std::optional<JournalRecord>> witness(std::uint64_t number);

 private:
  SegmentReader(std::unique_ptr<InputFile> input, std::filesystem::path path, std::size_t max_record_bytes,
                std::uint64_t size) noexcept
      : input_(std::move(input)), path_(std::move(path)), max_record_bytes_(max_record_bytes), size_(size) {}

  // The bytes at `offset`: as many as asked, or up to the end. They stay until the next call.
  [[nodiscard]] Expected<std::span<const std::byte>> bytes(std::uint64_t offset, std::size_t count);
  [[nodiscard]] Error located(const Error& error) const;

  std::unique_ptr<InputFile> input_;
  std::filesystem::path path_;
  std::size_t max_record_bytes_;
  std::uint64_t size_;
  std::uint64_t first_ = 0;  // from read_header() on
  std::uint64_t offset_ = 0;
  std::unique_ptr<std::byte[]> buffer_;
  std::size_t buffer_capacity_ = 0;
  std::uint64_t buffered_from_ = 0;
  std::size_t buffered_ = 0;
};

}  // namespace gaugeline::formats
