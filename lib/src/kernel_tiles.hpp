// Products of matrices whose numbers are rounded to 8 binary digits (bfloat16) and added up in float: by the tiles of
// x86-64's AMX, sixteen times as many multiplications in a cycle as AVX-512 has of floats, or by AVX512_BF16, twice as
// many. A factor is packed into tiles first, for all the products that it takes part in, in either way alike. An
// element of a b errs by at most about 2^-8 sum_k |a_ik b_kj|, and mostly by far less; what is below 1e-38 counts as 0,
// and infinity may become NaN.
//
// For stochastic gradients, beside whose own noise that is little (docs/experiments.md). Where the processor has
// neither, who calls this takes kernels.hpp instead: here is no plain version.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels.hpp"

namespace gaugeline::kernels::tiles {

#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__)
inline constexpr bool compiled = true;
#else
inline constexpr bool compiled = false;  // nothing below may be called
#endif

// What multiplies. The two add in different orders, and so differ in rounding.
enum class Unit { none, pairs, tiles };  // pairs: AVX512_BF16; tiles: AMX

// Whether the processor has it. For tiles the operating system is asked, once, to let this process use them; from then
// on Linux wants alternative signal stacks to have room for them (8 KiB more).
[[nodiscard]] bool has(Unit unit) noexcept;
[[nodiscard]] inline Unit best_unit() noexcept {
  return has(Unit::tiles) ? Unit::tiles : has(Unit::pairs) ? Unit::pairs : Unit::none;
}

// The calling thread's registers, as the unit's products need them, for as long as this lives.
class Registers {
 public:
  explicit Registers(Unit unit) noexcept;
  ~Registers();
  Registers(const Registers&) = delete;
  Registers& operator=(const Registers&) = delete;

 private:
  Unit unit_;
};

inline constexpr std::size_t side = 16;         // rows of a tile
inline constexpr std::size_t depth = 2 * side;  // numbers that a product of two tiles adds up
inline constexpr std::size_t words = side * side;

// A factor in tiles of 16 rows of 16 words, a word two numbers: of a left factor 16 rows and 32 columns, of a right one
// 32 rows and 16 columns, pairs of rows in a word. `across` tiles along the rows of a left factor, or the columns of a
// right one, and `along` in the direction of the sum, which follow one another.
struct Factor {
  std::uint32_t* data = nullptr;  // at a multiple of 64 bytes
  std::size_t across = 0, along = 0;

  [[nodiscard]] std::uint32_t* tile(std::size_t i, std::size_t k) const noexcept {
    return data + (i * along + k) * words;
  }
};
[[nodiscard]] constexpr std::size_t tiles_across(std::size_t count) noexcept { return (count + side - 1) / side; }
[[nodiscard]] constexpr std::size_t tiles_along(std::size_t count) noexcept { return (count + depth - 1) / depth; }

// X, whose rows are those of the list, as a left factor and as a right one. As many rows are written as the left one
// has, those past the list's end as zeros. The list is not empty, and names its rows.
void gather(const Factor& left, const Factor& right, const RowList<float>& rows) noexcept;

// The right factor X^T of the left factor X.
void transpose(const Factor& right, const Factor& left) noexcept;

// A block of 16 x 16 as the left half of a left factor of one tile; and its transpose likewise.
void pack(const Factor& left, const Block<const float>& x) noexcept;
void pack_transposed(const Factor& left, const Block<const float>& x) noexcept;

// c = left right, or c += left right, for all tiles across the factors: c has room for whole tiles. The sum is over the
// first `count` numbers along the factors: all that are not zeros; or `side`, where there is one tile along.
void product(const Block<float>& c, const Factor& left, const Factor& right, std::size_t count, Unit unit) noexcept;
void add_product(const Block<float>& c, const Factor& left, const Factor& right, std::size_t count, Unit unit) noexcept;

}  // namespace gaugeline::kernels::tiles
