// A smoothed slice as a snapshot: the filter's, with the smoother's embeddings and precisions.
#pragma once

#include <cstdint>
#include <string>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/snapshot_store.hpp>
#include <gaugeline/smoother.hpp>

namespace gaugeline::stream {

// Slice smoother.first() + index, of which `filtered` is the filter's snapshot; into `to`, as of that run. Returns the
// checksum.
[[nodiscard]] Expected<std::uint64_t> publish_smoothed(const formats::Snapshot& filtered,
                                                       const Smoother<float>& smoother, std::size_t index,
                                                       const std::string& run, std::uint64_t parent_checksum,
                                                       formats::SnapshotStore& to);

}  // namespace gaugeline::stream
