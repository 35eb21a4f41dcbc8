#include <gaugeline/formats/snapshot_map.hpp>

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "checksum.hpp"
#include "flatbuffer.hpp"
#include "manifest.hpp"
#include "mapped_file.hpp"
#include "options_codec.hpp"
#include "row_chunk.hpp"
#include "snapshot_layout.hpp"

namespace gaugeline::formats {
namespace {

static_assert(sizeof(Eigen::bfloat16) == sizeof(std::uint16_t));  // those bits, as they are stored

template <class Number>
ConstTable<Number> table(std::span<const Number> numbers, std::size_t dimension) {
  return {numbers.data(), static_cast<Eigen::Index>(numbers.size() / dimension), static_cast<Eigen::Index>(dimension)};
}

SideState<float> view_of(const schema::Rows& rows, std::uint32_t dimension) {
  return {.tokens = tokens_of(rows),
          .embeddings = table(elements(rows.embeddings()), dimension),
          .precision = elements(rows.precision()),
          .diffusion = elements(rows.diffusion()),
          .count = elements(rows.count()),
          .uses = elements(rows.uses()),
          .null_variance = elements(rows.null_variance()),
          .log_retention = elements(rows.log_retention()),
          .gradient_energy = elements(rows.gradient_energy()),
          .offset = elements(rows.offset()),
          .offset_precision = elements(rows.offset_precision()),
          .baseline_offset = elements(rows.baseline_offset()),
          .baseline_precision = elements(rows.baseline_precision()),
          .frequency = elements(rows.frequency()),
          .born = elements(rows.born()),
          .candidate_hashes = {},
          .candidate_counts = {},
          .anchor = table(elements(rows.anchor()), dimension),
          .anchor_time = elements(rows.anchor_time())};
}

// Of a list whose ends have not been checked.
std::optional<std::string_view> checked_token(const TokenList& tokens, std::size_t row) {
  if (row >= tokens.size()) return std::nullopt;
  const std::size_t begin = row == 0 ? 0 : tokens.ends()[row - 1];
  const std::size_t end = tokens.ends()[row];
  if (begin > end || end > tokens.bytes().size()) return std::nullopt;
  return tokens[row];
}

}  // namespace

class SnapshotMap::Impl {
 public:
  Impl(MappedFile file, const std::filesystem::path& path) : file_(std::move(file)), path_(path) {}

  Expected<> open(Verification verification) {
    // The two ends, which overlap in a file that is too short; the header's check refuses that.
    const std::uint64_t size = file_.bytes().size();
    const std::uint64_t end_bytes = std::min<std::uint64_t>(size, snapshot_header_bytes + snapshot_footer_bytes);
    const auto head = file_.read(0, end_bytes);
    if (!head) return std::unexpected(head.error());
    const auto version = check_snapshot_header(*head);
    if (!version) return std::unexpected(version.error());
    const auto tail = file_.read(size - end_bytes, end_bytes);
    if (!tail) return std::unexpected(tail.error());
    const auto footer = SnapshotFooter::parse(*tail, size, *version);
    if (!footer) return std::unexpected(footer.error());
    if (auto ok = read_manifest_part(*footer, *version, verification); !ok) return ok;
    file_.close();
    return verification == Verification::everything ? verify() : Expected<>();
  }

  [[nodiscard]] const SnapshotSummary& summary() const noexcept { return summary_; }
  [[nodiscard]] std::size_t size(Side side) const noexcept { return rows_[std::to_underlying(side)]; }
  [[nodiscard]] bool shares_tokens() const noexcept { return shared_tokens_; }
  [[nodiscard]] std::span<const schema::Chunk> chunks(Side side) const noexcept {
    const auto items = std::span(chunks_).first(item_chunks_);
    return side == Side::items ? items : std::span(chunks_).subspan(item_chunks_);
  }

  // The list of tokens is not checked yet.
  [[nodiscard]] Expected<const schema::Rows*> rows(const schema::Chunk& chunk) const {
    const AlignedBytes bytes(file_.bytes().subspan(chunk.offset(), chunk.length()));
    const bool shared = shared_tokens_ && chunk.side() == 1;
    return read_row_chunk(bytes, chunk.row_count(), summary_.options.dimension,
                          {shared ? TokenStorage::shared : TokenStorage::stored, summary_.encoding});
  }

