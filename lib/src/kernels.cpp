#include "kernels.hpp"

#include <algorithm>
#include <bit>
#include <type_traits>

#include <gaugeline/likelihood.hpp>

#include "lanes.hpp"

namespace gaugeline::kernels {
namespace {

// ---- the versions

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

// Calls step(height, begin) for runs of `height` in [0, count), then for the rest one at a time.
constexpr std::size_t side = 4;  // rows at a time

// ---- products of blocks

// c's rows from i on, at most `side`, and columns [j, j + vectors * width): += a b.
template <std::size_t width, std::size_t vectors, class Scalar>
GAUGELINE_INLINE void add_product_tile(const Block<Scalar>& c, const Block<const Scalar>& a,
                                       const Block<const Scalar>& b, std::size_t i, std::size_t j) noexcept {
  Lanes<Scalar, width> sums[side][vectors];
  const Scalar* factors[side];
  GAUGELINE_UNROLL
  for (std::size_t r = 0; r < side; ++r) {  // a tile that reaches over the edge repeats the last row
    const std::size_t row = std::min(i + r, c.rows - 1);
    factors[r] = a.data + row * a.row_step;
    GAUGELINE_UNROLL
    for (std::size_t v = 0; v < vectors; ++v) load(sums[r][v], c.data + row * c.row_step + j + v * width);
  }
  const Scalar* from = b.data + j;
  for (std::size_t k = 0; k < b.rows; ++k, from += b.row_step) {
    Lanes<Scalar, width> lanes[vectors];
    GAUGELINE_UNROLL
    for (std::size_t v = 0; v < vectors; ++v) load(lanes[v], from + v * width);
    GAUGELINE_UNROLL
    for (std::size_t r = 0; r < side; ++r) {
      GAUGELINE_UNROLL
      for (std::size_t v = 0; v < vectors; ++v) sums[r][v] += factors[r][k * a.column_step] * lanes[v];
    }
  }
  GAUGELINE_UNROLL
  for (std::size_t r = 0; r < side; ++r) {
    if (i + r >= c.rows) break;
    GAUGELINE_UNROLL
    for (std::size_t v = 0; v < vectors; ++v) store(c.data + (i + r) * c.row_step + j + v * width, sums[r][v]);
  }
}

struct AddProduct {
  template <std::size_t bytes, class Scalar>
  GAUGELINE_INLINE static void run(const Block<Scalar>& c, const Block<const Scalar>& a,
                                   const Block<const Scalar>& b) noexcept {
    constexpr std::size_t width = widest<Scalar, bytes>;
    for (std::size_t i = 0; i < c.rows; i += side) {
      std::size_t j = 0;
      for (; j + 2 * width <= c.columns; j += 2 * width) add_product_tile<width, 2>(c, a, b, i, j);
      for_lanes<width>(
          c.columns,
          [&](auto lanes, std::size_t begin)
              __attribute__((always_inline)) { add_product_tile<lanes(), 1>(c, a, b, i, begin); },
          j);
    }
  }
};

// ---- dot products

template <std::size_t width, std::size_t height, class Scalar>
GAUGELINE_INLINE void add_products(Lanes<Scalar, width> (&sums)[height][side], const Scalar* const (&a)[height],
                                   const Scalar* const (&b)[side], std::size_t k) noexcept {
  Lanes<Scalar, width> right[side];
  GAUGELINE_UNROLL
  for (std::size_t j = 0; j < side; ++j) load(right[j], b[j] + k);
  GAUGELINE_UNROLL
  for (std::size_t i = 0; i < height; ++i) {
    Lanes<Scalar, width> left;
    load(left, a[i] + k);
    GAUGELINE_UNROLL
    for (std::size_t j = 0; j < side; ++j) sums[i][j] += left * right[j];
  }
}

// Adds each sum's lanes, and the products from k on, which are fewer than a width.
template <std::size_t width, std::size_t height, class Scalar>
GAUGELINE_INLINE void finish_dots(Lanes<Scalar, side> (&dots)[height], Lanes<Scalar, width> (&sums)[height][side],
                                  const Scalar* const (&a)[height], const Scalar* const (&b)[side], std::size_t k,
                                  std::size_t depth) noexcept {
  if constexpr (width > side) {
    Lanes<Scalar, width / 2> halves[height][side];
    GAUGELINE_UNROLL
    for (std::size_t i = 0; i < height; ++i) {
      GAUGELINE_UNROLL
      for (std::size_t j = 0; j < side; ++j)
        add_halves(halves[i][j], sums[i][j], std::make_index_sequence<width / 2>());
    }
    if (k + width / 2 <= depth) {
      add_products<width / 2>(halves, a, b, k);
      k += width / 2;
    }
    finish_dots<width / 2>(dots, halves, a, b, k, depth);
  } else {
    GAUGELINE_UNROLL
    for (std::size_t i = 0; i < height; ++i) add_across(dots[i], sums[i]);
    for (; k < depth; ++k) {
      const Lanes<Scalar, side> right{b[0][k], b[1][k], b[2][k], b[3][k]};
      GAUGELINE_UNROLL
      for (std::size_t i = 0; i < height; ++i) dots[i] += a[i][k] * right;
    }
  }
}

// dots[i][j] = a[i] . b[j]
template <std::size_t width, std::size_t height, class Scalar>
GAUGELINE_INLINE void dot_tile(Lanes<Scalar, side> (&dots)[height], const Scalar* const (&a)[height],
                               const Scalar* const (&b)[side], std::size_t depth) noexcept {
  Lanes<Scalar, width> sums[height][side] = {};
  std::size_t k = 0;
  for (; k + width <= depth; k += width) add_products<width>(sums, a, b, k);
  finish_dots<width>(dots, sums, a, b, k, depth);
}

struct AddProductTransposed {
  template <std::size_t bytes, class Scalar>
  GAUGELINE_INLINE static void run(const Block<Scalar>& c, const Block<const Scalar>& a,
                                   const Block<const Scalar>& b) noexcept {
    constexpr std::size_t width = widest<Scalar, bytes>;
    constexpr std::size_t height = bytes == 64 ? 4 : 2;  // as many sums as there are registers for
    for (std::size_t i = 0; i < c.rows; i += height) {
      const Scalar* left[height];
      GAUGELINE_UNROLL
      for (std::size_t r = 0; r < height; ++r) left[r] = a.data + std::min(i + r, c.rows - 1) * a.row_step;
      for (std::size_t j = 0; j < c.columns; j += side) {
        const Scalar* right[side];
        GAUGELINE_UNROLL
        for (std::size_t r = 0; r < side; ++r) right[r] = b.data + std::min(j + r, c.columns - 1) * b.row_step;
        Lanes<Scalar, side> dots[height];
        dot_tile<width>(dots, left, right, a.columns);
        for (std::size_t r = 0; r < std::min(height, c.rows - i); ++r)
          add_some(c.data + (i + r) * c.row_step + j, dots[r], std::min(side, c.columns - j));
      }
    }
  }

