// Several numbers at a time, as the compiler's vector types: one source for SSE, AVX, AVX-512 and NEON. Lanes are
// passed by reference and everything is inlined into the version that calls it, so that no function's interface
// depends on the units.
#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#define GAUGELINE_INLINE __attribute__((always_inline)) inline
#define GAUGELINE_UNROLL _Pragma("GCC unroll 16")  // before a loop over registers, which have no indices

namespace gaugeline::kernels {

template <class Scalar, std::size_t width>
struct LanesOf {
  typedef Scalar type __attribute__((vector_size(width * sizeof(Scalar))));
  // The same anywhere in memory.
  typedef Scalar stored __attribute__((vector_size(width * sizeof(Scalar)), aligned(alignof(Scalar)), may_alias));
};
template <class Scalar, std::size_t width>
using Lanes = typename LanesOf<Scalar, width>::type;

template <class Vector, class Scalar>
GAUGELINE_INLINE void load(Vector& lanes, const Scalar* from) noexcept {
  lanes = *reinterpret_cast<const typename LanesOf<Scalar, sizeof(Vector) / sizeof(Scalar)>::stored*>(from);
}
template <class Vector, class Scalar>
GAUGELINE_INLINE void store(Scalar* to, const Vector& lanes) noexcept {
  *reinterpret_cast<typename LanesOf<Scalar, sizeof(Vector) / sizeof(Scalar)>::stored*>(to) = lanes;
}

template <class Half, class Whole, std::size_t... i>
GAUGELINE_INLINE void add_halves(Half& sum, const Whole& whole, std::index_sequence<i...>) noexcept {
  sum = __builtin_shufflevector(whole, whole, i...) + __builtin_shufflevector(whole, whole, (i + sizeof...(i))...);
}

// to[j] = the sum of from[j]'s lanes, for four times four lanes.
template <class Four>
GAUGELINE_INLINE void add_across(Four& to, const Four (&from)[4]) noexcept {
  const Four a =
      __builtin_shufflevector(from[0], from[1], 0, 4, 1, 5) + __builtin_shufflevector(from[0], from[1], 2, 6, 3, 7);
  const Four b =
      __builtin_shufflevector(from[2], from[3], 0, 4, 1, 5) + __builtin_shufflevector(from[2], from[3], 2, 6, 3, 7);
  to = __builtin_shufflevector(a, b, 0, 1, 4, 5) + __builtin_shufflevector(a, b, 2, 3, 6, 7);
}

// a and b, of as many lanes each, become a0 b0 a1 b1 ...: its first half and its second.
template <class Vector, std::size_t... i>
GAUGELINE_INLINE void interleave(Vector& a, Vector& b, std::index_sequence<i...>) noexcept {
  constexpr std::size_t width = sizeof...(i);
  const Vector first = __builtin_shufflevector(a, b, (i / 2 + i % 2 * width)...);
  b = __builtin_shufflevector(a, b, (i / 2 + width / 2 + i % 2 * width)...);
  a = first;
}

}  // namespace gaugeline::kernels
