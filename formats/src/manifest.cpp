#include "manifest.hpp"

#include <algorithm>
#include <utility>

#include "flatbuffer.hpp"
#include "options_codec.hpp"
#include "snapshot_layout.hpp"

namespace gaugeline::formats {
namespace {

// The three tables and their vtables, the lengths of the vectors, padding, and the builder's notes.
constexpr std::size_t manifest_overhead_bytes = 2048;

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;
using flatbuffers::Vector;

// The names of the sources go in as one run of bytes; a builder grows downwards, so the last comes first.
Offset<Vector<std::uint8_t>> write_source_names(FlatBufferBuilder& builder,
                                                std::span<const SourcePositionView> sources) {
  std::size_t size = 0;
  for (const auto& position : sources) size += position.source.size();
  builder.StartVector(size, 1);
  for (std::size_t s = sources.size(); s-- > 0;)
    builder.PushBytes(reinterpret_cast<const std::uint8_t*>(sources[s].source.data()), sources[s].source.size());
  return {builder.EndVector(size)};
}

Offset<Vector<std::uint32_t>> write_source_ends(FlatBufferBuilder& builder,
                                                std::span<const SourcePositionView> sources) {
  std::size_t end = 0;
  for (const auto& position : sources) end += position.source.size();
  builder.StartVector(sources.size(), sizeof(std::uint32_t));
  for (std::size_t s = sources.size(); s-- > 0;) {
    builder.PushElement(static_cast<std::uint32_t>(end));
    end -= sources[s].source.size();
  }
  return {builder.EndVector(sources.size())};
}

Offset<Vector<std::uint64_t>> write_source_sequences(FlatBufferBuilder& builder,
                                                     std::span<const SourcePositionView> sources) {
  builder.StartVector(sources.size(), sizeof(std::uint64_t));
  for (std::size_t s = sources.size(); s-- > 0;) builder.PushElement(sources[s].sequence);
  return {builder.EndVector(sources.size())};
}

// Every place of the sketch, since a candidate's place is part of the state; nothing at all if none is taken.
std::size_t candidates_written(const SideState<float>& side) noexcept {
  const bool some = std::ranges::any_of(side.candidate_counts, [](float uses) { return uses > 0; });
  return some ? side.candidate_counts.size() : 0;
}

bool sources_fit(const schema::Manifest& manifest) {
  const auto names = elements(manifest.source_name_bytes());
  const auto ends = elements(manifest.source_name_ends());
  const auto* sequences = manifest.source_sequences();
  const TokenList list({reinterpret_cast<const char*>(names.data()), names.size()}, ends);
  return list.well_formed() && ends.size() == (sequences == nullptr ? 0 : sequences->size());
}

Expected<> check_encoding(const schema::Manifest& manifest, std::uint32_t version) {
  if (manifest.version() != version)
    return fail(ErrorCode::bad_data, "manifest: format version ", manifest.version(), ", but the header says ",
                version);
  const unsigned encoding = manifest.encoding().value_or(0);
  if (encoding > std::to_underlying(Encoding::int8))
    return fail(ErrorCode::unsupported_version, "manifest: this program does not know encoding ", encoding);
  if (format_version(Encoding{static_cast<std::uint8_t>(encoding)}) != version)
    return fail(ErrorCode::bad_data, "manifest: encoding ", encoding, " in a file of format version ", version);
  return {};
}

}  // namespace

TokenStorage context_token_storage(const LearnerState<float>& state) noexcept {
  const TokenList& items = state.items.tokens;
  const TokenList& contexts = state.contexts.tokens;
  return std::ranges::equal(items.ends(), contexts.ends()) && std::ranges::equal(items.bytes(), contexts.bytes())
             ? TokenStorage::shared
             : TokenStorage::stored;
}

std::size_t manifest_bytes(const SnapshotView& snapshot, std::size_t chunks) noexcept {
  std::size_t bytes = manifest_overhead_bytes + snapshot.lineage.run.size() + snapshot.lineage.program.size() +
                      snapshot.state.rotation.size() * sizeof(double) + chunks * sizeof(schema::Chunk) +
                      snapshot.canaries.rows.size() * sizeof(RowIndex) +
                      static_cast<std::size_t>(snapshot.canaries.before.size()) * sizeof(float);
  for (const auto* side : {&snapshot.state.items, &snapshot.state.contexts})
    bytes += candidates_written(*side) * (sizeof(std::uint64_t) + sizeof(float));
  for (const auto& position : snapshot.sources)
    bytes += position.source.size() + sizeof(std::uint32_t) + sizeof(std::uint64_t);
  return aligned_up(bytes);
}

std::span<const std::byte> write_manifest(FlatBufferBuilder& builder, const SnapshotView& snapshot,
                                          std::span<const schema::Chunk> chunks) {
  builder.ForceDefaults(true);  // what is 0 is written too, so that no field is ever missing
  const LearnerState<float>& state = snapshot.state;
  const auto run = builder.CreateString(snapshot.lineage.run.data(), snapshot.lineage.run.size());
  const auto program = builder.CreateString(snapshot.lineage.program.data(), snapshot.lineage.program.size());
  const auto options = write_options(builder, snapshot.options);
  const auto report = write_report(builder, snapshot.report);
  const auto rotation = builder.CreateVector(state.rotation.data(), state.rotation.size());
  const auto names = write_source_names(builder, snapshot.sources);
  const auto ends = write_source_ends(builder, snapshot.sources);
  const auto sequences = write_source_sequences(builder, snapshot.sources);
  const auto chunk_list = builder.CreateVectorOfStructs(chunks.data(), chunks.size());
  const ValueState& v = state.values;
  const schema::Values values(state.value_scale, v.mean, v.mean_precision, v.noise_deviation, v.noise_weight,
                              v.baseline_noise_deviation, v.baseline_noise_weight);
  const auto item_candidates = candidates_written(state.items);
  const auto context_candidates = candidates_written(state.contexts);
  const auto item_hashes = builder.CreateVector(state.items.candidate_hashes.data(), item_candidates);
  const auto item_counts = builder.CreateVector(state.items.candidate_counts.data(), item_candidates);
  const auto context_hashes = builder.CreateVector(state.contexts.candidate_hashes.data(), context_candidates);
  const auto context_counts = builder.CreateVector(state.contexts.candidate_counts.data(), context_candidates);
  const CanariesView& canaries = snapshot.canaries;
  const auto canary_rows = builder.CreateVector(canaries.rows.data(), canaries.rows.size());
  const auto canary_before =
      builder.CreateVector(canaries.before.data(), static_cast<std::size_t>(canaries.before.size()));
  const bool shared = context_token_storage(state) == TokenStorage::shared;
  flatbuffers::Optional<std::uint8_t> encoding;  // absent in what readers of version 1 read
  if (snapshot.encoding != Encoding::float32) encoding = static_cast<std::uint8_t>(snapshot.encoding);
  builder.Finish(schema::CreateManifest(builder, format_version(snapshot.encoding), run, program,
                                        snapshot.lineage.parent_checksum, options, report, state.time_unit_seconds,
                                        shared, rotation, names, ends, sequences, chunk_list, &values, item_hashes,
                                        item_counts, context_hashes, context_counts, snapshot.lineage.smoothed,
                                        options_digest(snapshot.options), canary_rows, canary_before, encoding),
                 schema::ManifestIdentifier());
  return {reinterpret_cast<const std::byte*>(builder.GetBufferPointer()), builder.GetSize()};
}

Expected<const schema::Manifest*> read_manifest(const AlignedBytes& bytes, std::uint32_t version) {
  const auto root = verified_root<schema::Manifest>(bytes, schema::ManifestIdentifier(), "manifest");
  if (!root) return root;
  const schema::Manifest& manifest = **root;
  if (auto ok = check_encoding(manifest, version); !ok) return std::unexpected(ok.error());
  if (manifest.run() == nullptr || manifest.program() == nullptr || manifest.options() == nullptr ||
      manifest.report() == nullptr || manifest.rotation() == nullptr || manifest.values() == nullptr)
    return fail(ErrorCode::bad_data,
                "manifest: the run, the program, the options, the report, the rotation or the values are missing");
  if (manifest.options_digest() != 0 && manifest.options_digest() != options_digest(read_options(*manifest.options())))
    return fail(ErrorCode::bad_data, "manifest: the options do not fit their digest");
  if (!sources_fit(manifest))
    return fail(ErrorCode::bad_data, "manifest: the sources' names and sequence numbers do not fit each other");
  return root;
}

Encoding encoding_of(const schema::Manifest& manifest) noexcept { return Encoding{manifest.encoding().value_or(0)}; }

Expected<RowCounts> check_chunks(std::span<const schema::Chunk> chunks, std::uint32_t dimension, Encoding encoding,
                                 std::uint64_t manifest_offset) {
  RowCounts rows{};
  std::uint64_t offset = snapshot_header_bytes;
  std::uint32_t side = 0;
  for (std::size_t c = 0; c < chunks.size(); ++c) {
    const schema::Chunk& chunk = chunks[c];
    if (chunk.side() < side || chunk.side() > 1 || chunk.reserved() != 0 || chunk.first_row() != rows.at(chunk.side()))
      return fail(ErrorCode::bad_data, "chunks[", c, "]: row ", chunk.first_row(), " of side ", chunk.side(),
                  " does not come here");
    side = chunk.side();
    if (chunk.offset() != offset || chunk.length() > manifest_offset - offset)
      return fail(ErrorCode::bad_data, "chunks[", c, "]: ", chunk.length(), " bytes at offset ", chunk.offset(),
                  " overlap something or leave a gap; offset ", offset, " is due");
    const std::uint64_t least_bytes = std::uint64_t{chunk.row_count()} * dimension * bytes_per_number(encoding);
    if (chunk.row_count() == 0 || least_bytes > chunk.length())
      return fail(ErrorCode::bad_data, "chunks[", c, "]: ", chunk.length(), " bytes cannot hold ", chunk.row_count(),
                  " rows of dimension ", dimension);
    rows.at(side) += chunk.row_count();
    if (rows.at(side) >= no_row) return fail(ErrorCode::bad_data, "chunks[", c, "]: more than 2^32 rows");
    offset = aligned_up(offset + chunk.length());
  }
  if (offset != manifest_offset)
    return fail(ErrorCode::bad_data, "chunks: they end at offset ", offset, ", but the manifest begins at ",
                manifest_offset);
  return rows;
}

}  // namespace gaugeline::formats
