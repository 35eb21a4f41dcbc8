#include <cmath>
#include <string>

#include "delta_format.hpp"
#include "flatbuffer.hpp"
#include "manifest.hpp"
#include "row_columns.hpp"

namespace gaugeline::formats {
namespace {

constexpr std::string_view head_name = "delta head", rows_name = "delta rows";

template <class Element>
std::size_t length(const flatbuffers::Vector<Element>* vector) noexcept {
  return vector == nullptr ? 0 : vector->size();
}

Expected<> check_columns(const schema::DeltaRows& rows) {
  if (length(rows.columns()) != column_count)
    return fail(ErrorCode::bad_data, rows_name, ": ", length(rows.columns()), " columns are not ", column_count);
  for (flatbuffers::uoffset_t c = 0; c < column_count; ++c) {
    const auto* column = rows.columns()->Get(c);
    const std::size_t bytes = length(column->planes());
    if (bytes != 0 && bytes != std::size_t{rows.row_count()} * sizeof(std::uint32_t))
      return fail(ErrorCode::bad_data, rows_name, ": columns[", c, "] has ", bytes, " bytes for ", rows.row_count(),
                  " rows");
    if (!std::isfinite(column->factor()) || column->factor() <= 0)
      return fail(ErrorCode::bad_data, rows_name, ": columns[", c, "]: the factor ", column->factor(),
                  " is not finite and > 0");
  }
  return {};
}

// Counts the rows that are not as in the base.
Expected<std::size_t> check_vectors(const schema::DeltaVectors* vectors, std::size_t rows, std::uint32_t dimension,
                                    std::string_view name) {
  if (vectors == nullptr) return std::size_t{0};
  const auto coding = elements(vectors->coding());
  if (!coding.empty() && coding.size() != rows)
    return fail(ErrorCode::bad_data, rows_name, ": ", name, ": coding has ", coding.size(), " entries for ", rows,
                " rows");
  std::size_t moved = 0;
  for (std::size_t row = 0; row < coding.size(); ++row) {
    if (coding[row] > 2)
      return fail(ErrorCode::bad_data, rows_name, ": ", name, ": row ", row, " has the unknown coding ", coding[row]);
    moved += coding[row] != 0 ? 1 : 0;
  }
  if (length(vectors->planes()) != moved * dimension * sizeof(std::uint32_t))
    return fail(ErrorCode::bad_data, rows_name, ": ", name, ": ", length(vectors->planes()), " bytes for ", moved,
                " rows of dimension ", dimension);
  return moved;
}

}  // namespace

DeltaReader::DeltaReader(std::span<const std::byte> file) noexcept : file_(file), offset_(record_file_header_bytes) {}

Expected<DeltaReader> DeltaReader::open(std::span<const std::byte> file) {
  if (const auto ok = delta_file.check_header(file); !ok) return std::unexpected(ok.error());
  return DeltaReader(file);
}

Expected<std::optional<Buffer>> DeltaReader::next() {
  record_offset_ = offset_;
  auto payload = read_record();
  if (!payload) return std::unexpected(payload.error().within("offset " + std::to_string(record_offset_)));
  return payload;
}

Expected<std::optional<Buffer>> DeltaReader::read_record() {
  const auto cut_off = [&] {
    return fail(ErrorCode::bad_data, "the delta is cut off: it has ", file_.size(), " bytes");
  };
  if (file_.size() - offset_ < record_header_bytes) return cut_off();
  const auto header = RecordHeader::parse(file_.subspan(offset_).first<record_header_bytes>());
  if (const auto ok = header.check(RecordKind::delta, index_, index_ == 0 ? most_head_bytes : most_rows_bytes); !ok)
    return std::unexpected(ok.error());
  offset_ += record_header_bytes;
  if (file_.size() - offset_ < header.compressed_bytes) return cut_off();
  const auto payload = file_.subspan(offset_, header.compressed_bytes);
  offset_ += header.compressed_bytes;
  if (const auto ok = header.check_payload(payload); !ok) return std::unexpected(ok.error());
  ++index_;
  if (header.kind == RecordKind::end) {
    if (offset_ != file_.size()) return fail(ErrorCode::bad_data, "there are bytes after the end record");
    return std::nullopt;
  }
  auto raw = decompressed(payload, header.raw_bytes);
  if (!raw) return std::unexpected(raw.error());
  return std::optional(std::move(*raw));
}

Expected<const schema::DeltaHead*> read_delta_head(const AlignedBytes& bytes) {
  const auto root = verified_root<schema::DeltaHead>(bytes, delta_head_identifier, "delta head");
  if (!root) return root;
  const schema::DeltaHead& head = **root;
  if (head.version() != delta_format_version)
    return fail(ErrorCode::unsupported_version, head_name, ": format version ", head.version(),
                ", but this program reads ", delta_format_version);
  if (head.manifest() == nullptr) return fail(ErrorCode::bad_data, head_name, ": the manifest is missing");
  if (head.tolerance_unit() > 1)
    return fail(ErrorCode::bad_data, head_name, ": the tolerance has the unknown unit ", head.tolerance_unit());
  if (!std::isfinite(head.tolerance()) || head.tolerance() < 0)
    return fail(ErrorCode::bad_data, head_name, ": the tolerance is ", head.tolerance(), ", not finite and >= 0");
  return root;
}

DeltaSummary summary_of(const schema::DeltaHead& head, const schema::Manifest& manifest) {
  return {.run = manifest.run()->str(),
          .base_slice = head.base_slice(),
          .slice = manifest.report()->slice(),
          .base_digest = head.base_digest(),
          .digest = head.digest(),
          .target_checksum = head.target_checksum(),
          .tolerance = {.amount = head.tolerance(), .unit = DeltaTolerance::Unit{head.tolerance_unit()}},
          .bytes = 0,
          .item_rows = head.item_rows(),
          .context_rows = head.context_rows()};
}

Expected<DeltaRowsView> read_delta_rows(const AlignedBytes& bytes, std::uint32_t dimension) {
  const auto root = verified_root<schema::DeltaRows>(bytes, schema::DeltaRowsIdentifier(), "delta rows");
  if (!root) return std::unexpected(root.error());
  const schema::DeltaRows& rows = **root;
  DeltaRowsView view{.rows = &rows, .count = rows.row_count()};
  // A row takes some bytes even if nothing is told of it: no record may claim more than it could hold.
  if (rows.side() > 1 || view.count == 0 || view.count > rows_record_bytes)
    return fail(ErrorCode::bad_data, rows_name, ": ", view.count, " rows of side ", rows.side());
  const auto base_rows = elements(rows.base_rows());
  if (!base_rows.empty() && base_rows.size() != view.count)
    return fail(ErrorCode::bad_data, rows_name, ": base_rows has ", base_rows.size(), " entries for ", view.count,
                " rows");
  for (const RowIndex row : base_rows) view.new_rows += row == no_row ? 1 : 0;
  const auto ends = elements(rows.token_ends());
  const auto tokens = elements(rows.token_bytes());
  const TokenList list({reinterpret_cast<const char*>(tokens.data()), tokens.size()}, ends);
  if (!list.well_formed() || (!ends.empty() && ends.size() != view.new_rows))
    return fail(ErrorCode::bad_data, rows_name, ": ", ends.size(), " tokens for ", view.new_rows,
                " new rows, or their ends do not rise to the number of bytes");
  if (const auto ok = check_columns(rows); !ok) return std::unexpected(ok.error());
  const auto embeddings = check_vectors(rows.embeddings(), view.count, dimension, "embeddings");
  if (!embeddings) return std::unexpected(embeddings.error());
  const auto anchors = check_vectors(rows.anchors(), view.count, dimension, "anchors");
  if (!anchors) return std::unexpected(anchors.error());
  view.moved_rows = *embeddings < view.new_rows ? 0 : *embeddings - view.new_rows;
  return view;
}

Expected<DeltaSummary> read_delta_summary(std::span<const std::byte> delta) {
  auto reader = DeltaReader::open(delta);
  if (!reader) return std::unexpected(reader.error());
  const auto first = reader->next();
  if (!first) return std::unexpected(first.error());
  if (!*first) return fail(ErrorCode::bad_data, "the delta has no head");
  const AlignedBytes bytes((*first)->span());
  const auto head = read_delta_head(bytes);
  if (!head) return std::unexpected(head.error());
  const AlignedBytes manifest_bytes(std::as_bytes(elements((*head)->manifest())));
  const auto manifest = read_manifest(manifest_bytes, snapshot_format_version);
  if (!manifest) return std::unexpected(manifest.error().within("delta head"));
  DeltaSummary summary = summary_of(**head, **manifest);
  summary.bytes = delta.size();
  const std::uint32_t dimension = (*manifest)->options()->dimension();
  for (;;) {
    const auto payload = reader->next();
    if (!payload) return std::unexpected(payload.error());
    if (!*payload) return summary;
    const AlignedBytes record((*payload)->span());
    const auto rows = read_delta_rows(record, dimension);
    if (!rows) return std::unexpected(rows.error().within("offset " + std::to_string(reader->record_offset())));
    summary.new_rows += rows->new_rows;
    summary.moved_rows += rows->moved_rows;
  }
}

bool begins_as_delta(std::span<const std::byte> bytes) noexcept {
  return bytes.size() >= delta_file.magic.size() &&
         std::memcmp(bytes.data(), delta_file.magic.data(), delta_file.magic.size()) == 0;
}

}  // namespace gaugeline::formats