 private:
  template <class Scalar>
  GAUGELINE_INLINE static void add_some(Scalar* to, const Lanes<Scalar, side>& lanes, std::size_t count) noexcept {
    if (count < side) {
      for (std::size_t j = 0; j < count; ++j) to[j] += lanes[j];
      return;
    }
    Lanes<Scalar, side> sum;
    load(sum, to);
    sum += lanes;
    store(to, sum);
  }
};

template <class Scalar>
GAUGELINE_INLINE const Scalar* row_of(const RowList<Scalar>& rows, std::size_t e) noexcept {
  return rows.table + (rows.at == nullptr ? e : rows.at[e]) * rows.dimension;
}

struct Dots {
  template <std::size_t bytes, class Scalar>
  GAUGELINE_INLINE static void run(Scalar* products, const Scalar* x, const RowList<Scalar>& rows) noexcept {
    const Scalar* const left[1] = {x};
    for (std::size_t e = 0; e < rows.count; e += side) {
      const Scalar* right[side];
      GAUGELINE_UNROLL
      for (std::size_t r = 0; r < side; ++r) right[r] = row_of(rows, std::min(e + r, rows.count - 1));
      Lanes<Scalar, side> dots[1];
      dot_tile<widest<Scalar, bytes>>(dots, left, right, rows.dimension);
      if (e + side <= rows.count) {
        store(products + e, dots[0]);
      } else {
        for (std::size_t r = 0; e + r < rows.count; ++r) products[e + r] = dots[0][r];
      }
    }
  }
};

struct AddRows {
  template <std::size_t bytes, class Scalar>
  GAUGELINE_INLINE static void run(Scalar* y, const Scalar* weights, const RowList<Scalar>& rows) noexcept {
    std::size_t e = 0;
    for (; e + side <= rows.count; e += side) add<bytes, side>(y, weights, rows, e);
    for (; e < rows.count; ++e) add<bytes, 1>(y, weights, rows, e);
  }

