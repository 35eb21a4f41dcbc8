#include "kernel_tiles.hpp"

#include "lanes.hpp"

#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__)

#include <cpuid.h>
#include <immintrin.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <utility>

#define GAUGELINE_TILES __attribute__((target("arch=x86-64-v4")))
#define GAUGELINE_PAIRS __attribute__((target("arch=x86-64-v4,avx512bf16")))

namespace gaugeline::kernels::tiles {
namespace {

constexpr std::size_t line = side * sizeof(float);  // bytes of a tile's row

using Words = Lanes<std::uint32_t, side>;

GAUGELINE_TILES GAUGELINE_INLINE __mmask16 first_lanes(std::size_t count) noexcept {
  return count >= side ? __mmask16{0xFFFF} : static_cast<__mmask16>((1U << count) - 1U);
}
// The bits of floats, rounded in their upper halves; what is half-way, away from 0.
GAUGELINE_TILES GAUGELINE_INLINE __m512i rounded(__m512 x) noexcept {
  return _mm512_add_epi32(_mm512_castps_si512(x), _mm512_set1_epi32(0x8000));
}
// The upper halves of a and b, in pairs.
GAUGELINE_TILES GAUGELINE_INLINE __m512i paired(__m512i a, __m512i b) noexcept {
  constexpr int a_or_b_and_c = 0xF8;
  return _mm512_ternarylogic_epi32(reinterpret_cast<__m512i>(reinterpret_cast<Words>(a) >> 16U), b,
                                   _mm512_set1_epi32(static_cast<int>(0xFFFF0000U)), a_or_b_and_c);
}
// The upper halves of a, then those of b.
GAUGELINE_TILES GAUGELINE_INLINE __m512i joined(__m512i a, __m512i b) noexcept {
  const __m512i uppers = _mm512_set_epi16(63, 61, 59, 57, 55, 53, 51, 49, 47, 45, 43, 41, 39, 37, 35, 33, 31, 29, 27,
                                          25, 23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3, 1);
  return _mm512_permutex2var_epi16(a, uppers, b);
}

// The registers tmm0 to tmm7, written out, since not every compiler's intrinsics say that they read or write memory.
template <int t>
GAUGELINE_INLINE void load_tile(const void* from, std::size_t step) noexcept {
  asm volatile("tileloadd (%0,%1,1), %%tmm%c2" : : "r"(from), "r"(step), "i"(t) : "memory");
}
template <int t>
GAUGELINE_INLINE void store_tile(void* to, std::size_t step) noexcept {
  asm volatile("tilestored %%tmm%c2, (%0,%1,1)" : : "r"(to), "r"(step), "i"(t) : "memory");
}
template <int t>
GAUGELINE_INLINE void clear_tile() noexcept {
  asm volatile("tilezero %%tmm%c0" : : "i"(t));
}
template <int sum, int a, int b>
GAUGELINE_INLINE void multiply_tiles() noexcept {
  asm volatile("tdpbf16ps %%tmm%c2, %%tmm%c1, %%tmm%c0" : : "i"(sum), "i"(a), "i"(b));
}

enum class Sum { whole, of_halves };

// `count` tiles of c from (i, j) on, in the direction of its columns. The registers 0 to 3 hold their sums, so that no
// product waits for the one before it; 4 and 5 whole tiles of the factors, 6 and 7 halves.
template <int count, bool add, Sum sum>
void multiply(const Block<float>& c, const Factor& left, const Factor& right, std::size_t i, std::size_t j) noexcept {
  constexpr int of_left = sum == Sum::whole ? 4 : 6;
  constexpr int of_right = of_left + 1;
  const std::size_t step = c.row_step * sizeof(float);
  float* const to = c.data + i * side * c.row_step + j * side;
  const auto each = [](const auto& visit) __attribute__((always_inline)) {
    [&]<int... t>(std::integer_sequence<int, t...>) __attribute__((always_inline)) {
      (visit(std::integral_constant<int, t>()), ...);
    }(std::make_integer_sequence<int, count>());
  };
  each([&](auto t) __attribute__((always_inline)) {
    if constexpr (add) {
      load_tile<t()>(to + t() * side, step);
    } else {
      clear_tile<t()>();
    }
  });
  for (std::size_t k = 0; k < left.along; ++k) {
    load_tile<of_left>(left.tile(i, k), line);
    each([&](auto t) __attribute__((always_inline)) {
      load_tile<of_right>(right.tile(j + t(), k), line);
      multiply_tiles<t(), of_left, of_right>();
    });
  }
  each([&](auto t) __attribute__((always_inline)) { store_tile<t()>(to + t() * side, step); });
}

template <bool add, Sum sum>
void multiply_by_tiles(const Block<float>& c, const Factor& left, const Factor& right) noexcept {
  for (std::size_t i = 0; i < left.across; ++i) {
    std::size_t j = 0;
    for (; j + 4 <= right.across; j += 4) multiply<4, add, sum>(c, left, right, i, j);
    if (right.across - j == 3) multiply<3, add, sum>(c, left, right, i, j);
    if (right.across - j == 2) multiply<2, add, sum>(c, left, right, i, j);
    if (right.across - j == 1) multiply<1, add, sum>(c, left, right, i, j);
  }
}

// Of each tile of c a register holds a row, so that no product waits for the one before it.
template <bool add>
GAUGELINE_PAIRS void multiply_by_pairs(const Block<float>& c, const Factor& left, const Factor& right,
                                       std::size_t count) noexcept {
  for (std::size_t i = 0; i < left.across; ++i) {
    for (std::size_t j = 0; j < right.across; ++j) {
      float* const to = c.data + i * side * c.row_step + j * side;
      __m512 sums[side];
#pragma GCC unroll 16
      for (std::size_t row = 0; row < side; ++row)
        sums[row] = add ? _mm512_loadu_ps(to + row * c.row_step) : _mm512_setzero_ps();
      for (std::size_t k = 0; k < count; k += 2) {
        const std::size_t word = k % depth / 2;
        const std::uint32_t* const of_left = left.tile(i, k / depth) + word;
        const auto of_right = reinterpret_cast<__m512bh>(_mm512_load_si512(right.tile(j, k / depth) + word * side));
#pragma GCC unroll 16
        for (std::size_t row = 0; row < side; ++row) {
          const __m512i same = _mm512_set1_epi32(static_cast<int>(of_left[row * side]));
          sums[row] = _mm512_dpbf16_ps(sums[row], of_right, reinterpret_cast<__m512bh>(same));
        }
      }
#pragma GCC unroll 16
      for (std::size_t row = 0; row < side; ++row) _mm512_storeu_ps(to + row * c.row_step, sums[row]);
    }
  }
}

template <bool add>
void multiply_all(const Block<float>& c, const Factor& left, const Factor& right, std::size_t count,
                  Unit unit) noexcept {
  if (unit == Unit::pairs) {
    multiply_by_pairs<add>(c, left, right, count);
  } else if (count <= side) {
    multiply_by_tiles<add, Sum::of_halves>(c, left, right);
  } else {
    multiply_by_tiles<add, Sum::whole>(c, left, right);
  }
}

// Asks Linux for the registers' room, which it keeps for a process that has asked.
bool ask_for_tiles() noexcept {
  constexpr unsigned amx_bf16 = 1U << 22U, amx_tile = 1U << 24U;
  constexpr long request_permission = 0x1023, tile_data = 18;
  unsigned a = 0, b = 0, c = 0, d = 0;
  if (!__builtin_cpu_supports("x86-64-v4")) return false;
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d) == 0 || (d & amx_bf16) == 0 || (d & amx_tile) == 0) return false;
  return syscall(SYS_arch_prctl, request_permission, tile_data) == 0;
}

}  // namespace

