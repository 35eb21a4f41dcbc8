// The filter behind OnlineLearner: one slice is predicted, scored, solved, turned back into the frame, and made the new
// posterior. Everything that can be refused is refused before the state changes.
#pragma once

#include <span>

#include <gaugeline/error.hpp>
#include <gaugeline/executor.hpp>
#include <gaugeline/learner_state.hpp>
#include <gaugeline/options.hpp>
#include <gaugeline/slice.hpp>

#include "admission.hpp"
#include "anchor.hpp"
#include "gaussian_solver.hpp"
#include "model.hpp"
#include "negatives.hpp"
#include "observations.hpp"
#include "offset_model.hpp"
#include "prequential.hpp"
#include "row_sums.hpp"
#include "shared_pass.hpp"
#include "side.hpp"
#include "skipgram_solver.hpp"

namespace gaugeline {

template <class Scalar>
class Filter {
 public:
  explicit Filter(const Options& options) noexcept : model_(options) {}
  void reserve(Arena& arena) noexcept;

  [[nodiscard]] Model<Scalar>& model() noexcept { return model_; }
  [[nodiscard]] const Model<Scalar>& model() const noexcept { return model_; }
  [[nodiscard]] Expected<SliceReport> learn(const SliceView& slice, Executor& executor) noexcept;

 private:
  // ---- before the state changes
  [[nodiscard]] Expected<> check(const SliceView& slice, const Executor& executor) const noexcept;
  [[nodiscard]] Expected<> find_rows(const SliceView& slice, SliceReport& report) noexcept;

  // ---- the steps of a slice
  void count(SliceReport& report) noexcept;
  void score(SliceReport& report, Executor& executor) noexcept;
  void follow_score(Executor& executor) noexcept;
  void share_negatives(bool after_slice) noexcept;
  void start_alone() noexcept;
  // It holds what passes go over; they do unless it is later than pass_slices.
  [[nodiscard]] bool suits_passes(const SliceView& slice) const noexcept;
  [[nodiscard]] bool passes_over(const SliceView& slice) const noexcept;
  void solve(const SliceView& slice, Executor& executor) noexcept;
  [[nodiscard]] bool all_finite(Executor& executor) const noexcept;
  void fix_gauge(Executor& executor) noexcept;
  [[nodiscard]] double gauge_residual(Executor& executor) const noexcept;

  [[nodiscard]] const Options& options() const noexcept { return model_.options; }
  [[nodiscard]] bool gaussian() const noexcept { return options().likelihood == Likelihood::gaussian; }
  [[nodiscard]] bool alone() const noexcept { return options().coupling == Coupling::none; }

  Model<Scalar> model_;
  Observations observations_;
  Admission<Scalar> admission_;
  RowSums<Scalar> sums_;
  Negatives<Scalar> negatives_;
  Prequential<Scalar> prequential_;
  SharedPass<Scalar> pass_;
  SkipGramSolver<Scalar> skipgram_;
  GaussianSolver<Scalar> gaussian_;
  OffsetModel<Scalar> offset_model_;
  Anchor<Scalar> anchor_;
  std::span<double> overlap_;  // Z^T diag(pm) ref
  std::span<double> gauge_work_;
};

extern template class Filter<float>;
extern template class Filter<double>;

}  // namespace gaugeline
