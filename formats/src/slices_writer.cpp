#include <unistd.h>

#include <limits>
#include <utility>

#include <gaugeline/formats/atomic_file.hpp>
#include <gaugeline/formats/slices_file.hpp>

#include "file_descriptor.hpp"
#include "record.hpp"
#include "slices_format.hpp"

namespace gaugeline::formats {
namespace {

class StandardOutput final : public ByteSink {
 public:
  Expected<> write(std::span<const std::byte> bytes) override {
    return write_all(STDOUT_FILENO, bytes, "standard output");
  }
};

}  // namespace

struct SlicesWriter::Impl {
  Impl(const std::filesystem::path& where, Effort how) : path(where), effort(how) {}

  ByteSink& sink() noexcept { return file ? static_cast<ByteSink&>(*file) : output; }

  Expected<> write_record(RecordHeader header, std::span<const std::byte> payload) {
    auto written = sink().write(header.sealed(payload));
    if (written) written = sink().write(payload);
    closed = closed || !written;  // half a record may have gone out: nothing can follow it
    return written;
  }

  std::filesystem::path path;
  Effort effort;
  std::optional<AtomicFile> file;  // none: standard output
  StandardOutput output;
  std::uint32_t count = 0;
  Time last_begin = Time::min();
  bool closed = false;
};

SlicesWriter::SlicesWriter(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
SlicesWriter::SlicesWriter(SlicesWriter&&) noexcept = default;
SlicesWriter& SlicesWriter::operator=(SlicesWriter&&) noexcept = default;
SlicesWriter::~SlicesWriter() = default;

Expected<SlicesWriter> SlicesWriter::create(const std::filesystem::path& path, Effort effort) {
  auto impl = std::make_unique<Impl>(path, effort);
  if (path != "-") {
    auto file = AtomicFile::create(path);
    if (!file) return std::unexpected(file.error());
    impl->file.emplace(std::move(*file));
  }
  if (const auto written = impl->sink().write(slices_file.header()); !written) return std::unexpected(written.error());
  return SlicesWriter(std::move(impl));
}

Expected<> SlicesWriter::append(const SliceView& slice) {
  if (impl_->closed) return fail(ErrorCode::invalid_argument, impl_->path.native(), ": is finished, or a write failed");
  if (impl_->count == std::numeric_limits<std::uint32_t>::max())
    return fail(ErrorCode::capacity_exceeded, impl_->path.native(), ": no more than 2^32 - 1 slices fit in one file");
  if (slice.interval.begin < impl_->last_begin)
    return fail(ErrorCode::out_of_order, impl_->path.native(), ": slice ", impl_->count,
                " begins before the slice before it");
  const auto raw = encode_slice(slice);
  if (!raw) return std::unexpected(raw.error());
  // Beyond level 9 time grows much faster than files shrink (docs/formats.md).
  const auto payload = compressed(*raw, impl_->effort == Effort::small ? 9 : 1);
  if (!payload) return std::unexpected(payload.error());
  const RecordHeader header{.kind = RecordKind::slice,
                            .compressed_bytes = static_cast<std::uint32_t>(payload->size()),
                            .raw_bytes = static_cast<std::uint32_t>(raw->size()),
                            .index = impl_->count};
  if (auto written = impl_->write_record(header, *payload); !written) return written;
  ++impl_->count;
  impl_->last_begin = slice.interval.begin;
  return {};
}

Expected<> SlicesWriter::finish() {
  if (impl_->closed) return fail(ErrorCode::invalid_argument, impl_->path.native(), ": is finished, or a write failed");
  if (auto written = impl_->write_record({.kind = RecordKind::end, .index = impl_->count}, {}); !written)
    return written;
  impl_->closed = true;
  return impl_->file ? impl_->file->commit() : Expected<>();
}

}  // namespace gaugeline::formats