bool has(Unit unit) noexcept {
  if (unit == Unit::pairs) return __builtin_cpu_supports("x86-64-v4") && __builtin_cpu_supports("avx512bf16");
  static const bool tiles = ask_for_tiles();
  return unit == Unit::tiles && tiles;
}

Registers::Registers(Unit unit) noexcept : unit_(unit) {
  struct Shape {
    std::uint8_t palette = 1, start_row = 0, reserved[14] = {};
    std::uint16_t bytes_of_row[16] = {line, line, line, line, line, line, line / 2, line};
    std::uint8_t rows[16] = {side, side, side, side, side, side, side, side / 2};
  };
  alignas(64) static constexpr Shape shape;
  if (unit_ == Unit::tiles) asm volatile("ldtilecfg %0" : : "m"(shape));
}

Registers::~Registers() {
  if (unit_ == Unit::tiles) asm volatile("tilerelease");
}

GAUGELINE_TILES void gather(const Factor& left, const Factor& right, const RowList<float>& rows) noexcept {
  const std::size_t whole = rows.dimension / depth;
  const std::size_t rest = rows.dimension % depth;
  const __mmask16 rest_of_first = first_lanes(rest);
  const __mmask16 rest_of_second = first_lanes(rest > side ? rest - side : 0);
  for (std::size_t e = 0; e < left.across * side; e += 2) {
    // A row past the end is read through a mask of no lanes.
    const float* const a = rows.table + rows.at[e < rows.count ? e : 0] * rows.dimension;
    const float* const b = rows.table + rows.at[e + 1 < rows.count ? e + 1 : 0] * rows.dimension;
    const __mmask16 of_a = first_lanes(e < rows.count ? side : 0);
    const __mmask16 of_b = first_lanes(e + 1 < rows.count ? side : 0);
    std::uint32_t* const left_a = left.tile(e / side, 0) + e % side * side;
    std::uint32_t* const right_ab = right.tile(0, e / depth) + e % depth / 2 * side;
    const auto put = [&](std::size_t k, __mmask16 first, __mmask16 second) GAUGELINE_TILES
        __attribute__((always_inline)) {
          const float* const from_a = a + k * depth;
          const float* const from_b = b + k * depth;
          const __m512i a0 = rounded(_mm512_maskz_loadu_ps(of_a & first, from_a));
          const __m512i a1 = rounded(_mm512_maskz_loadu_ps(of_a & second, from_a + side));
          const __m512i b0 = rounded(_mm512_maskz_loadu_ps(of_b & first, from_b));
          const __m512i b1 = rounded(_mm512_maskz_loadu_ps(of_b & second, from_b + side));
          _mm512_store_si512(left_a + k * words, joined(a0, a1));
          _mm512_store_si512(left_a + k * words + side, joined(b0, b1));
          _mm512_store_si512(right_ab + 2 * k * right.along * words, paired(a0, b0));
          if (2 * k + 1 < right.across)
            _mm512_store_si512(right_ab + (2 * k + 1) * right.along * words, paired(a1, b1));
        };
    for (std::size_t k = 0; k < whole; ++k) put(k, 0xFFFF, 0xFFFF);
    if (rest > 0) put(whole, rest_of_first, rest_of_second);
  }
}

