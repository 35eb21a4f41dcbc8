#include <algorithm>
#include <array>
#include <cmath>
#include <new>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <gaugeline/formats/delta.hpp>
#include <gaugeline/slice.hpp>

#include "delta_columns.hpp"
#include "delta_format.hpp"
#include "delta_vectors.hpp"
#include "manifest.hpp"
#include "options_codec.hpp"
#include "snapshot_check.hpp"

namespace gaugeline::formats {
namespace {

constexpr int zstd_level = 3;  // differences hardly get smaller at higher ones: by 1 % at level 9

Expected<> check_pair(const SnapshotView& base, const SnapshotView& target, const DeltaTolerance& tolerance) {
  if (!std::isfinite(tolerance.amount) || tolerance.amount < 0)
    return fail(ErrorCode::invalid_argument, "the tolerance is ", tolerance.amount, ", not finite and >= 0");
  if (base.lineage.run != target.lineage.run)
    return fail(ErrorCode::invalid_argument, "the snapshots are of runs ", base.lineage.run, " and ",
                target.lineage.run, ": a delta is within one run");
  if (base.lineage.smoothed != target.lineage.smoothed)
    return fail(ErrorCode::invalid_argument, "one of the snapshots is a smoother's and the other is not");
  if (base.encoding != Encoding::float32 || target.encoding != Encoding::float32)
    return fail(ErrorCode::invalid_argument, "one of the snapshots is compact: deltas are between those of float32");
  if (options_digest(base.options) != options_digest(target.options))
    return fail(ErrorCode::invalid_argument,
                "the snapshots' options differ, so that their rows hold different figures");
  for (const auto* snapshot : {&base, &target}) {
    if (const auto ok = check_snapshot(*snapshot); !ok)
      return fail(ErrorCode::invalid_argument, snapshot == &base ? "base: " : "target: ", ok.error().message());
  }
  return {};
}

// Where each row of `target` is in `base`: the same token, in the same life.
std::vector<RowIndex> rows_in_base(const SideState<float>& base, const SideState<float>& target) {
  const auto same = [&](std::size_t row, std::size_t base_row) {
    return base.born[base_row] == target.born[row] && base.tokens[base_row] == target.tokens[row];
  };
  std::vector<RowIndex> result(target.size(), no_row);
  std::unordered_map<std::string_view, RowIndex> elsewhere;  // filled when a row is not in its place
  for (std::size_t row = 0; row < target.size(); ++row) {
    if (row < base.size() && same(row, row)) {
      result[row] = static_cast<RowIndex>(row);
      continue;
    }
    if (elsewhere.empty()) {
      for (std::size_t b = 0; b < base.size(); ++b) elsewhere.emplace(base.tokens[b], static_cast<RowIndex>(b));
    }
    if (const auto found = elsewhere.find(target.tokens[row]); found != elsewhere.end() && same(row, found->second))
      result[row] = found->second;
  }
  return result;
}

std::span<const float> vector_of(const ConstTable<float>& table, RowIndex row) noexcept {
  const auto dimension = static_cast<std::size_t>(table.cols());
  return numbers(table).subspan(row * dimension, dimension);
}

// Vectors of some rows, as DeltaVectors stores them.
struct CodedVectors {
  std::vector<std::uint8_t> coding;  // none: all unmoved
  std::vector<std::uint32_t> differences;
};

// A table of the target, coded against that of the base, and what a reader will make of it.
class TableCoder {
 public:
  TableCoder(const ConstTable<float>& base, const ConstTable<float>& target, std::span<const float> precision,
             const DeltaTolerance& tolerance)
      : base_(base), target_(target), precision_(precision), tolerance_(tolerance) {
    result_.reserve(static_cast<std::size_t>(target.size()));
  }

  // The rows after those that were coded before.
  CodedVectors code(std::span<const RowIndex> base_rows) {
    const auto dimension = static_cast<std::size_t>(target_.cols());
    CodedVectors coded;
    bool moved = false;
    const std::vector<float> nothing(dimension);
    for (const RowIndex base_row : base_rows) {
      const std::size_t row = result_.size() / dimension;
      const auto before = base_row == no_row ? std::span<const float>(nothing) : vector_of(base_, base_row);
      const auto now = vector_of(target_, static_cast<RowIndex>(row));
      const RowTolerance allowed(tolerance_, precision_[row], dimension);
      auto coding = VectorCoding::unmoved;
      std::span<std::uint32_t> differences;
      if (base_row == no_row || !is_unmoved(before, now, allowed)) {
        coded.differences.resize(coded.differences.size() + dimension);
        differences = std::span(coded.differences).last(dimension);
        coding = code_vector(before, now, allowed, differences);
        moved = true;
      }
      result_.resize(result_.size() + dimension);
      decode_vector(before, coding, allowed.step, differences, std::span(result_).last(dimension));
      coded.coding.push_back(static_cast<std::uint8_t>(coding));
    }
    if (!moved) coded.coding.clear();
    return coded;
  }

