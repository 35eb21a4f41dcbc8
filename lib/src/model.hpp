// The model's state in the reserved memory: both sides' rows, where in time they are, and the frame's last turn. Rows
// start, are turned and are restored here; the filter moves them.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>

#include <gaugeline/diffusion_prior.hpp>
#include <gaugeline/error.hpp>
#include <gaugeline/executor.hpp>
#include <gaugeline/learner_state.hpp>
#include <gaugeline/options.hpp>
#include <gaugeline/random.hpp>
#include <gaugeline/types.hpp>

#include "side.hpp"

namespace gaugeline {

// e: of |z|^2, so that of a product; priors of rows are in units of it (Options::noise_deviation).
[[nodiscard]] inline double embedding_scale(const Options& options, double value_scale) noexcept {
  return estimates_noise(options) ? value_scale * std::sqrt(4.5 / options.dimension) : 1;
}

template <class Scalar>
class Model {
 public:
  struct Sizes {
    std::size_t items, contexts;
    [[nodiscard]] std::size_t of(Side side) const noexcept { return side == Side::items ? items : contexts; }
  };

  explicit Model(const Options& with) noexcept : options(with), starts_(with.seed) { start_values(); }
  void reserve(Arena& arena) noexcept;

  // ---- as OnlineLearner documents them
  [[nodiscard]] Expected<> admit(const TokenList& item_tokens, const TokenList& context_tokens) noexcept;
  [[nodiscard]] Expected<> rotate(const Eigen::Ref<const Eigen::MatrixXd>& by) noexcept;
  [[nodiscard]] Expected<> restore(const LearnerState<Scalar>& state) noexcept;
  [[nodiscard]] LearnerState<Scalar> state() const noexcept;
  std::size_t forget(std::span<const std::string_view> tokens) noexcept;

  // ---- for the filter
  [[nodiscard]] Sizes sizes() const noexcept { return {items.size(), contexts.size()}; }
  // Undoes admissions, and what was to be replaced by them.
  void forget_rows_from(Sizes sizes) noexcept;
  // Rows from `known` on are new. Before any data they start at random, since equal rows cannot be told apart; later at
  // the mean of the rows that were in data, which is where a row lies of which nothing is known.
  void start_rows(Sizes known) noexcept;
  void draw_embeddings(SideRows<Scalar>& side, std::size_t first, Random& random) const noexcept;
  // Z <- Z R with R = rotation(); the anchors stay.
  void turn(Executor& executor) noexcept;
  // Time goes on to the end of the slice that was learnt.
  void end_slice(TimeInterval learnt, bool has_data) noexcept;
  // z <- z A for the rows of one side that the slice said something about.
  void move_rows_in_data(SideRows<Scalar>& side, const ConstMatrixView<double>& by, Executor& executor) noexcept;

  [[nodiscard]] SideRows<Scalar>& side(Side which) noexcept { return which == Side::items ? items : contexts; }
  [[nodiscard]] const SideRows<Scalar>& side(Side which) const noexcept {
    return which == Side::items ? items : contexts;
  }
  [[nodiscard]] Eigen::Index dimension() const noexcept { return static_cast<Eigen::Index>(options.dimension); }
  [[nodiscard]] MatrixView<double> rotation() noexcept { return {rotation_.data(), dimension(), dimension()}; }

  Options options;
  SideRows<Scalar> items, contexts;
  bool cold = true;  // no data yet
  std::uint64_t slices = 0;
  TimeInterval interval;  // of the last slice
  double time_unit_seconds = 0;
  double value_scale = 1;
  ValueState values;
  double diffusion_factor = 1;  // of the slice at hand: what the scores make of every D

  // What the options say, in the unit of the values.
  [[nodiscard]] Scalar prior_precision() const noexcept {
    return static_cast<Scalar>(options.prior_precision) / static_cast<Scalar>(embedding_scale());
  }
  [[nodiscard]] Scalar scaled(float diffusion) const noexcept {
    return static_cast<Scalar>(diffusion) * static_cast<Scalar>(embedding_scale());
  }
  // D of a new row.
  [[nodiscard]] Scalar starting_diffusion() const noexcept {
    return reverts() ? 2 * mean_reversion().rate / prior_precision() : scaled(options.diffusion);
  }
  // D of a row in the slice at hand.
  [[nodiscard]] Scalar followed_diffusion(Scalar diffusion) const noexcept {
    if (diffusion_factor == 1) return diffusion;
    return std::clamp(diffusion * static_cast<Scalar>(diffusion_factor), scaled(options.diffusion_min),
                      scaled(options.diffusion_max));
  }
  [[nodiscard]] bool reverts() const noexcept { return options.mean_reversion > 0; }
  [[nodiscard]] MeanReversion<Scalar> mean_reversion() const noexcept {
    return {static_cast<Scalar>(options.mean_reversion), prior_precision()};
  }
  // Of a known row's embedding, after a time without data.
  [[nodiscard]] Scalar share_left(double elapsed) const noexcept {
    if (!reverts() || cold || options.coupling == Coupling::none) return 1;
    return retained(mean_reversion(), static_cast<Scalar>(elapsed));
  }
  [[nodiscard]] double embedding_scale() const noexcept { return gaugeline::embedding_scale(options, value_scale); }
  [[nodiscard]] Scalar offset_precision() const noexcept {
    return static_cast<Scalar>(options.offset_precision) / static_cast<Scalar>(value_scale * value_scale);
  }
  [[nodiscard]] Scalar offset_diffusion() const noexcept {
    return static_cast<Scalar>(options.offset_diffusion) * static_cast<Scalar>(value_scale * value_scale);
  }
  // Rows that were made before the scale of the values was known get it now: a product of two scales with it.
  void scale_start() noexcept;
  // Where noise hides all structure of the first slice its best fit is a table of zeros, which no later slice could
  // leave: the product of two zeros has no slope. Such a table keeps a share of its start, the reference; that turns
  // with the frame.
  void keep_from_vanishing() noexcept;

 private:
  // True if a row was ever in data.
  [[nodiscard]] bool has_known_rows() const noexcept;
  void start_values() noexcept;
  void start_over() noexcept;
  void begin_starts() noexcept { starts_ = Random(options.seed + slices); }
  void start_offsets(SideRows<Scalar>& side, std::size_t first) noexcept;
  void start_rows(SideRows<Scalar>& side, std::size_t first) noexcept;
  // Calls give(row, z A) for each row z of the table, with A = turn_. A block of rows is a task.
  template <class Give>
  void turn(MatrixView<Scalar> table, Executor& executor, Give&& give) noexcept;

  // Of rows that are made before the first data. Every slice without data begins a sequence of its own, since a state
  // does not say how many draws were made.
  Random starts_;
  std::span<double> rotation_;  // row-major; of the last gauge step
  std::span<Scalar> turn_;      // the same in Scalar
  std::span<Scalar> turned_;    // tile x d for each worker
  std::span<double> mean_;      // d
};

extern template class Model<float>;
extern template class Model<double>;

}  // namespace gaugeline
