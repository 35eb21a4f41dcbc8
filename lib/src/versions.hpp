// Runs a kernel's body in the version for the units asked for (see kernels.hpp).
#pragma once

#include <algorithm>
#include <cstddef>
#include <type_traits>

#include "kernels.hpp"
#include "lanes.hpp"

namespace gaugeline::kernels {

#if defined(__x86_64__) && defined(__GNUC__)
template <class Body, class... Arguments>
__attribute__((target("arch=x86-64-v4"))) void run_v4(const Arguments&... arguments) noexcept {
  Body::template run<64>(arguments...);
}
template <class Body, class... Arguments>
__attribute__((target("arch=x86-64-v3"))) void run_v3(const Arguments&... arguments) noexcept {
  Body::template run<32>(arguments...);
}
#endif

// Body::run<bytes of a register>(arguments), for these units.
template <class Body, class... Arguments>
void run([[maybe_unused]] Units units, const Arguments&... arguments) noexcept {
#if defined(__x86_64__) && defined(__GNUC__)
  if (units == Units::v4) return run_v4<Body>(arguments...);
  if (units == Units::v3) return run_v3<Body>(arguments...);
#endif
  Body::template run<16>(arguments...);
}

template <class Scalar, std::size_t bytes>
inline constexpr std::size_t widest = std::max<std::size_t>(bytes / sizeof(Scalar), 4);

// Calls step(width, begin) for runs of [begin, count): of the greatest width first, then of halves of it.
template <std::size_t width, class Step>
GAUGELINE_INLINE void for_lanes(std::size_t count, const Step& step, std::size_t begin = 0) noexcept {
  for (; begin + width <= count; begin += width) step(std::integral_constant<std::size_t, width>(), begin);
  if constexpr (width > 1) for_lanes<width / 2>(count, step, begin);
}

}  // namespace gaugeline::kernels