  [[nodiscard]] ConstTable<float> result() const noexcept { return {result_.data(), target_.rows(), target_.cols()}; }

 private:
  const ConstTable<float>& base_;
  const ConstTable<float>& target_;
  std::span<const float> precision_;
  DeltaTolerance tolerance_;
  std::vector<float> result_;
};

flatbuffers::Offset<schema::DeltaVectors> write_vectors(flatbuffers::FlatBufferBuilder& builder,
                                                        const CodedVectors& vectors) {
  const auto coding = builder.CreateVector(vectors.coding);
  return schema::CreateDeltaVectors(builder, coding, builder.CreateVector(byte_planes(vectors.differences)));
}

class SideEncoder {
 public:
  SideEncoder(const SnapshotView& base, const SnapshotView& target, Side which, const DeltaTolerance& tolerance)
      : base_(base.state[which]),
        target_(target.state[which]),
        which_(which),
        tokens_(which == Side::items ? TokenStorage::stored : context_token_storage(target.state)),
        base_rows_(rows_in_base(base_, target_)),
        embeddings_(base_.embeddings, target_.embeddings, target_.precision, tolerance),
        anchors_(base_.anchor, target_.anchor, target_.precision, tolerance) {}

  // The records, compressed and with their headers.
  Expected<> append_records(std::vector<std::byte>& records, std::uint32_t& index) {
    const auto dimension = static_cast<std::size_t>(target_.embeddings.cols());
    const std::size_t row_bytes =
        (2 * dimension + column_count + 3) * sizeof(float) + max_token_bytes;  // the most that a row takes
    const std::size_t at_once = std::max<std::size_t>(rows_record_bytes / row_bytes, 1);
    for (std::size_t first = 0; first < target_.size(); first += at_once) {
      const auto rows = std::span(base_rows_).subspan(first, std::min(at_once, target_.size() - first));
      if (auto ok = append_record(records, index++, write_rows(first, rows)); !ok) return ok;
    }
    return {};
  }

  static Expected<> append_record(std::vector<std::byte>& records, std::uint32_t index,
                                  std::span<const std::byte> raw) {
    const auto payload = compressed(raw, zstd_level);
    if (!payload) return std::unexpected(payload.error());
    const auto header = RecordHeader{.kind = RecordKind::delta,
                                     .compressed_bytes = static_cast<std::uint32_t>(payload->size()),
                                     .raw_bytes = static_cast<std::uint32_t>(raw.size()),
                                     .index = index}
                            .sealed(*payload);
    records.insert(records.end(), header.begin(), header.end());
    records.insert(records.end(), payload->begin(), payload->end());
    return {};
  }

  void count(DeltaSummary& summary) const noexcept {
    summary.new_rows += new_rows_;
    summary.moved_rows += moved_rows_;
  }
  // As a reader will have it.
  void replace_vectors(SideState<float>& side) const noexcept {
    new (&side.embeddings) ConstTable<float>(embeddings_.result());
    if (target_.anchor.size() > 0) new (&side.anchor) ConstTable<float>(anchors_.result());
  }

