#include "delta_vectors.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

#include "delta_columns.hpp"

namespace gaugeline::formats {
namespace {

// Beyond that, words are shorter.
constexpr double most_steps = 1 << 22;

double squared_distance(std::span<const float> a, std::span<const float> b) noexcept {
  double sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    const double difference = static_cast<double>(a[k]) - static_cast<double>(b[k]);
    sum += difference * difference;
  }
  return sum;
}

bool same_bits(std::span<const float> a, std::span<const float> b) noexcept {
  return std::ranges::equal(
      a, b, [](float x, float y) { return std::bit_cast<std::uint32_t>(x) == std::bit_cast<std::uint32_t>(y); });
}

// False if the steps do not come close enough, or are too many.
bool code_steps(std::span<const float> base, std::span<const float> target, const RowTolerance& tolerance,
                std::span<std::uint32_t> differences) noexcept {
  if (!(tolerance.step > 0) || !std::isfinite(tolerance.step)) return false;
  double error = 0;
  for (std::size_t k = 0; k < base.size(); ++k) {
    const double steps =
        (static_cast<double>(target[k]) - static_cast<double>(base[k])) / static_cast<double>(tolerance.step);
    if (!(std::abs(steps) <= most_steps)) return false;
    const auto count = static_cast<std::int32_t>(std::lround(steps));
    const double off =
        static_cast<double>(moved_by_steps(base[k], tolerance.step, count)) - static_cast<double>(target[k]);
    error += off * off;
    differences[k] = difference(static_cast<std::uint32_t>(count), 0);
  }
  return error <= tolerance.distance * tolerance.distance;
}

}  // namespace

RowTolerance::RowTolerance(const DeltaTolerance& tolerance, float precision, std::size_t dimension) noexcept {
  const double root = std::sqrt(static_cast<double>(dimension));
  const auto amount = static_cast<double>(tolerance.amount);
  distance = tolerance.unit == DeltaTolerance::Unit::absolute
                 ? amount
                 : amount * root / std::sqrt(static_cast<double>(precision));
  step = static_cast<float>(2 * distance / root);
}

float moved_by_steps(float base, float step, std::int32_t count) noexcept {
  return static_cast<float>(static_cast<double>(base) + static_cast<double>(step) * count);
}

bool is_unmoved(std::span<const float> base, std::span<const float> target, const RowTolerance& tolerance) noexcept {
  return tolerance.distance > 0 ? squared_distance(base, target) <= tolerance.distance * tolerance.distance
                                : same_bits(base, target);
}

VectorCoding code_vector(std::span<const float> base, std::span<const float> target, const RowTolerance& tolerance,
                         std::span<std::uint32_t> differences) noexcept {
  if (code_steps(base, target, tolerance, differences)) return VectorCoding::steps;
  for (std::size_t k = 0; k < base.size(); ++k)
    differences[k] = difference(std::bit_cast<std::uint32_t>(target[k]), std::bit_cast<std::uint32_t>(base[k]));
  return VectorCoding::words;
}

void decode_vector(std::span<const float> base, VectorCoding coding, float step,
                   std::span<const std::uint32_t> differences, std::span<float> result) noexcept {
  for (std::size_t k = 0; k < base.size(); ++k) {
    if (coding == VectorCoding::unmoved) {
      result[k] = base[k];
    } else if (coding == VectorCoding::steps) {
      result[k] = moved_by_steps(base[k], step, static_cast<std::int32_t>(undo_difference(differences[k], 0)));
    } else {
      result[k] = std::bit_cast<float>(undo_difference(differences[k], std::bit_cast<std::uint32_t>(base[k])));
    }
  }
}

}  // namespace gaugeline::formats
