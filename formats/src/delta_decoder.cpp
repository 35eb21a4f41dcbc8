#include <string>
#include <vector>

#include <gaugeline/formats/delta.hpp>

#include "delta_columns.hpp"
#include "delta_format.hpp"
#include "delta_vectors.hpp"
#include "flatbuffer.hpp"
#include "manifest.hpp"
#include "options_codec.hpp"
#include "snapshot_builder.hpp"

namespace gaugeline::formats {
namespace {

class NoSink final : public ByteSink {
 public:
  Expected<> write(std::span<const std::byte>) override { return {}; }
};

// Of the file that encode_snapshot makes.
Expected<std::uint64_t> file_checksum(const SnapshotView& snapshot) {
  std::vector<std::byte> workspace(snapshot_workspace_bytes(snapshot));
  NoSink sink;
  return encode_snapshot(snapshot, workspace, sink);
}

class DeltaDecoder {
 public:
  explicit DeltaDecoder(const SnapshotView& base) noexcept : base_(base) {
    for (const Side side : both_sides) taken(side).resize(base.state[side].size());
  }

  Expected<> take_head(const Buffer& payload) {
    const AlignedBytes bytes(payload.span());
    const auto head = read_delta_head(bytes);
    if (!head) return std::unexpected(head.error());
    const AlignedBytes manifest_bytes(std::as_bytes(elements((*head)->manifest())));
    const auto manifest = read_manifest(manifest_bytes, snapshot_format_version);
    if (!manifest) return std::unexpected(manifest.error().within("delta head"));
    summary_ = summary_of(**head, **manifest);
    if (auto ok = builder_.take(**manifest); !ok) return ok;
    shared_tokens_ = (*manifest)->contexts_share_tokens();
    return check_base();
  }

  Expected<> take_rows(const Buffer& payload) {
    const AlignedBytes bytes(payload.span());
    const auto view = read_delta_rows(bytes, builder_.options().dimension);
    if (!view) return std::unexpected(view.error());
    const schema::DeltaRows& rows = *view->rows;
    const Side side{rows.side()};
    if (auto ok = check_place(rows, *view); !ok) return ok;
    auto base_rows = places(rows);
    if (auto ok = check_base_rows(side, base_rows); !ok) return ok;
    if (auto ok = append_tokens(side, rows, base_rows, view->new_rows); !ok) return ok;
    if (auto ok = append_columns(side, rows, base_rows); !ok) return ok;
    const SideState<float>& base = base_.state[side];
    SnapshotBuilder::Rows& to = builder_.rows(side);
    const auto precision = std::span<const float>(to.precision).last(base_rows.size());
    if (auto ok = append_vectors(base.embeddings, rows.embeddings(), base_rows, precision, to.embeddings); !ok)
      return ok;
    if (!keeps_anchors(builder_.options())) return {};
    return append_vectors(base.anchor, rows.anchors(), base_rows, precision, to.anchor);
  }

  Expected<Snapshot> finish() {
    if (shared_tokens_) {
      builder_.rows(Side::contexts).token_bytes = builder_.rows(Side::items).token_bytes;
      builder_.rows(Side::contexts).token_ends = builder_.rows(Side::items).token_ends;
    }
    if (const auto ok = builder_.check(); !ok) return std::unexpected(ok.error());
    if (rows_digest(builder_.view()) != summary_.digest)
      return fail(ErrorCode::checksum_mismatch, "the rows that come out are not those that went in");
    const auto checksum = file_checksum(builder_.view());
    if (!checksum) return std::unexpected(checksum.error());
    builder_.set_checksum(*checksum);
    return std::move(builder_).finish();
  }

 private:
  [[nodiscard]] std::vector<bool>& taken(Side side) noexcept {
    return side == Side::items ? taken_items_ : taken_contexts_;
  }
  [[nodiscard]] std::size_t announced(Side side) const noexcept {
    return side == Side::items ? summary_.item_rows : summary_.context_rows;
  }

  Expected<> check_base() const {
    const SnapshotView target = builder_.view();
    const bool same_kind = base_.lineage.run == target.lineage.run &&
                           base_.lineage.smoothed == target.lineage.smoothed &&
                           options_digest(base_.options) == options_digest(target.options);
    if (!same_kind || rows_digest(base_) != summary_.base_digest)
      return fail(ErrorCode::invalid_argument, "the delta is for slice ", summary_.base_slice, " of run ",
                  target.lineage.run, " with other rows than these, which are of slice ", base_.report.slice,
                  " of run ", base_.lineage.run);
    if (summary_.item_rows > base_.options.item_capacity || summary_.context_rows > base_.options.context_capacity)
      return fail(ErrorCode::bad_data, "delta head: ", summary_.item_rows, " items and ", summary_.context_rows,
                  " contexts are over the capacity in the options");
    return {};
  }

  // Items, then contexts, each by rising row.
  Expected<> check_place(const schema::DeltaRows& rows, const DeltaRowsView& view) {
    const Side side{rows.side()};
    const std::size_t due = builder_.rows(side).born.size();
    const bool items_after_contexts = side == Side::items && !builder_.rows(Side::contexts).born.empty();
    if (items_after_contexts || rows.first_row() != due || view.count > announced(side) - due)
      return fail(ErrorCode::bad_data, "delta rows: rows ", rows.first_row(), " to ", rows.first_row() + view.count,
                  " of side ", rows.side(), " do not come here");
    return {};
  }

