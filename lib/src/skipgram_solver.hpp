// Row updates for the Bernoulli skip-gram likelihood, without a learning rate: a majorise-minimise step. The loss of
// row i, given the other side W, is bounded by a quadratic with the Jaakkola-Jordan curvature on the positives and 1/4
// (Boehning 1992) on the negatives, sum_j a_i b_j:
//   g_i = pm_i (z_i - ref_i) + sum_j n_ij (s(x_ij) - 1) w_j + a_i sum_j b_j s(x_ij) w_j
//   A_i = pm_i I + sum_j n_ij jj(x_ij) w_j w_j^T + (a_i/4) G',     G' >= G = W^T diag(b) W, shared by all rows
//   z_i <- z_i - A_i^-1 g_i  by a few conjugate gradient steps.
// G' is G with all but its 32 largest eigenvalues raised to the next one, l: a bound still, and G' - l I has only 32
// directions, which costs less and predicts a little better (docs/experiments.md, "Curvature in 32 directions").
// The preconditioner c_i I + (a_i/4) G', c_i = pm_i + sum_j n_ij jj |w_j|^2 / d, turns with the frame (a diagonal one
// would break equivariance) and costs one eigendecomposition of G a half-step. The precision of the data, per
// coordinate:
//   h_i = [ sum_j n_ij s(1-s) |w_j|^2 + a_i sum_j b_j s(1-s) |w_j|^2 ] / d.
// Where the sum over negatives draws its tail T (negatives.hpp), only what s(x) has beyond its tangent at the row's
// mean score over the tail is drawn; the tangent's part is exact (a control variate):
//   sum_T b_j s(x_ij) w_j = (s(m) - s'(m) m) sum_T b_j w_j + s'(m) G_T z_i + sum_T b_j [s(x_ij) - s(m) - s'(m) (x_ij -
//   m)] w_j, m = z_i . sum_T b_j w_j / sum_T b_j,   G_T = sum_T b_j w_j w_j^T.
#pragma once

#include <array>
#include <span>

#include <gaugeline/executor.hpp>
#include <gaugeline/options.hpp>

#include "half_step.hpp"
#include "negatives.hpp"
#include "row_sums.hpp"

namespace gaugeline {

template <class Scalar>
class SkipGramSolver {
 public:
  void reserve(Arena& arena, const Options& options) noexcept;
  void run(const HalfStep<Scalar>& step, RowSums<Scalar>& sums, Negatives<Scalar>& negatives,
           Executor& executor) noexcept;
  // Only what the step needs of the likelihood: nothing moves. The moving side's `predicted` is 0.
  void linearise(const HalfStep<Scalar>& step, RowSums<Scalar>& sums, Negatives<Scalar>& negatives, Executor& executor,
                 const Linearisation<Scalar>& out) noexcept;

 private:
  // One worker's scratch.
  struct Work {
    std::span<Scalar> embeddings, gradient;  // row_block x stride
    std::span<Scalar> columns;               // stride x row_block: the embeddings, transposed
    std::span<Scalar> scores, logits;        // tile x row_block
    std::span<Scalar> level, slope;          // row_block: of the tangents, s(m) - s'(m) m and s'(m)
    std::span<Scalar> information;           // row_block: sum_j b_j s(1-s) |w_j|^2
    std::span<Scalar> curvature;             // n_ij jj(x_ij) of the positives of a group of rows, one after another
    // row_block x stride, of the conjugate gradient: A_i^-1 (-g_i), what is left, and so on.
    std::span<Scalar> solution, residual, preconditioned, direction, image;
    std::span<Scalar> spectral;  // row_block x sharp_stride: of the residual, in the sharp directions
    std::array<Scalar, row_block> scale{}, energy{};  // c_i, and the residual's in the preconditioner
    std::array<bool, row_block> solved{};
  };
  void sum_tail(const HalfStep<Scalar>& step, const Negatives<Scalar>& negatives, RowSums<Scalar>& sums,
                Executor& executor) noexcept;
  void copy_padded(std::span<const double> from, std::span<Scalar> to) const noexcept;
  void prepare(const HalfStep<Scalar>& step, RowSums<Scalar>& sums, Negatives<Scalar>& negatives,
               Executor& executor) noexcept;
  void decompose() noexcept;
  // The part of the negatives in the gradients and the information of a block of rows.
  Work begin_block(const HalfStep<Scalar>& step, const Negatives<Scalar>& negatives, std::size_t block,
                   std::size_t worker) noexcept;
  void update_block(const HalfStep<Scalar>& step, std::size_t block, Work& work) noexcept;
  enum class Part { whole, beyond_tangent };
  void add_negatives(const NegativeRows<Scalar>& negatives, Part part, Work& work) noexcept;
  void choose_tangents(Work& work) const noexcept;
  void add_tangents(Work& work) const noexcept;
  // Rows [first, first + rows.size()) of a block, whose positives fit into `curvature`.
  void update_rows(const HalfStep<Scalar>& step, std::span<const RowIndex> rows, std::size_t first,
                   Work& work) noexcept;
  void add_positives(const HalfStep<Scalar>& step, RowIndex row, std::size_t place, std::span<Scalar> curvature,
                     Work& work) noexcept;
  void precondition(const HalfStep<Scalar>& step, std::span<const RowIndex> rows, std::size_t first,
                    Work& work) const noexcept;
  void step_once(const HalfStep<Scalar>& step, RowIndex row, std::size_t place, std::span<const Scalar> curvature,
                 const Work& work) const noexcept;
  void step_along(const HalfStep<Scalar>& step, RowIndex row, std::size_t place, std::span<const Scalar> curvature,
                  Work& work) const noexcept;
  [[nodiscard]] std::size_t work_size() const noexcept;
  [[nodiscard]] Work work(std::size_t worker) const noexcept;

  std::size_t dimension_ = 0, stride_ = 0, steps_ = 0, longest_row_ = 0;
  std::size_t sharp_ = 0, sharp_stride_ = 0;           // directions of G' - l I: 32, or d if that is less
  std::span<double> gram_, eigenvalues_, eigen_work_;  // gram_ becomes its eigenvectors
  // The sharp directions as columns, d x sharp_stride, and all eigenvectors as rows, d x stride; the sharp eigenvalues.
  std::span<Scalar> basis_, vectors_, spectrum_;
  Scalar floor_ = 0;                        // l
  std::span<Scalar> tail_gram_, tail_sum_;  // G_T, d x stride, and sum_T b_j w_j
  Scalar tail_weight_ = 0;                  // sum_T b_j
  std::span<Scalar> work_;
};

extern template class SkipGramSolver<float>;
extern template class SkipGramSolver<double>;

}  // namespace gaugeline
