#include "journal_segment.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string_view>
#include <utility>

#include "checksum.hpp"
#include "little_endian.hpp"

namespace gaugeline::formats {
namespace {

constexpr std::string_view segment_magic = "gaugejnl";
constexpr std::string_view extension = ".journal";
constexpr std::size_t name_digits = 20;  // those of 2^64 - 1
constexpr std::size_t header_checksum_offset = 24;
constexpr std::size_t record_checksum_offset = 24;
constexpr std::size_t block_bytes = std::size_t{64} << 10U;

}  // namespace

std::string segment_name(std::uint64_t first) {
  std::string digits = std::to_string(first);
  digits.insert(0, name_digits - digits.size(), '0');
  return digits.append(extension);
}

std::optional<std::uint64_t> segment_first(const std::string& name) {
  if (name.size() != name_digits + extension.size() || !name.ends_with(extension)) return std::nullopt;
  std::uint64_t first = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name_digits, first);
  const bool whole = error == std::errc() && end == name.data() + name_digits;
  return whole && first != 0 ? std::optional(first) : std::nullopt;
}

std::array<std::byte, segment_header_bytes> segment_header(std::uint64_t first) noexcept {
  std::array<std::byte, segment_header_bytes> bytes{};
  std::memcpy(bytes.data(), segment_magic.data(), segment_magic.size());
  store(bytes, 8, journal_format_version);
  store(bytes, 16, first);
  store(bytes, header_checksum_offset, checksum(std::span(bytes).first<header_checksum_offset>()));
  return bytes;
}

Expected<std::uint64_t> read_segment_header(std::span<const std::byte> bytes) noexcept {
  if (bytes.size() < segment_header_bytes)
    return fail(ErrorCode::bad_data, "the header of a journal's segment is cut off");
  if (std::memcmp(bytes.data(), segment_magic.data(), segment_magic.size()) != 0)
    return fail(ErrorCode::bad_data, "is not a segment of a journal: it does not begin with \"", segment_magic, "\"");
  if (checksum(bytes.first<header_checksum_offset>()) != load<std::uint64_t>(bytes, header_checksum_offset))
    return fail(ErrorCode::checksum_mismatch, "the header's checksum does not fit its bytes: it is damaged");
  const auto version = load<std::uint32_t>(bytes, 8);
  if (version != journal_format_version)
    return fail(ErrorCode::unsupported_version, "is a segment of a journal of format version ", version,
                ", but this program reads ", journal_format_version);
  return load<std::uint64_t>(bytes, 16);
}

JournalRecordHeader::Bytes JournalRecordHeader::sealed(std::span<const std::byte> body) const noexcept {
  Bytes bytes{};
  store(bytes, 0, length);
  store(bytes, 4, kind);
  store(bytes, 8, number);
  store(bytes, 16, durable);
  const std::array<std::span<const std::byte>, 2> summed{std::span(bytes).first<record_checksum_offset>(), body};
  store(bytes, record_checksum_offset, formats::checksum(summed));
  return bytes;
}

JournalRecordHeader JournalRecordHeader::parse(std::span<const std::byte> bytes) noexcept {
  return {.length = load<std::uint32_t>(bytes, 0),
          .kind = load<std::uint32_t>(bytes, 4),
          .number = load<std::uint64_t>(bytes, 8),
          .durable = load<std::uint64_t>(bytes, 16),
          .checksum = load<std::uint64_t>(bytes, record_checksum_offset)};
}

bool JournalRecordHeader::fits(std::span<const std::byte> body) const noexcept {
  return load<std::uint64_t>(sealed(body), record_checksum_offset) == checksum;
}

Expected<SegmentReader> SegmentReader::open(FileSystem& files, const std::filesystem::path& path,
                                            std::size_t max_record_bytes) {
  auto input = files.open_to_read(path);
  if (!input) return std::unexpected(input.error());
  const auto size = (*input)->size();
  if (!size) return std::unexpected(size.error());
  return SegmentReader(std::move(*input), path, max_record_bytes, *size);
}

