#include <bit>
#include <cstring>
#include <utility>

#include "intake_state.hpp"
#include "intake_state_format.hpp"

namespace gaugeline::stream {
namespace {

using flatbuffers::FlatBufferBuilder;
using flatbuffers::Offset;

std::int64_t microseconds(Time time) noexcept { return time.time_since_epoch().count(); }

// Room for the tables, with their lists' lengths and padding, of each window and each source.
constexpr std::size_t encoded_bytes_per_window = 256;
constexpr std::size_t bytes_per_source = 64;
constexpr std::size_t bytes_per_state = 1024;

std::size_t encoded_bytes(const Lexicon& lexicon) noexcept {
  return lexicon.token_bytes() + lexicon.size() * sizeof(std::uint32_t);
}

std::size_t encoded_bytes(const Runs& runs) noexcept {
  return (runs.all().size() + runs.size()) * sizeof(std::uint32_t);
}

// At least as many as there will be.
std::size_t encoded_bytes(const IntakeState& state) noexcept {
  std::size_t bytes = bytes_per_state + state.duplicates.oldest_first().size() * sizeof(intake::Hash);
  for (const auto& [name, source] : state.sources.sources()) bytes += bytes_per_source + name.size();
  for (const auto& [begin, window] : state.windows()) {
    bytes += encoded_bytes_per_window + encoded_bytes(window.tables.items()) + encoded_bytes(window.tables.contexts()) +
             encoded_bytes(window.bucket.sequences) + encoded_bytes(window.bucket.bags) +
             window.bucket.pairs.size() * sizeof(intake::PairIds) +
             window.bucket.values.size() * sizeof(intake::ValueIds);
  }
  return bytes;
}

template <class Element>
Offset<flatbuffers::Vector<Element>> numbers(FlatBufferBuilder& builder, std::span<const Element> elements) {
  return elements.empty() ? 0 : builder.CreateVector(elements.data(), elements.size());
}

template <class Element>
Offset<flatbuffers::Vector<const Element*>> structs(FlatBufferBuilder& builder, const std::vector<Element>& elements) {
  return elements.empty() ? 0 : builder.CreateVectorOfStructs(elements);
}

Offset<intake::Options> write(FlatBufferBuilder& builder, const IntakeOptions& options) {
  const SlicerOptions& slicing = options.slicing;
  const auto period = builder.CreateString(to_string(slicing.period));
  return intake::CreateOptions(
      builder, period, slicing.lateness.value_or(std::chrono::microseconds{0}).count(), slicing.window,
      slicing.window_weights == WindowWeights::falling, slicing.form == SequenceForm::pairs, slicing.min_count,
      slicing.vocabulary, fingerprint(slicing.stop_words), std::to_underlying(options.late), options.duplicate_horizon,
      options.max_open_bytes, static_cast<std::uint32_t>(options.max_sources));
}

Offset<intake::Lexicon> write(FlatBufferBuilder& builder, const Lexicon& lexicon) {
  if (lexicon.size() == 0) return 0;
  std::vector<std::uint8_t> bytes;
  std::vector<std::uint32_t> ends;
  bytes.reserve(lexicon.token_bytes());
  ends.reserve(lexicon.size());
  for (std::uint32_t id = 0; id < lexicon.size(); ++id) {
    const std::string_view token = lexicon.token(id);
    bytes.insert(bytes.end(), token.begin(), token.end());
    ends.push_back(static_cast<std::uint32_t>(bytes.size()));
  }
  const auto byte_vector = builder.CreateVector(bytes);
  return intake::CreateLexicon(builder, byte_vector, builder.CreateVector(ends));
}

Offset<flatbuffers::Vector<std::uint32_t>> write_ends(FlatBufferBuilder& builder, const Runs& runs) {
  std::vector<std::uint32_t> ends;
  ends.reserve(runs.size());
  for (const std::size_t end : runs.ends()) ends.push_back(static_cast<std::uint32_t>(end));
  return numbers(builder, std::span<const std::uint32_t>(ends));
}

Offset<intake::Window> write(FlatBufferBuilder& builder, Time begin, const IntakeWindow& window) {
  const Bucket& bucket = window.bucket;
  std::vector<intake::PairIds> pair_ids;
  pair_ids.reserve(bucket.pairs.size());
  for (const auto& [item, context] : bucket.pairs) pair_ids.emplace_back(item, context);
  std::vector<intake::ValueIds> value_ids;
  value_ids.reserve(bucket.values.size());
  for (const auto& [item, context, value] : bucket.values) value_ids.emplace_back(item, context, value);

  const auto items = write(builder, window.tables.items());
  const auto contexts = write(builder, window.tables.contexts());
  const auto sequence_ids = numbers(builder, bucket.sequences.all());
  const auto sequence_ends = write_ends(builder, bucket.sequences);
  const auto bag_ids = numbers(builder, bucket.bags.all());
  const auto bag_ends = write_ends(builder, bucket.bags);
  const auto pairs = structs(builder, pair_ids);
  const auto values = structs(builder, value_ids);
  return intake::CreateWindow(builder, microseconds(begin), items, contexts, sequence_ids, sequence_ends, bag_ids,
                              bag_ends, pairs, values);
}

Offset<intake::Counts> write(FlatBufferBuilder& builder, const IntakeCounts& counts) {
  return intake::CreateCounts(builder, counts.events, counts.late, counts.late_dropped, counts.late_aside,
                              counts.duplicates, counts.oversized_tokens, counts.slices, counts.dropped_slices,
                              counts.closed_early, counts.forgotten_sources);
}

void write(FlatBufferBuilder& builder, const IntakeState& state, const IntakeOptions& options) {
  std::vector<Offset<intake::Source>> sources;
  for (const auto& [name, source] : state.sources.sources())
    sources.push_back(intake::CreateSource(builder, builder.CreateString(name), microseconds(source.watermark),
                                           source.idle, source.ended));
  std::vector<Offset<intake::Window>> windows;
  for (const auto& [begin, window] : state.windows()) windows.push_back(write(builder, begin, window));
  std::vector<intake::Hash> ids;
  ids.reserve(state.duplicates.oldest_first().size());
  for (const auto& [low, high] : state.duplicates.oldest_first()) ids.emplace_back(low, high);

  const auto options_table = write(builder, options);
  const auto source_vector = sources.empty() ? 0 : builder.CreateVector(sources);
  const auto id_vector = structs(builder, ids);
  const auto window_vector = windows.empty() ? 0 : builder.CreateVector(windows);
  const auto counts = write(builder, state.counts);
  const auto& watermark = state.watermark();
  intake::FinishStateBuffer(
      builder,
      intake::CreateState(builder, intake_version, options_table, std::to_underlying(state.kind), watermark.has_value(),
                          watermark ? microseconds(*watermark) : 0, source_vector, id_vector, window_vector, counts));
}

}  // namespace

Expected<std::vector<std::byte>> encode_state(const IntakeState& state, const IntakeOptions& options) {
  const std::size_t room = encoded_bytes(state);
  if (room > max_intake_bytes)
    return fail(ErrorCode::capacity_exceeded, "intake: the state takes about ", room, " bytes; ", max_intake_bytes,
                " can be encoded: take the slices of the closed windows first");
  FlatBufferBuilder builder(room);
  write(builder, state, options);
  const auto body = std::as_bytes(std::span(builder.GetBufferPointer(), builder.GetSize()));
  std::vector<std::byte> bytes(intake_checksum_bytes + body.size());
  std::ranges::copy(body, bytes.begin() + intake_checksum_bytes);
  const std::uint64_t checksum = intake_checksum(body);
  for (std::size_t i = 0; i < intake_checksum_bytes; ++i) bytes[i] = static_cast<std::byte>(checksum >> (8U * i));
  return bytes;
}

}  // namespace gaugeline::stream
