#include <gaugeline/formats/snapshot.hpp>

#include "checksum.hpp"
#include "flatbuffer.hpp"
#include "manifest.hpp"
#include "row_chunk.hpp"
#include "snapshot_builder.hpp"
#include "snapshot_layout.hpp"

namespace gaugeline::formats {

namespace {

class SnapshotDecoder {
 public:
  explicit SnapshotDecoder(std::span<const std::byte> file) noexcept : file_(file) {}

  Expected<Snapshot> decode() {
    const auto version = check_snapshot_header(file_);
    if (!version) return std::unexpected(version.error());
    version_ = *version;
    const auto footer = SnapshotFooter::parse(file_, file_.size(), version_);
    if (!footer) return std::unexpected(footer.error());
    snapshot_.set_checksum(footer->checksum);
    if (const auto ok = read_manifest_part(*footer); !ok) return std::unexpected(ok.error());
    if (const auto ok = read_tables(); !ok) return std::unexpected(ok.error());
    if (const auto ok = snapshot_.check(); !ok) return std::unexpected(ok.error());
    return std::move(snapshot_).finish();
  }

 private:
  Expected<> read_manifest_part(const SnapshotFooter& footer) {
    const auto bytes = file_.subspan(footer.manifest_offset, footer.manifest_bytes);
    if (checksum(bytes) != footer.manifest_checksum)
      return fail(ErrorCode::checksum_mismatch, "offset ", footer.manifest_offset, ": the manifest is damaged");
    const AlignedBytes aligned(bytes);
    const auto manifest = read_manifest(aligned, version_);
    if (!manifest) return std::unexpected(manifest.error());
    if (auto ok = snapshot_.take(**manifest); !ok) return ok;
    chunks_ = copied_elements<schema::Chunk>((*manifest)->chunks());
    shared_tokens_ = (*manifest)->contexts_share_tokens();
    const auto rows =
        check_chunks(chunks_, snapshot_.options().dimension, snapshot_.encoding(), footer.manifest_offset);
    if (!rows) return std::unexpected(rows.error());
    rows_ = *rows;
    return {};
  }

  Expected<> read_tables() {
    reserve(snapshot_.rows(Side::items), rows_[0]);
    reserve(snapshot_.rows(Side::contexts), rows_[1]);
    for (const schema::Chunk& chunk : chunks_) {
      if (const auto ok = read_chunk(chunk); !ok)
        return std::unexpected(ok.error().within("offset " + std::to_string(chunk.offset())));
    }
    if (!shared_tokens_) return {};
    snapshot_.rows(Side::contexts).token_bytes = snapshot_.rows(Side::items).token_bytes;
    snapshot_.rows(Side::contexts).token_ends = snapshot_.rows(Side::items).token_ends;
    return {};
  }

  void reserve(SnapshotBuilder::Rows& side, std::uint64_t rows) const {
    side.embeddings.reserve(rows * snapshot_.options().dimension);
    for (auto* column : {&side.precision, &side.diffusion, &side.count, &side.uses, &side.null_variance,
                         &side.log_retention, &side.frequency, &side.gradient_energy})
      column->reserve(rows);
    side.born.reserve(rows);
    if (keeps_anchors(snapshot_.options()) && snapshot_.encoding() == Encoding::float32) {
      side.anchor.reserve(rows * snapshot_.options().dimension);
      side.anchor_time.reserve(rows);
    }
    if (!fits_offsets(snapshot_.options())) return;
    for (auto* column : {&side.offset, &side.offset_precision, &side.baseline_offset, &side.baseline_precision})
      column->reserve(rows);
  }

  Expected<> read_chunk(const schema::Chunk& chunk) {
    const auto bytes = file_.subspan(chunk.offset(), chunk.length());
    if (checksum(bytes) != chunk.checksum()) return fail(ErrorCode::checksum_mismatch, "a row chunk is damaged");
    const std::uint64_t end = chunk.offset() + chunk.length();
    if (!is_zero(file_, end, aligned_up(end)))
      return fail(ErrorCode::bad_data, "the padding after a row chunk is not zero");
    const bool shared = shared_tokens_ && chunk.side() == 1;
    const AlignedBytes aligned(bytes);
    const auto rows = read_row_chunk(aligned, chunk.row_count(), snapshot_.options().dimension,
                                     {shared ? TokenStorage::shared : TokenStorage::stored, snapshot_.encoding()});
    if (!rows) return std::unexpected(rows.error());
    if (auto ok = check_tokens(**rows); !ok) return ok;
    if (auto ok = check_encoded(**rows); !ok) return ok;
    SnapshotBuilder::Rows& side = snapshot_.rows(chunk.side() == 0 ? Side::items : Side::contexts);
    append(**rows, side);
    if (snapshot_.encoding() != Encoding::float32) append_decoded(**rows, chunk.row_count(), side.embeddings);
    return {};
  }