Expected<std::span<const std::byte>> SegmentReader::bytes(std::uint64_t offset, std::size_t count) {
  count = static_cast<std::size_t>(std::min<std::uint64_t>(count, size_ - std::min(offset, size_)));
  if (offset < buffered_from_ || offset + count > buffered_from_ + buffered_) {
    const std::size_t wanted = std::max(count, block_bytes);
    if (buffer_capacity_ < wanted) {
      buffer_ = std::make_unique_for_overwrite<std::byte[]>(wanted);
      buffer_capacity_ = wanted;
    }
    const auto read = input_->read(offset, {buffer_.get(), wanted});
    buffered_from_ = offset;
    buffered_ = read.value_or(0);
    if (!read) return std::unexpected(read.error());
  }
  const std::span<const std::byte> found(buffer_.get(), buffered_);
  const auto rest = found.subspan(static_cast<std::size_t>(offset - buffered_from_));
  return rest.first(std::min(count, rest.size()));
}

Error SegmentReader::located(const Error& error) const {
  return error.within(path_.native() + ": offset " + std::to_string(offset_));
}

Expected<std::uint64_t> SegmentReader::read_header() {
  const auto header = bytes(0, segment_header_bytes);
  if (!header) return std::unexpected(header.error());
  const auto first = read_segment_header(*header);
  if (!first) return std::unexpected(located(first.error()));
  offset_ = segment_header_bytes;
  first_ = *first;
  return first;
}

Expected<std::optional<JournalRecord>> SegmentReader::next(std::uint64_t number) {
  if (offset_ == size_) return std::nullopt;
  const auto refuse = [&](ErrorCode code, const auto&... what) {
    return std::unexpected(located(Error(code, "record ", number, what...)));
  };
  auto found = bytes(offset_, journal_record_header_bytes);
  if (!found) return std::unexpected(found.error());
  if (found->size() < journal_record_header_bytes) return refuse(ErrorCode::bad_data, " is cut off");
  const auto header = JournalRecordHeader::parse(*found);
  if (header.length > size_ - offset_ - journal_record_header_bytes)
    return refuse(ErrorCode::bad_data, " is cut off, or no record begins here");
  if (header.length > max_record_bytes_) {
    if (header.number != number) return refuse(ErrorCode::bad_data, " does not begin here");
    return refuse(ErrorCode::capacity_exceeded, " has ", header.length, " bytes, but the limit is ", max_record_bytes_);
  }
  const std::size_t whole = journal_record_header_bytes + header.length;
  found = bytes(offset_, whole);
  if (!found) return std::unexpected(found.error());
  if (found->size() < whole) return refuse(ErrorCode::bad_data, " is cut off");
  const auto body = found->subspan(journal_record_header_bytes);
  if (!header.fits(body))
    return refuse(ErrorCode::checksum_mismatch, " is damaged: its checksum does not fit its bytes");
  if (header.number != number)
    return refuse(ErrorCode::out_of_order, " is due, but record ", header.number, " is here");
  const JournalPlace place{.number = number, .segment = first_, .offset = offset_};
  offset_ += whole;
  return JournalRecord{.number = number, .kind = header.kind, .body = body, .place = place};
}

Expected<std::optional<JournalRecord>> SegmentReader::witness(std::uint64_t number) {
  const std::uint64_t most_between = (size_ - offset_) / journal_record_header_bytes;
  for (std::uint64_t place = offset_ + 1; place + journal_record_header_bytes <= size_; ++place) {
    const auto found = bytes(place, journal_record_header_bytes);
    if (!found) return std::unexpected(found.error());
    if (found->size() < journal_record_header_bytes) break;
    const auto header = JournalRecordHeader::parse(*found);
    const bool plausible = header.number > number && header.number - number <= most_between &&
                           header.durable >= number && header.durable < header.number &&
                           header.length <= size_ - place - journal_record_header_bytes &&
                           header.length <= max_record_bytes_;
    if (!plausible) continue;
    const auto whole = bytes(place, journal_record_header_bytes + header.length);
    if (!whole) return std::unexpected(whole.error());
    const auto body = whole->subspan(journal_record_header_bytes);
    if (body.size() == header.length && header.fits(body))
      return JournalRecord{.number = header.number,
                           .kind = header.kind,
                           .body = body,
                           .place = {.number = header.number, .segment = first_, .offset = place}};
  }
  return std::nullopt;
}

}  // namespace gaugeline::formats
