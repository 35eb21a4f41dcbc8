// One half-step of the smoother: the rows of one side in all slices at once, given the other side (smoother.hpp). Row i
// and its quadratic, with A_t = sum_j curvature_j w_j w_j^T + (a_i/4) G_t of the likelihood:
//   H x = -g,   H_tt = A_t + (prior_t + kappa_t+1 a_t+1^2) I,   H_t,t-1 = -kappa_t a_t I.
// The preconditioner has c_t I + (a_i/4) B diag(B^T G_t B) B^T in place of A_t, with B the eigenvectors of the sum of
// the G_t: it is tridiagonal in time for every column of B, and turns with the frame.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include <gaugeline/executor.hpp>
#include <gaugeline/options.hpp>

#include "half_step.hpp"
#include "smoother_slice.hpp"

namespace gaugeline {

// One row's way through the slices first, first + 1, ...: its rows there.
struct Chain {
  std::size_t first = 0;
  std::span<const RowIndex> rows;
};

// The chains of one side.
class Chains {
 public:
  template <class Scalar>
  void build(const std::deque<SmootherSlice<Scalar>>& slices, Side which);
  [[nodiscard]] std::size_t size() const noexcept { return first_.size(); }
  [[nodiscard]] Chain operator[](std::size_t k) const noexcept {
    return {first_[k], std::span(rows_).subspan(begin_[k], begin_[k + 1] - begin_[k])};
  }

 private:
  std::vector<std::size_t> first_, begin_;
  std::vector<RowIndex> rows_;
};

template <class Scalar>
class ChainSolver {
 public:
  // Room for so many slices, rows of a slice (of either side, all slices together) and observations.
  void reserve(Arena& arena, const Options& options, std::uint32_t steps, std::size_t slices, std::size_t rows,
               std::size_t observations) noexcept;
  // Where the likelihood of a slice is to be written to. Slices one after another, after begin().
  void begin() noexcept;
  [[nodiscard]] Linearisation<Scalar> next(const SmootherSide<Scalar>& side) noexcept;
  // Moves all rows; returns sum |x|^2.
  double solve(std::deque<SmootherSlice<Scalar>>& slices, Side which, const Chains& chains,
               Executor& executor) noexcept;

 private:
  struct Work {
    std::span<Scalar> solution, residual, preconditioned, direction, image, spectral, pivot;  // slices x stride
    std::span<Scalar> diagonal, coupling;  // per slice: prior and links of H_tt, and kappa_t a_t
  };
  [[nodiscard]] Work work(std::size_t worker) const noexcept;
  void find_basis() noexcept;
  double solve_chain(std::deque<SmootherSlice<Scalar>>& slices, Side which, const Chain& chain,
                     const Work& work) noexcept;
  void begin_chain(const std::deque<SmootherSlice<Scalar>>& slices, Side which, const Chain& chain,
                   const Work& work) const noexcept;
  void precondition(std::size_t length, const Work& work) const noexcept;
  void multiply_by_hessian(const std::deque<SmootherSlice<Scalar>>& slices, Side which, const Chain& chain,
                           const Work& work) const noexcept;

  std::size_t dimension_ = 0, stride_ = 0, slices_ = 0, work_size_ = 0;
  std::uint32_t steps_ = 0;
  std::span<Scalar> gradients_, scales_, curvatures_, grams_;  // of all slices, one after another ...
  std::span<std::size_t> row_begin_, observation_begin_;       // ... where each slice's begin
  std::size_t filled_ = 0;                                     // slices
  std::span<double> sum_, eigenvalues_, eigen_work_;           // sum_ becomes its eigenvectors
  std::span<Scalar> basis_, vectors_;                          // d x stride: B as columns, and as rows
  std::span<Scalar> spectra_;                                  // slices x stride: the diagonals of B^T G_t B
  std::span<double> moved_;                                    // per chain, at most `rows`
  std::span<Scalar> work_;
};

extern template class ChainSolver<float>;
extern template class ChainSolver<double>;

}  // namespace gaugeline
