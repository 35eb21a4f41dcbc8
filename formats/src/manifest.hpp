// The manifest of a snapshot as a FlatBuffer (schema/snapshot.fbs).
#pragma once

#include <flatbuffers/flatbuffers.h>
#include <snapshot_generated.h>

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/snapshot.hpp>

#include "aligned_bytes.hpp"
#include "row_chunk.hpp"

namespace gaugeline::formats {

// Shared if the two sides have the same tokens in the same order: then the context chunks hold none.
[[nodiscard]] TokenStorage context_token_storage(const LearnerState<float>& state) noexcept;

// What the manifest takes at most while it is built and once it is finished.
[[nodiscard]] std::size_t manifest_bytes(const SnapshotView& snapshot, std::size_t chunks) noexcept;

// Builds the manifest; the result lies in the builder.
[[nodiscard]] std::span<const std::byte> write_manifest(flatbuffers::FlatBufferBuilder& builder,
                                                        const SnapshotView& snapshot,
                                                        std::span<const schema::Chunk> chunks);

// Structure, version (that of the header), and that what must be there is there. Figures are checked by check_snapshot.
[[nodiscard]] Expected<const schema::Manifest*> read_manifest(const AlignedBytes& bytes, std::uint32_t version);

// Of a manifest that read_manifest has taken.
[[nodiscard]] Encoding encoding_of(const schema::Manifest& manifest) noexcept;

// Rows of the items and of the contexts.
using RowCounts = std::array<std::uint64_t, 2>;

// Checks that the chunks cover the rows of both sides in order, and the bytes from the header to the manifest without
// overlap or gap; and that no chunk claims more rows than its bytes can hold.
[[nodiscard]] Expected<RowCounts> check_chunks(std::span<const schema::Chunk> chunks, std::uint32_t dimension,
                                               Encoding encoding, std::uint64_t manifest_offset);

}  // namespace gaugeline::formats
