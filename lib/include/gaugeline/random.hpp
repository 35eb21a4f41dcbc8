// Random numbers that are the same on every machine and in every version: splitmix64 (Steele, Lea, Flood 2014), and
// normals by Box-Muller (the second normal of each pair is not used). std:: distributions differ between libraries.
#pragma once

#include <cmath>
#include <cstdint>
#include <numbers>

namespace gaugeline {

class Random {
 public:
  explicit constexpr Random(std::uint64_t seed) noexcept : state_(seed) {}

  constexpr std::uint64_t bits() noexcept {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
  }
  // Uniform in [0, 1), 53 bits.
  constexpr double uniform() noexcept { return static_cast<double>(bits() >> 11U) * 0x1.0p-53; }
  // Normal with mean 0 and variance 1. Two draws, in this order.
  double normal() noexcept {
    const double a = uniform();
    const double b = uniform();
    return std::sqrt(-2 * std::log(1 - a)) * std::cos(2 * std::numbers::pi * b);
  }

 private:
  std::uint64_t state_;
};

}  // namespace gaugeline