 private:
  template <std::size_t bytes, std::size_t height, class Scalar>
  GAUGELINE_INLINE static void add(Scalar* y, const Scalar* weights, const RowList<Scalar>& rows,
                                   std::size_t e) noexcept {
    Scalar weight[height];
    const Scalar* row[height];
    GAUGELINE_UNROLL
    for (std::size_t r = 0; r < height; ++r) {
      weight[r] = weights[e + r];
      row[r] = row_of(rows, e + r);
    }
    for_lanes<widest<Scalar, bytes>>(rows.dimension, [&](auto width, std::size_t begin) __attribute__((always_inline)) {
      Lanes<Scalar, width()> sum;
      load(sum, y + begin);
      GAUGELINE_UNROLL
      for (std::size_t r = 0; r < height; ++r) {
        Lanes<Scalar, width()> lanes;
        load(lanes, row[r] + begin);
        sum += weight[r] * lanes;
      }
      store(y + begin, sum);
    });
  }
};

// ---- functions of every number

// e^-y for y >= 0: 2^n e^r with |r| <= log(2)/2, and Cephes' polynomial (Moshier) for e^r.
template <std::size_t width>
GAUGELINE_INLINE void exp_of_minus(Lanes<float, width>& e, const Lanes<float, width>& y) noexcept {
  using Floats = Lanes<float, width>;
  using Bits = Lanes<std::uint32_t, width>;
  constexpr float round = 0x1.8p23F;  // adding it leaves the nearest integer in the last bits
  constexpr float furthest = 104;     // e^-104 rounds to 0
  const Floats bounded = y > furthest ? Floats{} + furthest : y;  // not NaN
  const Floats rounded = round - bounded * 0x1.715476p+0F;
  const Floats n = rounded - round;
  // log(2) in two parts, of which the first has so few digits that n times it is exact.
  const Floats r = (-bounded - n * 0x1.63p-1F) + n * 0x1.bd0106p-13F;
  Floats p = r * 1.9875691500e-4F + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * (r * r) + r + 1;
  // In two factors, since 2^n itself may be too small for a float: n + 152 is positive and split in halves.
  const Bits shifted = reinterpret_cast<Bits>(rounded) - (std::bit_cast<std::uint32_t>(round) - 152);
  const Bits half = shifted >> 1;
  const Bits first = (half + (127 - 76)) << 23;
  const Bits second = (shifted - half + (127 - 76)) << 23;
  e = p * reinterpret_cast<Floats>(first) * reinterpret_cast<Floats>(second);
}

template <class Function, std::size_t bytes>
GAUGELINE_INLINE void for_all(float* x, std::size_t count) noexcept {
  for_lanes<widest<float, bytes>>(count, [&](auto width, std::size_t begin) __attribute__((always_inline)) {
    using Floats = Lanes<float, width()>;
    Floats lanes;
    load(lanes, x + begin);
    Floats e;
    exp_of_minus<width()>(e, lanes < 0 ? -lanes : lanes);
    Function::template apply<Floats>(lanes, e);
    store(x + begin, lanes);
  });
}

struct Logistic {
  template <class Floats>  // e = e^-|x|
  GAUGELINE_INLINE static void apply(Floats& x, const Floats& e) noexcept {
    x = (x >= 0 ? Floats{} + 1 : e) / (1 + e);
  }
  template <std::size_t bytes>
  GAUGELINE_INLINE static void run(float* x, std::size_t count) noexcept {
    for_all<Logistic, bytes>(x, count);
  }
};

struct LogLogistic {
  // log(1 + e) = 2 artanh(t), t = e / (2 + e) <= 1/3, by its series: the next term is below 2^-27 of the sum.
  template <class Floats>
  GAUGELINE_INLINE static void apply(Floats& x, const Floats& e) noexcept {
    const Floats t = e / (2 + e);
    const Floats z = t * t;
    Floats sum = z * (1 / 15.F) + 1 / 13.F;
    sum = sum * z + 1 / 11.F;
    sum = sum * z + 1 / 9.F;
    sum = sum * z + 1 / 7.F;
    sum = sum * z + 1 / 5.F;
    sum = sum * z + 1 / 3.F;
    const Floats log = 2 * (t + t * (z * sum));
    x = (x < 0 ? x : Floats{}) - log;
  }
  template <std::size_t bytes>
  GAUGELINE_INLINE static void run(float* x, std::size_t count) noexcept {
    for_all<LogLogistic, bytes>(x, count);
  }
};

}  // namespace

template <class Scalar>
void add_product(const Block<Scalar>& c, const ConstBlock<Scalar>& a, const ConstBlock<Scalar>& b,
                 Units units) noexcept {
  run<AddProduct>(units, c, a, b);
}

template <class Scalar>
void add_product_transposed(const Block<Scalar>& c, const ConstBlock<Scalar>& a, const ConstBlock<Scalar>& b,
                            Units units) noexcept {
  run<AddProductTransposed>(units, c, a, b);
}

template <class Scalar>
void dots(Scalar* products, const Scalar* x, const RowList<Scalar>& rows, Units units) noexcept {
  run<Dots>(units, products, x, rows);
}

template <class Scalar>
void add_rows(Scalar* y, const Scalar* weights, const RowList<Scalar>& rows, Units units) noexcept {
  run<AddRows>(units, y, weights, rows);
}

template <>
void logistic(std::span<float> x, Units units) noexcept {
  run<Logistic>(units, x.data(), x.size());
}
template <>
void logistic(std::span<double> x, Units) noexcept {
  for (double& value : x) value = gaugeline::logistic(value);
}

template <>
void log_logistic(std::span<float> x, Units units) noexcept {
  run<LogLogistic>(units, x.data(), x.size());
}
template <>
void log_logistic(std::span<double> x, Units) noexcept {
  for (double& value : x) value = gaugeline::log_logistic(value);
}

template void add_product(const Block<float>&, const Block<const float>&, const Block<const float>&, Units) noexcept;
template void add_product(const Block<double>&, const Block<const double>&, const Block<const double>&, Units) noexcept;
template void add_product_transposed(const Block<float>&, const Block<const float>&, const Block<const float>&,
                                     Units) noexcept;
template void add_product_transposed(const Block<double>&, const Block<const double>&, const Block<const double>&,
                                     Units) noexcept;
template void dots(float*, const float*, const RowList<float>&, Units) noexcept;
template void dots(double*, const double*, const RowList<double>&, Units) noexcept;
template void add_rows(float*, const float*, const RowList<float>&, Units) noexcept;
template void add_rows(double*, const double*, const RowList<double>&, Units) noexcept;

}  // namespace gaugeline::kernels