  static std::vector<RowIndex> places(const schema::DeltaRows& rows) {
    const auto stated = elements(rows.base_rows());
    if (!stated.empty()) return {stated.begin(), stated.end()};
    std::vector<RowIndex> same(rows.row_count());
    for (std::size_t i = 0; i < same.size(); ++i) same[i] = rows.first_row() + static_cast<RowIndex>(i);
    return same;
  }

  // Each row of the base becomes one row at most: what comes out is no larger than the base and what the delta holds.
  Expected<> check_base_rows(Side side, std::span<const RowIndex> base_rows) {
    auto& seen = taken(side);
    for (const RowIndex row : base_rows) {
      if (row == no_row) continue;
      if (row >= seen.size() || seen[row])
        return fail(ErrorCode::bad_data, "delta rows: row ", row, " of the base is not there, or comes twice");
      seen[row] = true;
    }
    return {};
  }

  Expected<> append_tokens(Side side, const schema::DeltaRows& rows, std::span<const RowIndex> base_rows,
                           std::size_t new_rows) {
    if (side == Side::contexts && shared_tokens_) return {};
    const auto ends = elements(rows.token_ends());
    if (ends.size() != new_rows)
      return fail(ErrorCode::bad_data, "delta rows: ", ends.size(), " tokens for ", new_rows, " new rows");
    const auto bytes = elements(rows.token_bytes());
    const TokenList list({reinterpret_cast<const char*>(bytes.data()), bytes.size()}, ends);
    SnapshotBuilder::Rows& to = builder_.rows(side);
    std::size_t next = 0;
    for (const RowIndex row : base_rows) {
      const std::string_view token = row == no_row ? list[next++] : base_.state[side].tokens[row];
      to.token_bytes.insert(to.token_bytes.end(), token.begin(), token.end());
      to.token_ends.push_back(static_cast<std::uint32_t>(to.token_bytes.size()));
    }
    return {};
  }

  Expected<> append_columns(Side side, const schema::DeltaRows& rows, std::span<const RowIndex> base_rows) {
    const auto base = word_columns(base_.state[side]);
    const bool rows_in_base = base_.state[side].size() > 0;
    std::vector<std::uint32_t> words(base_rows.size());
    for (flatbuffers::uoffset_t c = 0; c < column_count; ++c) {
      const auto* column = rows.columns()->Get(c);
      const bool stored = c >= first_offset_column && c <= last_offset_column ? fits_offsets(builder_.options())
                          : c == anchor_time_column                           ? keeps_anchors(builder_.options())
                                                                              : true;
      if (!stored) continue;
      if (rows_in_base && base[c].size() == 0)
        return fail(ErrorCode::invalid_argument, "the base lacks a column that its options ask for");
      const auto differences = undo_byte_planes(elements(column->planes()));
      for (std::size_t i = 0; i < words.size(); ++i)
        words[i] = undo_difference(differences.empty() ? 0 : differences[i],
                                   predicted_word(base[c], base_rows[i], column->factor()));
      append_words(builder_.rows(side), c, words);
    }
    return {};
  }

  Expected<> append_vectors(const ConstTable<float>& base, const schema::DeltaVectors* vectors,
                            std::span<const RowIndex> base_rows, std::span<const float> precision,
                            std::vector<float>& to) const {
    const std::size_t dimension = builder_.options().dimension;
    const auto coding = vectors == nullptr ? std::span<const std::uint8_t>() : elements(vectors->coding());
    const auto differences =
        vectors == nullptr ? std::vector<std::uint32_t>() : undo_byte_planes(elements(vectors->planes()));
    const std::vector<float> nothing(dimension);
    std::span<const std::uint32_t> rest = differences;
    for (std::size_t i = 0; i < base_rows.size(); ++i) {
      const VectorCoding how{coding.empty() ? std::uint8_t{0} : coding[i]};
      if (base_rows[i] == no_row && how == VectorCoding::unmoved)
        return fail(ErrorCode::bad_data, "delta rows: a new row has no vector");
      const auto before = base_rows[i] == no_row ? std::span<const float>(nothing)
                                                 : numbers(base).subspan(base_rows[i] * dimension, dimension);
      const auto mine = how == VectorCoding::unmoved ? rest.first(0) : rest.first(dimension);
      rest = rest.subspan(mine.size());
      to.resize(to.size() + dimension);
      decode_vector(before, how, RowTolerance(summary_.tolerance, precision[i], dimension).step, mine,
                    std::span(to).last(dimension));
    }
    return {};
  }

  const SnapshotView& base_;
  SnapshotBuilder builder_;
  DeltaSummary summary_;
  bool shared_tokens_ = false;
  std::vector<bool> taken_items_, taken_contexts_;
};

}  // namespace

Expected<Snapshot> apply_delta(const SnapshotView& base, std::span<const std::byte> delta) {
  auto reader = DeltaReader::open(delta);
  if (!reader) return std::unexpected(reader.error());
  DeltaDecoder decoder(base);
  for (bool first = true;; first = false) {
    const auto payload = reader->next();
    if (!payload) return std::unexpected(payload.error());
    if (!*payload && first) return fail(ErrorCode::bad_data, "the delta has no head");
    if (!*payload) return decoder.finish();
    const auto ok = first ? decoder.take_head(**payload) : decoder.take_rows(**payload);
    if (!ok) return std::unexpected(ok.error().within("offset " + std::to_string(reader->record_offset())));
  }
}

}  // namespace gaugeline::formats
