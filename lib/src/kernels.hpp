// The loops that a learner spends its time in, over rows of numbers in memory, for the vector units that the processor
// has. Every kernel is one source, compiled in several versions: for any processor of the target, and on x86-64 also
// for the levels v3 (AVX2, FMA) and v4 (AVX-512) of its ABI. The version is chosen in each call from what the processor
// says, so that one binary runs everywhere and no global state is kept.
//
// Versions differ in rounding, since they add in different orders. One version gives the same result in every call, and
// the result of a row does not depend on which rows are beside it. NaN and infinity propagate. Nothing is allocated.
// Bodies do not call Eigen: the linker keeps one copy of a template, which must run on every processor.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

namespace gaugeline::kernels {

enum class Units { plain, v3, v4 };

// The widest units that this processor has.
[[nodiscard]] inline Units widest_units() noexcept;

// Element (i, j) is data[i * row_step + j * column_step].
template <class Scalar>
struct Block {
  Scalar* data = nullptr;
  std::size_t rows = 0, columns = 0;
  std::size_t row_step = 0, column_step = 1;

  // NOLINTNEXTLINE(google-explicit-constructor): as a pointer converts.
  operator Block<const Scalar>() const noexcept { return {data, rows, columns, row_step, column_step}; }
};
template <class Scalar>
using ConstBlock = Block<const std::type_identity_t<Scalar>>;  // of the Scalar of another argument

// `count` rows of a table, each `dimension` numbers: those that `at` names, or the first ones if it is null.
template <class Scalar>
struct RowList {
  const Scalar* table = nullptr;
  std::size_t dimension = 0;  // also from one row of the table to the next
  std::size_t count = 0;
  const std::uint32_t* at = nullptr;
};

// c += a b. The columns of b and c are contiguous within a row (column_step 1); a may have any steps, so that it may be
// a transposed block.
template <class Scalar>
void add_product(const Block<Scalar>& c, const ConstBlock<Scalar>& a, const ConstBlock<Scalar>& b,
                 Units units = widest_units()) noexcept;

// c = a b, likewise.
template <class Scalar>
void product(const Block<Scalar>& c, const ConstBlock<Scalar>& a, const ConstBlock<Scalar>& b,
             Units units = widest_units()) noexcept;

// to = from^T, both with column_step 1.
template <class Scalar>
void transpose(const Block<Scalar>& to, const ConstBlock<Scalar>& from, Units units = widest_units()) noexcept;

// products[e] = x . rows[e]
template <class Scalar>
void dots(Scalar* products, const Scalar* x, const RowList<Scalar>& rows, Units units = widest_units()) noexcept;

// y += sum_e weights[e] rows[e]
template <class Scalar>
void add_rows(Scalar* y, const Scalar* weights, const RowList<Scalar>& rows, Units units = widest_units()) noexcept;

// y += sum_e weights[e] (x . rows[e]) rows[e]: rows^T diag(weights) rows x, each row fetched once. y is not x.
template <class Scalar>
void add_normal_product(Scalar* y, const Scalar* x, const Scalar* weights, const RowList<Scalar>& rows,
                        Units units = widest_units()) noexcept;

// Row e of `to` becomes rows[e]; its columns past the dimension become 0.
template <class Scalar>
void gather(const Block<Scalar>& to, const RowList<Scalar>& rows, Units units = widest_units()) noexcept;

// Row e of `to` becomes weights[at[e]] times row at[e] of `rows`, or that row itself if there are no weights.
template <class Scalar>
void gather_weighted(const Block<Scalar>& to, const ConstBlock<Scalar>& rows, const std::uint32_t* at,
                     const std::type_identity_t<Scalar>* weights, Units units = widest_units()) noexcept;

// sums += x, number by number.
template <class Scalar>
void add_to(std::span<double> sums, const Scalar* x, Units units = widest_units()) noexcept;

// Steps of AdaGrad (Duchi, Hazan & Singer 2011) with one accumulator per row, of the table's rows at[e] along row e of
// `gradients`, in this order: E <- E + |g|^2 / dimension, z <- z - (rate / sqrt(E)) g.
template <class Scalar>
struct Descent {
  Scalar* table = nullptr;
  Scalar* energy = nullptr;  // E, per row of the table
  std::size_t dimension = 0;
  Scalar rate = 0;
};
template <class Scalar>
void descend(const Descent<Scalar>& descent, const std::uint32_t* at, const ConstBlock<Scalar>& gradients,
             Units units = widest_units()) noexcept;

// (x, y) <- (c x - s y, s x + c y), number by number: a rotation of two columns.
template <class Scalar>
void rotate(std::span<Scalar> x, std::span<Scalar> y, std::type_identity_t<Scalar> c, std::type_identity_t<Scalar> s,
            Units units = widest_units()) noexcept;

// x <- 1 / (1 + e^-x). float: within 3 units in the last place; double: by the standard library's exp.
template <class Scalar>
void logistic(std::span<Scalar> x, Units units = widest_units()) noexcept;

// x <- log(1 / (1 + e^-x)) = min(x, 0) - log(1 + e^-|x|). float: within 4 units in the last place.
template <class Scalar>
void log_logistic(std::span<Scalar> x, Units units = widest_units()) noexcept;

// What observed pairs say of a row that meets theirs with the scores x: with s = 1/(1 + e^-x), n their weights and
// |w|^2 the other rows' squared lengths,
//   x <- n (s - 1),   curvature = n (s - 1/2)/x  (Jaakkola & Jordan),
//   sums: of curvature |w|^2, and of n s (1 - s) |w|^2.
// All arrays have room for their size rounded up to most_lanes, which is what is worked on.
inline constexpr std::size_t most_lanes = 16;
template <class Scalar>
struct Positives {
  std::size_t count = 0;
  Scalar* x = nullptr;
  Scalar* weights = nullptr;
  Scalar* squared_norms = nullptr;
  Scalar* curvature = nullptr;
};
template <class Scalar>
struct PositiveSums {
  Scalar curvature = 0, information = 0;
};
template <class Scalar>
[[nodiscard]] PositiveSums<Scalar> weigh_positives(const Positives<Scalar>& positives,
                                                   Units units = widest_units()) noexcept;

// The compiler's run-time library asks the processor once, before main; here it is a look at its notes.
inline Units widest_units() noexcept {
#if defined(__x86_64__) && defined(__GNUC__)
  if (__builtin_cpu_supports("x86-64-v4")) return Units::v4;
  if (__builtin_cpu_supports("x86-64-v3")) return Units::v3;
#endif
  return Units::plain;
}

}  // namespace gaugeline::kernels