  [[nodiscard]] Expected<> check_row(Side side, RowIndex row) const {
    if (row < size(side)) return {};
    return fail(ErrorCode::invalid_argument, "row ", row, " does not exist: there are ", size(side));
  }
  // The chunk of a row that is there.
  [[nodiscard]] const schema::Chunk& chunk_of(Side side, RowIndex row) const {
    const auto all = chunks(side);
    return *std::prev(std::ranges::upper_bound(all, row, {}, &schema::Chunk::first_row));
  }

  [[nodiscard]] std::unexpected<Error> located(const schema::Chunk& chunk, const Error& error) const {
    return std::unexpected(error.within(path_.native() + ": offset " + std::to_string(chunk.offset())));
  }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  Expected<> read_manifest_part(const SnapshotFooter& footer, std::uint32_t version, Verification verification) {
    const auto bytes = file_.read(footer.manifest_offset, footer.manifest_bytes);
    if (!bytes) return std::unexpected(bytes.error());
    if (verification != Verification::nothing && checksum(*bytes) != footer.manifest_checksum)
      return fail(ErrorCode::checksum_mismatch, "offset ", footer.manifest_offset, ": the manifest is damaged");
    const AlignedBytes aligned(*bytes);
    const auto read = read_manifest(aligned, version);
    if (!read) return std::unexpected(read.error());
    const schema::Manifest& manifest = **read;
    summary_ = {.run = manifest.run()->str(),
                .program = manifest.program()->str(),
                .parent_checksum = manifest.parent_checksum(),
                .smoothed = manifest.smoothed(),
                .encoding = encoding_of(manifest),
                .checksum = footer.checksum,
                .bytes = file_.bytes().size(),
                .options = read_options(*manifest.options()),
                .report = read_report(*manifest.report())};
    summary_.options_digest = options_digest(summary_.options);
    if (const auto valid = validate(summary_.options); !valid)
      return fail(ErrorCode::bad_data, "manifest: options: ", valid.error().message());
    chunks_ = copied_elements<schema::Chunk>(manifest.chunks());
    shared_tokens_ = manifest.contexts_share_tokens();
    const auto rows = check_chunks(chunks_, summary_.options.dimension, summary_.encoding, footer.manifest_offset);
    if (!rows) return std::unexpected(rows.error());
    rows_ = *rows;
    item_chunks_ = static_cast<std::size_t>(
        std::ranges::count_if(chunks_, [](const schema::Chunk& chunk) { return chunk.side() == 0; }));
    return {};
  }

  Expected<> verify() const {
    file_.read_ahead();
    for (const schema::Chunk& chunk : chunks_) {
      const auto ok = verify(chunk);
      if (!ok) return std::unexpected(ok.error().within("offset " + std::to_string(chunk.offset())));
    }
    return {};
  }

  Expected<> verify(const schema::Chunk& chunk) const {
    const std::uint64_t end = chunk.offset() + chunk.length();
    if (checksum(file_.bytes().subspan(chunk.offset(), chunk.length())) != chunk.checksum())
      return fail(ErrorCode::checksum_mismatch, "a row chunk is damaged");
    if (!is_zero(file_.bytes(), end, aligned_up(end)))
      return fail(ErrorCode::bad_data, "the padding after a row chunk is not zero");
    const auto read = rows(chunk);
    if (!read) return std::unexpected(read.error());
    if (!tokens_of(**read).well_formed())
      return fail(ErrorCode::bad_data, "row chunk: the ends of the tokens do not fit their bytes");
    return {};
  }

