#include <algorithm>
#include <memory>
#include <vector>

#include <gaugeline/formats/snapshot.hpp>

#include "checksum.hpp"
#include "flatbuffer.hpp"
#include "manifest.hpp"
#include "row_chunk.hpp"
#include "snapshot_check.hpp"
#include "snapshot_layout.hpp"
#include "workspace_allocator.hpp"

namespace gaugeline::formats {
namespace {

static_assert(max_chunk_bytes == max_flatbuffer_bytes);

RowStorage row_storage(const SnapshotView& snapshot, Side side) noexcept {
  return {.tokens = side == Side::items ? TokenStorage::stored : context_token_storage(snapshot.state),
          .encoding = snapshot.encoding};
}

// How a snapshot is going to be cut: known before a byte is written, so that the workspace can be checked.
struct Plan {
  std::size_t chunks = 0;
  std::size_t largest_chunk_bytes = 0;

  Plan(const SnapshotView& snapshot, std::size_t chunk_bytes) noexcept {
    for (const Side side : {Side::items, Side::contexts})
      add(snapshot.state[side], row_storage(snapshot, side), chunk_bytes);
  }

  void add(const SideState<float>& side, RowStorage storage, std::size_t chunk_bytes) noexcept {
    for (RowRange rows; rows.first < side.size(); rows.first += rows.count) {
      rows = next_rows(side, rows.first, storage, chunk_bytes);
      largest_chunk_bytes = std::max(largest_chunk_bytes, row_chunk_bytes(side, rows, storage));
      ++chunks;
    }
  }

  // The list of chunks, and a FlatBuffer at a time.
  [[nodiscard]] std::size_t list_bytes() const noexcept { return aligned_up(chunks * sizeof(schema::Chunk)); }
  [[nodiscard]] std::size_t builder_bytes(const SnapshotView& snapshot) const noexcept {
    return std::max(largest_chunk_bytes, manifest_bytes(snapshot, chunks));
  }
  [[nodiscard]] std::size_t workspace_bytes(const SnapshotView& snapshot) const noexcept {
    return part_alignment + list_bytes() + builder_bytes(snapshot);
  }
};

class SnapshotEncoder {
 public:
  // `workspace` is aligned and large enough for the plan.
  SnapshotEncoder(const SnapshotView& snapshot, const Plan& plan, std::span<std::byte> workspace, ByteSink& sink,
                  std::size_t chunk_bytes) noexcept
      : snapshot_(snapshot),
        list_(reinterpret_cast<schema::Chunk*>(workspace.data()), plan.chunks),
        memory_(workspace.subspan(plan.list_bytes(), plan.builder_bytes(snapshot))),
        sink_(sink),
        chunk_bytes_(chunk_bytes) {}

  Expected<std::uint64_t> encode() {
    if (const auto ok = put(snapshot_header(format_version(snapshot_.encoding))); !ok)
      return std::unexpected(ok.error());
    for (const Side side : {Side::items, Side::contexts}) {
      if (const auto ok = write_rows(side); !ok) return std::unexpected(ok.error());
    }
    return finish();
  }

 private:
  Expected<> write_rows(Side which) {
    const SideState<float>& side = snapshot_.state[which];
    const RowStorage storage = row_storage(snapshot_, which);
    for (RowRange rows; rows.first < side.size(); rows.first += rows.count) {
      rows = next_rows(side, rows.first, storage, chunk_bytes_);
      WorkspaceAllocator allocator(memory_);
      flatbuffers::FlatBufferBuilder builder(memory_.size(), &allocator);
      const RowChunk chunk = write_row_chunk(builder, side, rows, storage);
      list_[written_chunks_++] =
          schema::Chunk(offset_, chunk.size(), checksum(chunk.pieces), static_cast<std::uint32_t>(rows.first),
                        static_cast<std::uint32_t>(rows.count), static_cast<std::uint32_t>(which), 0);
      if (auto ok = put(chunk.pieces); !ok) return ok;
    }
    return {};
  }

