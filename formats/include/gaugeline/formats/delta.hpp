// Deltas: what a consumer of snapshots has to fetch if it has an earlier one. Since the frame holds still, that is
// little: the rows that the slices in between told something of.
//
//   const auto old = read_snapshot("0000000011.snapshot"), now = read_snapshot("0000000012.snapshot");
//   encode_delta(old->view(), now->view(), {.amount = .1F}, file);        // by whoever publishes
//   const auto there = apply_delta(old->view(), bytes_of(file));          // by whoever consumes
//
// A tolerance says how far the vectors of the result may be from those of the snapshot that the delta was made from. A
// row that is no further than that from where it was in the base is left out; another is sent in steps of the size that
// the tolerance allows, so that it takes few bits. Let z be a row of an embedding table (or an anchor), p its posterior
// precision and d the dimension. Then the result z' keeps
//   posterior_deviations   |z' - z| <= amount sqrt(d / p):  `amount` standard deviations, as the root of the mean
//   square
//                          over coordinates
//   absolute               |z' - z| <= amount
// and with the amount 0 it is z, bit for bit. All else, tokens, precisions, uses and whatever a snapshot holds of a
// slice, comes out exactly in any case; without tolerance, so does the file (from the same version of gaugeline).
//
// Errors do not add up along a chain of deltas if each is made from what the consumer has, that is from the result of
// the delta before. Each delta names the base that it is for by a digest of its rows, and the result is checked against
// one too: nothing is ever applied to something else, or comes out other than it went in.
//
// Byte level: docs/formats.md. Thread-safety: the functions share nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/snapshot.hpp>

namespace gaugeline::formats {

inline constexpr std::uint32_t delta_format_version = 1;

struct DeltaTolerance {
  enum class Unit : std::uint8_t { posterior_deviations = 0, absolute = 1 };
  float amount = 0;  // finite, >= 0
  Unit unit = Unit::posterior_deviations;
};

// What a delta says about itself.
struct DeltaSummary {
  std::string run;
  std::uint64_t base_slice = 0, slice = 0;  // indices
  std::uint64_t base_digest = 0;            // of the rows of the base: rows_digest
  std::uint64_t digest = 0;                 // of the rows of the result
  std::uint64_t target_checksum = 0;        // of the snapshot that it was made from
  DeltaTolerance tolerance;
  std::uint64_t bytes = 0;    // of the delta
  std::size_t item_rows = 0;  // of the result
  std::size_t context_rows = 0;
  // Of both sides together.
  std::size_t new_rows = 0;    // a token that has no row in the base, or began anew
  std::size_t moved_rows = 0;  // that were in the base, and whose embedding moved by more than the tolerance
};

// Stands for all rows of a snapshot, tokens and every figure: the same for two snapshots whose rows are the same bit
// for bit, however they are stored. O(size).
[[nodiscard]] std::uint64_t rows_digest(const SnapshotView& snapshot) noexcept;

// Writes the delta. `target_checksum` is that of the file of `target`.
//
// Errors: invalid_argument where the two are not of the same run, options and kind (smoothed or not), where one is not
// float32, where base and target are out of order, or the tolerance is out of range; what check_snapshot finds; the
// sink's. Memory: one chunk of rows, and 16 bytes a row of the base. O(size).
[[nodiscard]] Expected<DeltaSummary> encode_delta(const SnapshotView& base, const SnapshotView& target,
                                                  std::uint64_t target_checksum, const DeltaTolerance& tolerance,
                                                  ByteSink& sink);

// `delta` is the whole file. Errors: bad_data, checksum_mismatch, unsupported_version or capacity_exceeded where it is
// damaged or means nothing; invalid_argument where it is for another base, which the message names. The result has been
// checked as a snapshot that is read from a file, and its checksum is that of the file which encode_snapshot makes of
// it.
[[nodiscard]] Expected<Snapshot> apply_delta(const SnapshotView& base, std::span<const std::byte> delta);

// Verifies every byte, and structure; what needs the base is left to apply_delta.
[[nodiscard]] Expected<DeltaSummary> read_delta_summary(std::span<const std::byte> delta);

// True if this is how a delta begins.
[[nodiscard]] bool begins_as_delta(std::span<const std::byte> bytes) noexcept;

}  // namespace gaugeline::formats