void transpose(const Factor& right, const Factor& left) noexcept {
  for (std::size_t t = 0; t < left.across * left.along; ++t) {
    // As floats, which are only moved.
    kernels::transpose<float>({reinterpret_cast<float*>(right.data + t * words), side, side, side},
                              {reinterpret_cast<float*>(left.data + t * words), side, side, side}, Units::v4);
  }
}

GAUGELINE_TILES void pack(const Factor& left, const Block<const float>& x) noexcept {
  for (std::size_t row = 0; row < side; ++row) {
    const __m512i bits = rounded(_mm512_loadu_ps(x.data + row * x.row_step));
    _mm512_store_si512(left.data + row * side, joined(bits, _mm512_setzero_si512()));
  }
}

GAUGELINE_TILES void pack_transposed(const Factor& left, const Block<const float>& x) noexcept {
  alignas(line) std::uint32_t pairs[words] = {};
  for (std::size_t row = 0; row < side; row += 2) {
    _mm512_store_si512(pairs + row / 2 * side, paired(rounded(_mm512_loadu_ps(x.data + row * x.row_step)),
                                                      rounded(_mm512_loadu_ps(x.data + (row + 1) * x.row_step))));
  }
  transpose(left, {pairs, 1, 1});
}

void product(const Block<float>& c, const Factor& left, const Factor& right, std::size_t count, Unit unit) noexcept {
  multiply_all<false>(c, left, right, count, unit);
}

void add_product(const Block<float>& c, const Factor& left, const Factor& right, std::size_t count,
                 Unit unit) noexcept {
  multiply_all<true>(c, left, right, count, unit);
}

}  // namespace gaugeline::kernels::tiles

#else

namespace gaugeline::kernels::tiles {

bool has(Unit) noexcept { return false; }

}  // namespace gaugeline::kernels::tiles

#endif
