#include <gaugeline/formats/snapshot.hpp>

#include "checksum.hpp"
#include "flatbuffer.hpp"
#include "manifest.hpp"
#include "options_codec.hpp"
#include "row_chunk.hpp"
#include "snapshot_check.hpp"
#include "snapshot_layout.hpp"

namespace gaugeline::formats {

class SnapshotDecoder {
 public:
  explicit SnapshotDecoder(std::span<const std::byte> file) noexcept : file_(file) {}

  Expected<Snapshot> decode() {
    const auto version = check_snapshot_header(file_);
    if (!version) return std::unexpected(version.error());
    version_ = *version;
    const auto footer = SnapshotFooter::parse(file_, file_.size(), version_);
    if (!footer) return std::unexpected(footer.error());
    snapshot_.checksum_ = footer->checksum;
    for (const auto step :
         {&SnapshotDecoder::read_manifest_part, &SnapshotDecoder::read_tables, &SnapshotDecoder::check_meaning}) {
      if (const auto ok = (this->*step)(*footer); !ok) return std::unexpected(ok.error());
    }
    return std::move(snapshot_);
  }

 private:
  Expected<> read_manifest_part(const SnapshotFooter& footer) {
    const auto bytes = file_.subspan(footer.manifest_offset, footer.manifest_bytes);
    if (checksum(bytes) != footer.manifest_checksum)
      return fail(ErrorCode::checksum_mismatch, "offset ", footer.manifest_offset, ": the manifest is damaged");
    const AlignedBytes aligned(bytes);
    const auto manifest = read_manifest(aligned, version_);
    if (!manifest) return std::unexpected(manifest.error());
    take(**manifest);
    if (const auto ok = validate(snapshot_.options_); !ok)
      return fail(ErrorCode::bad_data, "manifest: options: ", ok.error().message());
    if (snapshot_.canary_before_.size() != snapshot_.canary_rows_.size() * snapshot_.options_.dimension)
      return fail(ErrorCode::bad_data, "manifest: ", snapshot_.canary_before_.size(), " numbers for ",
                  snapshot_.canary_rows_.size(), " canaries of dimension ", snapshot_.options_.dimension);
    const auto rows = check_chunks(chunks_, snapshot_.options_.dimension, snapshot_.encoding_, footer.manifest_offset);
    if (!rows) return std::unexpected(rows.error());
    rows_ = *rows;
    return {};
  }

  void take(const schema::Manifest& manifest) {
    snapshot_.run_ = manifest.run()->str();
    snapshot_.program_ = manifest.program()->str();
    snapshot_.parent_checksum_ = manifest.parent_checksum();
    snapshot_.smoothed_ = manifest.smoothed();
    snapshot_.encoding_ = encoding_of(manifest);
    snapshot_.options_ = read_options(*manifest.options());
    snapshot_.report_ = read_report(*manifest.report());
    snapshot_.time_unit_seconds_ = manifest.time_unit_seconds();
    take(*manifest.values());
    snapshot_.rotation_ = copied_elements<double>(manifest.rotation());
    chunks_ = copied_elements<schema::Chunk>(manifest.chunks());
    shared_tokens_ = manifest.contexts_share_tokens();
    snapshot_.items_.candidate_hashes = copied_elements<std::uint64_t>(manifest.item_candidate_hashes());
    snapshot_.items_.candidate_counts = copied_elements<float>(manifest.item_candidate_counts());
    snapshot_.contexts_.candidate_hashes = copied_elements<std::uint64_t>(manifest.context_candidate_hashes());
    snapshot_.contexts_.candidate_counts = copied_elements<float>(manifest.context_candidate_counts());
    snapshot_.canary_rows_ = copied_elements<RowIndex>(manifest.canary_rows());
    snapshot_.canary_before_ = copied_elements<float>(manifest.canary_before());
    take_sources(manifest);
  }