  Expected<std::uint64_t> finish() {
    WorkspaceAllocator allocator(memory_);
    flatbuffers::FlatBufferBuilder builder(memory_.size(), &allocator);
    const auto manifest = write_manifest(builder, snapshot_, list_);
    const auto footer =
        SnapshotFooter{
            .manifest_offset = offset_, .manifest_bytes = manifest.size(), .manifest_checksum = checksum(manifest)}
            .sealed(format_version(snapshot_.encoding));
    if (const auto ok = put(manifest); !ok) return std::unexpected(ok.error());
    if (const auto ok = put(footer); !ok) return std::unexpected(ok.error());
    return SnapshotFooter::checksum_of(footer);
  }

  // Writes a part, and zeros up to where the next one begins.
  Expected<> put(std::span<const std::byte> part) { return put(std::span(&part, 1)); }
  Expected<> put(std::span<const std::span<const std::byte>> pieces) {
    static constexpr std::array<std::byte, part_alignment> zeros{};
    std::uint64_t end = offset_;
    for (const auto piece : pieces) {
      if (auto ok = sink_.write(piece); !ok) return ok;
      end += piece.size();
    }
    offset_ = aligned_up(end);
    return offset_ == end ? Expected<>() : sink_.write(std::span(zeros).first(offset_ - end));
  }

  const SnapshotView& snapshot_;
  std::span<schema::Chunk> list_;
  std::span<std::byte> memory_;
  ByteSink& sink_;
  std::size_t chunk_bytes_;
  std::size_t written_chunks_ = 0;
  std::uint64_t offset_ = 0;
};

Expected<> check_plan(const Plan& plan, const SnapshotView& snapshot, std::size_t workspace_bytes,
                      std::size_t chunk_bytes) noexcept {
  if (chunk_bytes > max_chunk_bytes)
    return fail(ErrorCode::invalid_argument, "chunk_bytes is ", chunk_bytes, ", over ", max_chunk_bytes);
  if (plan.largest_chunk_bytes > chunk_bytes)
    return fail(ErrorCode::invalid_argument, "chunk_bytes is ", chunk_bytes, ", but a row needs ",
                plan.largest_chunk_bytes);
  if (manifest_bytes(snapshot, plan.chunks) > max_flatbuffer_bytes)
    return fail(ErrorCode::capacity_exceeded, "the manifest would be larger than ", max_flatbuffer_bytes, " bytes");
  if (plan.workspace_bytes(snapshot) > workspace_bytes)
    return fail(ErrorCode::capacity_exceeded, "the workspace has ", workspace_bytes, " bytes where ",
                plan.workspace_bytes(snapshot), " are needed (snapshot_workspace_bytes)");
  return {};
}

}  // namespace

std::size_t snapshot_workspace_bytes(const SnapshotView& snapshot, std::size_t chunk_bytes) noexcept {
  return Plan(snapshot, chunk_bytes).workspace_bytes(snapshot);
}

Expected<std::uint64_t> encode_snapshot(const SnapshotView& snapshot, std::span<std::byte> workspace, ByteSink& sink,
                                        std::size_t chunk_bytes) {
  if (const auto ok = check_snapshot(snapshot); !ok)
    return fail(ErrorCode::invalid_argument, "snapshot: ", ok.error().message());
  const Plan plan(snapshot, chunk_bytes);
  if (const auto ok = check_plan(plan, snapshot, workspace.size(), chunk_bytes); !ok)
    return std::unexpected(ok.error());
  const auto address = reinterpret_cast<std::uintptr_t>(workspace.data());
  const auto aligned = workspace.subspan(aligned_up(address) - address);
  return SnapshotEncoder(snapshot, plan, aligned, sink, chunk_bytes).encode();
}

Expected<std::uint64_t> encoded_bytes(const SnapshotView& snapshot) {
  struct Counter final : ByteSink {
    Expected<> write(std::span<const std::byte> more) override {
      bytes += more.size();
      return {};
    }
    std::uint64_t bytes = 0;
  } counter;
  std::vector<std::byte> workspace(snapshot_workspace_bytes(snapshot));
  if (const auto encoded = encode_snapshot(snapshot, workspace, counter); !encoded)
    return std::unexpected(encoded.error());
  return counter.bytes;
}

}  // namespace gaugeline::formats