  MappedFile file_;
  std::filesystem::path path_;
  SnapshotSummary summary_;
  std::vector<schema::Chunk> chunks_;  // items, then contexts
  std::size_t item_chunks_ = 0;
  RowCounts rows_{};
  bool shared_tokens_ = false;
};

SnapshotMap::SnapshotMap(std::unique_ptr<const Impl> impl) noexcept : impl_(std::move(impl)) {}
SnapshotMap::SnapshotMap(SnapshotMap&&) noexcept = default;
SnapshotMap& SnapshotMap::operator=(SnapshotMap&&) noexcept = default;
SnapshotMap::~SnapshotMap() = default;

Expected<SnapshotMap> SnapshotMap::open(const std::filesystem::path& file, Verification verification) {
  auto mapped = MappedFile::open(file);
  if (!mapped) return std::unexpected(mapped.error());
  auto impl = std::make_unique<Impl>(std::move(*mapped), file);
  if (const auto opened = impl->open(verification); !opened)
    return std::unexpected(opened.error().within(file.native()));
  return SnapshotMap(std::move(impl));
}

const SnapshotSummary& SnapshotMap::summary() const noexcept { return impl_->summary(); }
std::size_t SnapshotMap::size(Side side) const noexcept { return impl_->size(side); }
bool SnapshotMap::contexts_share_tokens() const noexcept { return impl_->shares_tokens(); }
std::size_t SnapshotMap::chunks(Side side) const noexcept { return impl_->chunks(side).size(); }

Expected<MappedChunk> SnapshotMap::chunk(Side side, std::size_t index) const {
  if (index >= chunks(side))
    return fail(ErrorCode::invalid_argument, "chunk ", index, " of ", chunks(side), " does not exist");
  const schema::Chunk& chunk = impl_->chunks(side)[index];
  const auto rows = impl_->rows(chunk);
  if (!rows) return impl_->located(chunk, rows.error());
  if (!tokens_of(**rows).well_formed())
    return impl_->located(chunk,
                          Error(ErrorCode::bad_data, "row chunk: the ends of the tokens do not fit their bytes"));
  const std::uint32_t dimension = summary().options.dimension;
  const auto bfloat16 = elements((*rows)->embeddings_bfloat16());
  return MappedChunk{
      .first_row = chunk.first_row(),
      .rows = view_of(**rows, dimension),
      .embeddings_bfloat16 =
          table(std::span(reinterpret_cast<const Eigen::bfloat16*>(bfloat16.data()), bfloat16.size()), dimension),
      .embeddings_int8 = table(elements((*rows)->embeddings_int8()), dimension),
      .embedding_scale = elements((*rows)->embedding_scale())};
}

Expected<std::optional<RowIndex>> SnapshotMap::find(Side side, std::string_view token) const {
  for (const schema::Chunk& chunk : impl_->chunks(contexts_share_tokens() ? Side::items : side)) {
    const auto rows = impl_->rows(chunk);
    if (!rows) return impl_->located(chunk, rows.error());
    const TokenList tokens = tokens_of(**rows);
    const auto order = elements((*rows)->token_order());
    if (order.empty())
      return fail(ErrorCode::unsupported_version, impl_->path().native(),
                  ": holds no order of its tokens: it was written by an earlier program (", summary().program, ")");
    std::size_t begin = 0, end = order.size();
    while (begin < end) {
      const std::size_t middle = begin + (end - begin) / 2;
      const auto found = checked_token(tokens, order[middle]);
      if (!found)
        return impl_->located(chunk, Error(ErrorCode::bad_data, "row chunk: token_order[", middle, "] is bad"));
      if (*found == token) return chunk.first_row() + order[middle];
      if (*found < token) {
        begin = middle + 1;
      } else {
        end = middle;
      }
    }
  }
  return std::nullopt;
}

Expected<> SnapshotMap::embedding(Side side, RowIndex row, std::span<float> out) const {
  if (auto there = impl_->check_row(side, row); !there) return there;
  if (out.size() != summary().options.dimension)
    return fail(ErrorCode::invalid_argument, "an embedding has ", summary().options.dimension, " numbers, not ",
                out.size());
  const schema::Chunk& chunk = impl_->chunk_of(side, row);
  const auto rows = impl_->rows(chunk);
  if (!rows) return impl_->located(chunk, rows.error());
  decode_embedding(**rows, summary().encoding, row - chunk.first_row(), out);
  return {};
}

Expected<MappedRow> SnapshotMap::row(Side side, RowIndex row) const {
  if (const auto there = impl_->check_row(side, row); !there) return std::unexpected(there.error());
  const schema::Chunk& chunk = impl_->chunk_of(side, row);
  const auto rows = impl_->rows(chunk);
  if (!rows) return impl_->located(chunk, rows.error());
  const std::size_t place = row - chunk.first_row();
  const std::size_t dimension = summary().options.dimension;
  MappedRow found{.token = {},
                  .embedding = {},
                  .precision = elements((*rows)->precision())[place],
                  .uses = elements((*rows)->uses())[place],
                  .born = elements((*rows)->born())[place]};
  if (summary().encoding == Encoding::float32)
    found.embedding = elements((*rows)->embeddings()).subspan(place * dimension, dimension);
  if (side == Side::contexts && contexts_share_tokens()) {
    const auto item = this->row(Side::items, row);
    if (!item) return item;
    found.token = item->token;
    return found;
  }
  const auto token = checked_token(tokens_of(**rows), place);
  if (!token) return impl_->located(chunk, Error(ErrorCode::bad_data, "row chunk: the token of row ", row, " is bad"));
  found.token = *token;
  return found;
}

}  // namespace gaugeline::formats