 private:
  std::span<const std::byte> write_rows(std::size_t first, std::span<const RowIndex> base_rows) {
    builder_.Clear();
    std::vector<char> bytes;
    std::vector<std::uint32_t> ends;
    bool in_place = true;
    for (std::size_t i = 0; i < base_rows.size(); ++i) {
      in_place = in_place && base_rows[i] == first + i;
      if (base_rows[i] != no_row) continue;
      ++new_rows_;
      if (tokens_ == TokenStorage::shared) continue;
      const std::string_view token = target_.tokens[first + i];
      bytes.insert(bytes.end(), token.begin(), token.end());
      ends.push_back(static_cast<std::uint32_t>(bytes.size()));
    }
    const auto vectors = embeddings_.code(base_rows);
    for (std::size_t i = 0; i < vectors.coding.size(); ++i)
      moved_rows_ += base_rows[i] != no_row && vectors.coding[i] != 0 ? 1 : 0;
    const auto embeddings = write_vectors(builder_, vectors);
    flatbuffers::Offset<schema::DeltaVectors> anchors;
    if (target_.anchor.size() > 0) anchors = write_vectors(builder_, anchors_.code(base_rows));
    const auto columns = write_columns(first, base_rows);
    const auto sources = in_place ? flatbuffers::Offset<flatbuffers::Vector<std::uint32_t>>()
                                  : builder_.CreateVector(base_rows.data(), base_rows.size());
    const auto token_bytes = builder_.CreateVector(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    const auto token_ends = builder_.CreateVector(ends);
    builder_.Finish(
        schema::CreateDeltaRows(builder_, static_cast<std::uint8_t>(which_), static_cast<std::uint32_t>(first),
                                static_cast<std::uint32_t>(base_rows.size()), sources, token_bytes, token_ends, columns,
                                embeddings, anchors),
        schema::DeltaRowsIdentifier());
    return std::as_bytes(std::span(builder_.GetBufferPointer(), builder_.GetSize()));
  }

  flatbuffers::Offset<flatbuffers::Vector<flatbuffers::Offset<schema::DeltaColumn>>> write_columns(
      std::size_t first, std::span<const RowIndex> base_rows) {
    const auto before = word_columns(base_);
    const auto now = word_columns(target_);
    std::array<flatbuffers::Offset<schema::DeltaColumn>, column_count> columns;
    for (std::size_t c = 0; c < column_count; ++c) {
      ColumnDifferences found;
      if (now[c].size() > 0) found = column_differences(before[c], base_rows, now[c], first);
      columns[c] = schema::CreateDeltaColumn(builder_, found.factor, builder_.CreateVector(found.planes));
    }
    return builder_.CreateVector(columns.data(), columns.size());
  }

  const SideState<float>& base_;
  const SideState<float>& target_;
  Side which_;
  TokenStorage tokens_;
  std::vector<RowIndex> base_rows_;
  TableCoder embeddings_, anchors_;
  flatbuffers::FlatBufferBuilder builder_;
  std::size_t new_rows_ = 0, moved_rows_ = 0;
};

// The first record of the file.
std::vector<std::byte> write_head(const SnapshotView& target, const DeltaSummary& summary) {
  flatbuffers::FlatBufferBuilder manifest_builder;
  const auto bytes = write_manifest(manifest_builder, target, {});
  flatbuffers::FlatBufferBuilder builder;
  builder.ForceDefaults(true);
  const auto manifest = builder.CreateVector(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  builder.Finish(schema::CreateDeltaHead(builder, delta_format_version, manifest, summary.base_slice,
                                         summary.base_digest, summary.digest, summary.target_checksum,
                                         summary.tolerance.amount, static_cast<std::uint8_t>(summary.tolerance.unit),
                                         static_cast<std::uint32_t>(summary.item_rows),
                                         static_cast<std::uint32_t>(summary.context_rows)),
                 delta_head_identifier);
  const auto head = std::as_bytes(std::span(builder.GetBufferPointer(), builder.GetSize()));
  return {head.begin(), head.end()};
}

Expected<std::uint64_t> write_parts(ByteSink& sink, std::initializer_list<std::span<const std::byte>> parts) {
  std::uint64_t bytes = 0;
  for (const auto part : parts) {
    if (const auto ok = sink.write(part); !ok) return std::unexpected(ok.error());
    bytes += part.size();
  }
  return bytes;
}

}  // namespace

Expected<DeltaSummary> encode_delta(const SnapshotView& base, const SnapshotView& target, std::uint64_t target_checksum,
                                    const DeltaTolerance& tolerance, ByteSink& sink) {
  if (const auto ok = check_pair(base, target, tolerance); !ok) return std::unexpected(ok.error());
  DeltaSummary summary{.run = std::string(target.lineage.run),
                       .base_slice = base.report.slice,
                       .slice = target.report.slice,
                       .base_digest = rows_digest(base),
                       .digest = 0,
                       .target_checksum = target_checksum,
                       .tolerance = tolerance,
                       .bytes = 0,
                       .item_rows = target.state.items.size(),
                       .context_rows = target.state.contexts.size()};
  SideEncoder items(base, target, Side::items, tolerance), contexts(base, target, Side::contexts, tolerance);
  std::vector<std::byte> records;
  std::uint32_t index = 1;  // the head is number 0
  for (SideEncoder* side : {&items, &contexts}) {
    if (const auto ok = side->append_records(records, index); !ok) return std::unexpected(ok.error());
    side->count(summary);
  }
  SnapshotView result = target;
  items.replace_vectors(result.state.items);
  contexts.replace_vectors(result.state.contexts);
  summary.digest = rows_digest(result);

  const auto raw_head = write_head(target, summary);
  if (raw_head.size() > most_head_bytes)
    return fail(ErrorCode::capacity_exceeded, "the manifest has ", raw_head.size(), " bytes, over the ",
                most_head_bytes, " that fit a delta");
  std::vector<std::byte> head;
  if (const auto ok = SideEncoder::append_record(head, 0, raw_head); !ok) return std::unexpected(ok.error());
  const auto end = RecordHeader{.kind = RecordKind::end, .index = index}.sealed({});
  const auto bytes = write_parts(sink, {delta_file.header(), head, records, end});
  if (!bytes) return std::unexpected(bytes.error());
  summary.bytes = *bytes;
  return summary;
}

}  // namespace gaugeline::formats