  void append_decoded(const schema::Rows& rows, std::size_t count, std::vector<float>& table) const {
    const std::size_t dimension = snapshot_.options().dimension;
    const std::size_t before = table.size();
    table.resize(before + count * dimension);
    const auto added = std::span(table).subspan(before);
    for (std::size_t row = 0; row < count; ++row)
      decode_embedding(rows, snapshot_.encoding(), row, added.subspan(row * dimension, dimension));
  }

  static void append(const schema::Rows& rows, SnapshotBuilder::Rows& side) {
    const auto extend = [](auto& column, const auto& more) { column.insert(column.end(), more.begin(), more.end()); };
    extend(side.embeddings, elements(rows.embeddings()));
    extend(side.precision, elements(rows.precision()));
    extend(side.diffusion, elements(rows.diffusion()));
    extend(side.count, elements(rows.count()));
    extend(side.uses, elements(rows.uses()));
    extend(side.null_variance, elements(rows.null_variance()));
    extend(side.log_retention, elements(rows.log_retention()));
    extend(side.gradient_energy, elements(rows.gradient_energy()));
    extend(side.offset, elements(rows.offset()));
    extend(side.offset_precision, elements(rows.offset_precision()));
    extend(side.baseline_offset, elements(rows.baseline_offset()));
    extend(side.baseline_precision, elements(rows.baseline_precision()));
    extend(side.frequency, elements(rows.frequency()));
    extend(side.born, elements(rows.born()));
    extend(side.anchor, elements(rows.anchor()));
    extend(side.anchor_time, elements(rows.anchor_time()));
    const auto base = static_cast<std::uint32_t>(side.token_bytes.size());
    for (const std::uint32_t end : elements(rows.token_ends())) side.token_ends.push_back(base + end);
    extend(side.token_bytes, elements(rows.token_bytes()));
  }

  std::span<const std::byte> file_;
  SnapshotBuilder snapshot_;
  std::vector<schema::Chunk> chunks_;
  RowCounts rows_{};
  bool shared_tokens_ = false;
  std::uint32_t version_ = 0;  // the header's
};

}  // namespace

Expected<Snapshot> Snapshot::decode(std::span<const std::byte> bytes) { return SnapshotDecoder(bytes).decode(); }

SideState<float> Snapshot::SideData::view(std::uint32_t dimension) const noexcept {
  return {
      .tokens = {token_bytes, token_ends},
      .embeddings = {embeddings.data(), static_cast<Eigen::Index>(precision.size()),
                     static_cast<Eigen::Index>(dimension)},
      .precision = precision,
      .diffusion = diffusion,
      .count = count,
      .uses = uses,
      .null_variance = null_variance,
      .log_retention = log_retention,
      .gradient_energy = gradient_energy,
      .offset = offset,
      .offset_precision = offset_precision,
      .baseline_offset = baseline_offset,
      .baseline_precision = baseline_precision,
      .frequency = frequency,
      .born = born,
      .candidate_hashes = candidate_hashes,
      .candidate_counts = candidate_counts,
      .anchor = {anchor.data(), static_cast<Eigen::Index>(anchor_time.size()), static_cast<Eigen::Index>(dimension)},
      .anchor_time = anchor_time};
}

SnapshotView Snapshot::view() const noexcept {
  return {.lineage = {.run = run_, .program = program_, .parent_checksum = parent_checksum_, .smoothed = smoothed_},
          .options = options_,
          .state = {.slices = report_.slice + 1,
                    .interval = report_.interval,
                    .time_unit_seconds = time_unit_seconds_,
                    .dimension = options_.dimension,
                    .items = items_.view(options_.dimension),
                    .contexts = contexts_.view(options_.dimension),
                    .rotation = rotation_,
                    .value_scale = value_scale_,
                    .values = values_},
          .report = report_,
          .sources = source_views_,
          .canaries = {.rows = canary_rows_,
                       .before = {canary_before_.data(), static_cast<Eigen::Index>(canary_rows_.size()),
                                  static_cast<Eigen::Index>(options_.dimension)}},
          .encoding = encoding_};
}

}  // namespace gaugeline::formats
