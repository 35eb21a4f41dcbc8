#include <unistd.h>

#include <string>
#include <utility>

#include <gaugeline/formats/slices_file.hpp>

#include "checksum.hpp"
#include "file_descriptor.hpp"
#include "record.hpp"
#include "slices_format.hpp"

namespace gaugeline::formats {
struct SlicesReader::Impl {
  Impl(const std::filesystem::path& where, const SliceLimits& most) : path(where), limits(most) {}

  [[nodiscard]] int descriptor() const noexcept { return file.get() < 0 ? STDIN_FILENO : file.get(); }

  Expected<> read_exactly(std::span<std::byte> bytes) {
    const auto count = read_up_to(descriptor(), bytes, path);
    if (!count) return std::unexpected(count.error());
    offset += *count;
    if (*count == bytes.size()) return {};
    return fail(ErrorCode::bad_data, path.native(), ": is cut off at offset ", offset);
  }

  Expected<> read_file_header() {
    std::array<std::byte, record_file_header_bytes> header;
    if (auto read = read_exactly(header); !read) return read;
    if (const auto ok = slices_file.check_header(header); !ok) return std::unexpected(ok.error().within(path.native()));
    return {};
  }

  // Reads the end record, where the file is a regular one, and goes back.
  Expected<> read_count() {
    const auto size = regular_file_size(descriptor());
    if (!size) return {};
    std::array<std::byte, record_header_bytes> bytes;
    const auto place = static_cast<off_t>(*size - record_header_bytes);
    if (*size < record_file_header_bytes + record_header_bytes ||
        ::pread(descriptor(), bytes.data(), bytes.size(), place) != static_cast<ssize_t>(bytes.size()))
      return no_end_record();
    const auto end = RecordHeader::parse(bytes);
    if (end.kind != RecordKind::end || !end.check(RecordKind::slice, end.index, limits.bytes) || !end.check_payload({}))
      return no_end_record();
    slices = end.index;
    return {};
  }

  [[nodiscard]] Expected<> no_end_record() const {
    return fail(ErrorCode::bad_data, path.native(), ": does not end with an end record: it is cut off or damaged");
  }

  // The next slice's FlatBuffer, not yet decoded; nullopt at the end record.
  Expected<std::optional<Buffer>> next_payload() {
    if (ended) return std::nullopt;
    if (failure) return std::unexpected(*failure);
    record_offset = offset;
    auto payload = read_record();
    // What follows a record that cannot be trusted has no known place.
    if (!payload) failure = payload.error();
    return payload;
  }

  Expected<std::optional<Buffer>> read_record() {
    std::array<std::byte, record_header_bytes> bytes;
    if (const auto read = read_exactly(bytes); !read) return std::unexpected(read.error());
    const auto header = RecordHeader::parse(bytes);
    if (const auto ok = header.check(RecordKind::slice, index, limits.bytes); !ok)
      return std::unexpected(located(ok.error()));
    const Buffer payload(header.compressed_bytes);
    if (const auto read = read_exactly(payload.span()); !read) return std::unexpected(read.error());
    if (const auto ok = header.check_payload(payload.span()); !ok) return std::unexpected(located(ok.error()));
    if (header.kind == RecordKind::end) return read_end();
    auto raw = decompressed(payload.span(), header.raw_bytes);
    if (!raw) return std::unexpected(located(raw.error()));
    ++index;
    return std::optional(std::move(*raw));
  }

  Expected<std::optional<Buffer>> read_end() {
    std::array<std::byte, 1> more;
    const auto count = read_up_to(descriptor(), more, path);
    if (!count) return std::unexpected(count.error());
    if (*count != 0)
      return fail(ErrorCode::bad_data, path.native(), ": there are bytes after the end record, at offset ", offset);
    ended = true;
    return std::nullopt;
  }

  Expected<SliceData> decode(std::span<const std::byte> payload) const {
    auto slice = decode_slice(payload, limits);
    if (!slice) return std::unexpected(located(slice.error(), index - 1));
    return slice;
  }

  [[nodiscard]] Error located(const Error& error, std::uint32_t slice) const {
    return error.within(path.native() + ": slice " + std::to_string(slice) + " at offset " +
                        std::to_string(record_offset));
  }
  [[nodiscard]] Error located(const Error& error) const { return located(error, index); }

  std::filesystem::path path;
  SliceLimits limits;
  FileDescriptor file;  // none: standard input
  std::optional<std::uint64_t> slices;
  std::uint64_t offset = 0;
  std::uint64_t record_offset = 0;
  std::uint32_t index = 0;  // of the next slice
  bool ended = false;
  std::optional<Error> failure;
};

SlicesReader::SlicesReader(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
SlicesReader::SlicesReader(SlicesReader&&) noexcept = default;
SlicesReader& SlicesReader::operator=(SlicesReader&&) noexcept = default;
SlicesReader::~SlicesReader() = default;

Expected<SlicesReader> SlicesReader::open(const std::filesystem::path& path, const SliceLimits& limits) {
  auto impl = std::make_unique<Impl>(path == "-" ? "standard input" : path, limits);
  if (path != "-") {
    auto file = FileDescriptor::open_to_read(path);
    if (!file) return std::unexpected(file.error());
    impl->file = std::move(*file);
  }
  if (const auto ok = impl->read_file_header(); !ok) return std::unexpected(ok.error());
  if (path != "-") {
    if (const auto ok = impl->read_count(); !ok) return std::unexpected(ok.error());
  }
  return SlicesReader(std::move(impl));
}

Expected<std::optional<SliceData>> SlicesReader::next() {
  const auto payload = impl_->next_payload();
  if (!payload) return std::unexpected(payload.error());
  if (!*payload) return std::nullopt;
  auto slice = impl_->decode((*payload)->span());
  if (!slice) return std::unexpected(slice.error());
  return std::optional(std::move(*slice));
}

Expected<std::optional<std::vector<std::byte>>> SlicesReader::next_encoded() {
  const auto payload = impl_->next_payload();
  if (!payload) return std::unexpected(payload.error());
  if (!*payload) return std::nullopt;
  const auto bytes = (*payload)->span();
  if (const auto slice = impl_->decode(bytes); !slice) return std::unexpected(slice.error());
  return std::vector<std::byte>(bytes.begin(), bytes.end());
}

std::optional<std::uint64_t> SlicesReader::count() const noexcept { return impl_->slices; }

Expected<std::string> content_digest(const std::filesystem::path& path) {
  const auto file = FileDescriptor::open_to_read(path);
  if (!file) return std::unexpected(file.error());
  constexpr std::size_t block_bytes = std::size_t{1} << 18U;
  const Buffer block(block_bytes);
  Digest digest;
  for (;;) {
    const auto count = read_up_to(file->get(), block.span(), path);
    if (!count) return std::unexpected(count.error());
    digest.update(block.span().first(*count));
    if (*count < block_bytes) return digest.hexadecimal();
  }
}

}  // namespace gaugeline::formats
