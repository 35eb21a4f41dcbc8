#include "checkpoint.hpp"

#include <algorithm>

#include <gaugeline/formats/atomic_file.hpp>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "restart_generated.h"
#include "verified_table.hpp"

namespace gaugeline::stream {
namespace {

constexpr std::size_t checksum_bytes = 8;
constexpr std::uint64_t max_bytes = (std::uint64_t{1} << 31U) - 65536;  // of a FlatBuffer

std::uint64_t checksum(std::span<const std::byte> bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

}  // namespace

std::vector<std::byte> encode_checkpoint(const Checkpoint& checkpoint) {
  flatbuffers::FlatBufferBuilder builder(checkpoint.intake.size() + 4096);
  const auto intake =
      builder.CreateVector(reinterpret_cast<const std::uint8_t*>(checkpoint.intake.data()), checkpoint.intake.size());
  std::vector<flatbuffers::Offset<restart::Position>> positions;
  for (const auto& [source, sequence] : checkpoint.positions)
    positions.push_back(restart::CreatePosition(builder, builder.CreateString(source), sequence));
  const auto all = builder.CreateVector(positions);
  const auto run = builder.CreateString(checkpoint.run);
  auto bytes = finished_bytes(builder,
                              restart::CreateCheckpoint(builder, run, checkpoint.next_record, checkpoint.late_bytes,
                                                        all, intake, checkpoint.slices),
                              restart::CheckpointIdentifier());
  std::uint64_t sum = checksum(bytes);
  for (std::size_t i = 0; i < checksum_bytes; ++i, sum >>= 8U) bytes.push_back(static_cast<std::byte>(sum & 255U));
  return bytes;
}

Expected<Checkpoint> decode_checkpoint(std::span<const std::byte> bytes) {
  if (bytes.size() < checksum_bytes) return fail(ErrorCode::bad_data, "is too short for a checkpoint");
  const auto body = bytes.first(bytes.size() - checksum_bytes);
  std::uint64_t sum = 0;
  for (std::size_t i = checksum_bytes; i-- > 0;)
    sum = sum << 8U | std::to_integer<std::uint64_t>(bytes[body.size() + i]);
  if (sum != checksum(body)) return fail(ErrorCode::checksum_mismatch, "does not match its checksum");
  const VerifiedTable<restart::Checkpoint> table(body, restart::CheckpointIdentifier());
  if (!table) return fail(ErrorCode::bad_data, "is not a well-formed checkpoint");
  Checkpoint checkpoint{.run = table->run()->str(),
                        .slices = table->slices(),
                        .next_record = table->next_record(),
                        .late_bytes = table->late_bytes(),
                        .positions = {},
                        .intake = {}};
  for (const auto* position : *table->positions())
    checkpoint.positions.insert_or_assign(position->source()->str(), position->sequence());
  const auto intake = std::as_bytes(std::span(table->intake()->data(), table->intake()->size()));
  checkpoint.intake.assign(intake.begin(), intake.end());
  return checkpoint;
}

Expected<std::optional<Checkpoint>> read_checkpoint(const std::filesystem::path& data_directory,
                                                    formats::FileSystem& files) {
  const auto path = data_directory / checkpoint_file;
  const auto file = files.open_to_read(path);
  if (!file && file.error().code() == ErrorCode::not_found) return std::nullopt;
  if (!file) return std::unexpected(file.error());
  const auto size = (*file)->size();
  if (!size) return std::unexpected(size.error());
  if (*size > max_bytes)
    return fail(ErrorCode::capacity_exceeded, path.native(), ": has ", *size, " bytes; at most ", max_bytes,
                " are read");
  std::vector<std::byte> bytes(*size);
  const auto count = (*file)->read(0, bytes);
  if (!count) return std::unexpected(count.error());
  auto checkpoint = decode_checkpoint(std::span(bytes).first(*count));
  if (!checkpoint) return std::unexpected(checkpoint.error().within(path.native()));
  return checkpoint;
}

Expected<> write_checkpoint(const std::filesystem::path& data_directory, std::span<const std::byte> encoded,
                            formats::FileSystem& files) {
  auto file = formats::AtomicFile::create(data_directory / checkpoint_file, files);
  if (!file) return std::unexpected(file.error());
  if (const auto written = file->write(encoded); !written) return written;
  return file->commit();
}

}  // namespace gaugeline::stream