  void take(const schema::Values& values) {
    snapshot_.value_scale_ = values.value_scale();
    snapshot_.values_ = {.mean = values.mean(),
                         .mean_precision = values.mean_precision(),
                         .noise_deviation = values.noise_deviation(),
                         .noise_weight = values.noise_weight(),
                         .baseline_noise_deviation = values.baseline_noise_deviation(),
                         .baseline_noise_weight = values.baseline_noise_weight()};
  }

  void take_sources(const schema::Manifest& manifest) {
    const auto bytes = elements(manifest.source_name_bytes());
    const TokenList names({reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                          elements(manifest.source_name_ends()));
    const auto sequences = copied_elements<std::uint64_t>(manifest.source_sequences());
    for (std::size_t s = 0; s < names.size(); ++s) snapshot_.sources_.push_back({std::string(names[s]), sequences[s]});
    for (const auto& position : snapshot_.sources_)
      snapshot_.source_views_.push_back({position.source, position.sequence});
  }

  Expected<> read_tables(const SnapshotFooter&) {
    reserve(snapshot_.items_, rows_[0]);
    reserve(snapshot_.contexts_, rows_[1]);
    for (const schema::Chunk& chunk : chunks_) {
      if (const auto ok = read_chunk(chunk); !ok)
        return std::unexpected(ok.error().within("offset " + std::to_string(chunk.offset())));
    }
    if (!shared_tokens_) return {};
    snapshot_.contexts_.token_bytes = snapshot_.items_.token_bytes;
    snapshot_.contexts_.token_ends = snapshot_.items_.token_ends;
    return {};
  }

  void reserve(Snapshot::SideData& side, std::uint64_t rows) const {
    side.embeddings.reserve(rows * snapshot_.options_.dimension);
    for (auto* column : {&side.precision, &side.diffusion, &side.count, &side.uses, &side.null_variance,
                         &side.log_retention, &side.frequency, &side.gradient_energy})
      column->reserve(rows);
    side.born.reserve(rows);
    if (keeps_anchors(snapshot_.options_) && snapshot_.encoding_ == Encoding::float32) {
      side.anchor.reserve(rows * snapshot_.options_.dimension);
      side.anchor_time.reserve(rows);
    }
    if (!fits_offsets(snapshot_.options_)) return;
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
    const auto rows = read_row_chunk(aligned, chunk.row_count(), snapshot_.options_.dimension,
                                     {shared ? TokenStorage::shared : TokenStorage::stored, snapshot_.encoding_});
    if (!rows) return std::unexpected(rows.error());
    if (auto ok = check_tokens(**rows); !ok) return ok;
    if (auto ok = check_encoded(**rows); !ok) return ok;
    Snapshot::SideData& side = chunk.side() == 0 ? snapshot_.items_ : snapshot_.contexts_;
    append(**rows, side);
    if (snapshot_.encoding_ != Encoding::float32) append_decoded(**rows, chunk.row_count(), side.embeddings);
    return {};
  }

  void append_decoded(const schema::Rows& rows, std::size_t count, std::vector<float>& table) const {
    const std::size_t dimension = snapshot_.options_.dimension;
    const std::size_t before = table.size();
    table.resize(before + count * dimension);
    const auto added = std::span(table).subspan(before);
    for (std::size_t row = 0; row < count; ++row)
      decode_embedding(rows, snapshot_.encoding_, row, added.subspan(row * dimension, dimension));
  }

  static void append(const schema::Rows& rows, Snapshot::SideData& side) {
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

  Expected<> check_meaning(const SnapshotFooter&) {
    const SnapshotView view = snapshot_.view();
    if (auto ok = check_snapshot(view); !ok) return ok;
    if (auto ok = check_distinct(view.state.items.tokens, "items"); !ok) return ok;
    return check_distinct(view.state.contexts.tokens, "contexts");
  }

  std::span<const std::byte> file_;
  Snapshot snapshot_;
  std::vector<schema::Chunk> chunks_;
  RowCounts rows_{};
  bool shared_tokens_ = false;
  std::uint32_t version_ = 0;  // the header's
};

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
