// Options and reports as FlatBuffers tables (schema/snapshot.fbs), field by field.
#pragma once

#include <flatbuffers/flatbuffers.h>
#include <snapshot_generated.h>

#include <gaugeline/learner_state.hpp>
#include <gaugeline/options.hpp>

namespace gaugeline::formats {

[[nodiscard]] flatbuffers::Offset<schema::Options> write_options(flatbuffers::FlatBufferBuilder& builder,
                                                                 const Options& options);
// The ranges are for validate(options) to check; enumerators without a name come through as they are.
[[nodiscard]] Options read_options(const schema::Options& source) noexcept;

// XXH3-64 of the values in the order of the schema, each little-endian in its width there: two runs with the same
// digest were told the same. Never 0. No heap.
[[nodiscard]] std::uint64_t options_digest(const Options& options) noexcept;

[[nodiscard]] flatbuffers::Offset<schema::Report> write_report(flatbuffers::FlatBufferBuilder& builder,
                                                               const SliceReport& report);
[[nodiscard]] SliceReport read_report(const schema::Report& source) noexcept;

}  // namespace gaugeline::formats
