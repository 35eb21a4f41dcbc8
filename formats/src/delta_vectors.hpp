// Vectors that moved, in steps of the size that the tolerance allows: schema/delta.fbs, DeltaVectors.
#pragma once

#include <cstdint>
#include <span>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/delta.hpp>

namespace gaugeline::formats {

enum class VectorCoding : std::uint8_t {
  unmoved = 0,  // within the tolerance of where it was in the base: it stays there
  steps = 1,    // base + step * (an integer per coordinate)
  words = 2,    // exactly
};

// How far a row may end from where it should be, and the step per coordinate that keeps it there: rounding to whole
// steps is off by at most half a step per coordinate, step sqrt(d) / 2 in all.
struct RowTolerance {
  RowTolerance(const DeltaTolerance& tolerance, float precision, std::size_t dimension) noexcept;
  double distance = 0;
  float step = 0;
};

// base + step * n, rounded once: step * n is exact in double, so every machine comes to the same float, whether it
// fuses the product with the sum or not.
[[nodiscard]] float moved_by_steps(float base, float step, std::int32_t count) noexcept;

// Within the tolerance of where it was; the same bits if that is 0.
[[nodiscard]] bool is_unmoved(std::span<const float> base, std::span<const float> target,
                              const RowTolerance& tolerance) noexcept;

// Codes a row that moved, as steps or words; `differences` gets what DeltaVectors stores of it.
[[nodiscard]] VectorCoding code_vector(std::span<const float> base, std::span<const float> target,
                                       const RowTolerance& tolerance, std::span<std::uint32_t> differences) noexcept;

// The row that `coding` and `differences` make out of `base`.
void decode_vector(std::span<const float> base, VectorCoding coding, float step,
                   std::span<const std::uint32_t> differences, std::span<float> result) noexcept;

}  // namespace gaugeline::formats
