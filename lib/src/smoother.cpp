#include <gaugeline/smoother.hpp>

#include <algorithm>
#include <cmath>
#include <deque>
#include <utility>
#include <vector>

#include <gaugeline/random.hpp>

#include "chain_solver.hpp"
#include "gaussian_solver.hpp"
#include "negatives.hpp"
#include "row_sums.hpp"
#include "skipgram_solver.hpp"
#include "smoother_gauge.hpp"
#include "smoother_loss.hpp"
#include "smoother_slice.hpp"
#include "smoother_ties.hpp"

namespace gaugeline {
template <class Scalar>
class Smoother<Scalar>::Impl {
 public:
  using Slices = std::deque<SmootherSlice<Scalar>>;

  Impl(const Options& options, const SmootherOptions& smoothing) : options_(options), smoothing_(smoothing) {}

  // Room for what every slice needs anew. False without memory.
  [[nodiscard]] bool reserve() noexcept {
    Arena measure;
    lay_out(measure);
    workbench_ = OwnedBytes(measure.used());
    if (workbench_.data() == nullptr) return false;
    Arena arena(workbench_.data());
    lay_out(arena);
    return true;
  }

  [[nodiscard]] Expected<> append(const LearnerState<Scalar>& state, const SliceView& view) {
    if (auto ok = check(state, view); !ok) return ok;
    auto made = make_slice(options_, state, view, observations_);
    if (!made) return std::unexpected(made.error());
    SmootherSlice<Scalar>& slice = slices_.emplace_back(std::move(*made));
    const double now = middle_microseconds(state.interval) * 1e-6 / state.time_unit_seconds;
    if (slices_.size() == 1) begin_time_ = now;
    slice.time_units = now - begin_time_;
    if (slices_.size() == 1 && next_ == 0)
      ties_ = SmootherTies<Scalar>(options_, smoothing_.lag > 0, state.value_scale);
    for (const Side which : both_sides) ties_.tie(slices_, which);
    ties_.keep(slice);
    next_ = state.slices;
    if (smoothing_.lag > 0 && slices_.size() > smoothing_.lag) drop_first();
    settled_ = false;
    return {};
  }

  void start_at_random(std::uint64_t seed) noexcept {
    Random random(seed);
    const double deviation = std::sqrt(.25 / options_.dimension);
    for (SmootherSlice<Scalar>& slice : slices_) {
      for (const Side which : both_sides) {
        for (Scalar& entry : slice.side(which).rows.table().template reshaped<Eigen::RowMajor>())
          entry = static_cast<Scalar>(deviation * random.normal());
      }
    }
  }

  void rotate(const Eigen::Ref<const Eigen::MatrixXd>& rotation) noexcept {
    const RowMajor<Scalar> by = rotation.template cast<Scalar>();
    for (SmootherSlice<Scalar>& slice : slices_) {
      for (const Side which : both_sides) {
        turn_rows(slice.side(which).rows.table(), by);
        turn_rows(slice.side(which).rows.reference_table(), by);
      }
    }
  }

  [[nodiscard]] Expected<SmootherProgress> sweep(Executor& executor) {
    if (executor.worker_count() > options_.worker_capacity)
      return fail(ErrorCode::capacity_exceeded, "the executor has ", executor.worker_count(),
                  " workers, but worker_capacity is ", options_.worker_capacity);
    if (!settled_ && !prepare()) return fail(ErrorCode::out_of_memory, "no memory for a sweep of the smoother");
    SmootherProgress progress;
    if (smoothing_.lag == 0) progress.rotation_angle = join(executor);
    double moved = 0;
    double all = 0;
    for (const Side which : both_sides) {
      linearise(which, executor);
      moved += chain_solver_.solve(slices_, which, chains_[static_cast<std::size_t>(which)], executor);
    }
    for (SmootherSlice<Scalar>& slice : slices_) {
      for (const Side which : both_sides) all += static_cast<double>(slice.side(which).rows.table().squaredNorm());
    }
    progress.moved = all > 0 ? std::sqrt(moved / all) : 0;
    for (const Side which : both_sides)
      update_precision(slices_, which, chains_[static_cast<std::size_t>(which)], forward_);
    return progress;
  }

  [[nodiscard]] double loss(Executor& executor) const { return smoother_loss(slices_, options_, executor); }
  [[nodiscard]] std::size_t size() const noexcept { return slices_.size(); }
  [[nodiscard]] std::uint64_t first() const noexcept { return next_ - slices_.size(); }
  [[nodiscard]] SmoothedRows<Scalar> rows(std::size_t slice, Side which) const noexcept {
    const SmootherSide<Scalar>& side = slices_[slice].side(which);
    return {.embeddings = side.rows.state().embeddings, .precision = side.smoothed};
  }
  [[nodiscard]] std::size_t bytes() const noexcept {
    std::size_t sum = workbench_.size() + sweep_memory_.size();
    for (const SmootherSlice<Scalar>& slice : slices_) sum += slice.memory.size();
    return sum;
  }

 private:
  void lay_out(Arena& arena) noexcept {
    observations_.reserve(arena, options_);
    sums_.reserve(arena, options_);
    if (options_.likelihood == Likelihood::skipgram) {
      negatives_.reserve(arena, options_);
      skipgram_.reserve(arena, options_);
    } else {
      gaussian_.reserve(arena, options_);
    }
  }

  [[nodiscard]] Expected<> check(const LearnerState<Scalar>& state, const SliceView& view) const noexcept {
    if (auto ok = validate(view); !ok) return ok;
    if (state.dimension != options_.dimension)
      return fail(ErrorCode::invalid_argument, "the state has dimension ", state.dimension, ", the smoother ",
                  options_.dimension);
    if (state.slices == 0 || state.interval != view.interval)
      return fail(ErrorCode::invalid_argument, "the state is not that after the slice");
    if (next_ > 0 && state.slices != next_ + 1)
      return fail(ErrorCode::out_of_order, "the state has learnt ", state.slices, " slices, not ", next_ + 1);
    return {};
  }

  void drop_first() noexcept {
    slices_.pop_front();
    for (const Side which : both_sides) begin_chains(slices_.front().side(which));
  }

  // ---- a sweep

  // The chains, and memory for a half-step.
  [[nodiscard]] bool prepare() {
    std::size_t rows = 0;
    std::size_t observations = 0;
    std::size_t most = 0;  // of one slice
    for (const Side which : both_sides) {
      chains_[static_cast<std::size_t>(which)].build(slices_, which);
      std::size_t rows_of_side = 0;
      std::size_t observations_of_side = 0;
      for (const SmootherSlice<Scalar>& slice : slices_) {
        rows_of_side += slice.side(which).rows.size();
        observations_of_side += slice.side(which).observations.size();
        most = std::max(most, slice.side(which).rows.size());
      }
      rows = std::max(rows, rows_of_side);
      observations = std::max(observations, observations_of_side);
    }
    const auto lay = [&](Arena& arena) {
      chain_solver_.reserve(arena, options_, smoothing_.conjugate_gradient_steps, slices_.size(), rows, observations);
      gauge_.reserve(arena, options_, most);
      forward_ = arena.take<Scalar>(slices_.size());
    };
    Arena measure;
    lay(measure);
    if (measure.used() > sweep_memory_.size()) {
      sweep_memory_ = {};  // before there is more
      sweep_memory_ = OwnedBytes(measure.used());
    }
    if (sweep_memory_.data() == nullptr) return false;
    Arena arena(sweep_memory_.data());
    lay(arena);
    settled_ = true;
    return true;
  }

  void linearise(Side which, Executor& executor) noexcept {
    chain_solver_.begin();
    for (SmootherSlice<Scalar>& slice : slices_) {
      SmootherSide<Scalar>& side = slice.side(which);
      const Linearisation<Scalar> out = chain_solver_.next(side);
      const HalfStep<Scalar> step{which, side.rows, slice.side(other(which)).rows, side.observed(), false, ++key_};
      std::ranges::fill(side.rows.data_precision, Scalar(0));
      if (options_.likelihood == Likelihood::skipgram) {
        skipgram_.linearise(step, sums_, negatives_, executor, out);
      } else {
        gaussian_.linearise(step, slice.values, executor, out);
      }
    }
  }

  // From slice to slice: what new rows expect, and the gauge, unless it is left alone. Returns the largest angle that a
  // slice was turned by.
  double join(Executor& executor) noexcept {
    double largest = 0;
    for (std::size_t t = 1; t < slices_.size(); ++t) {
      for (const Side which : both_sides) expect_new_rows(slices_[t].side(which), slices_[t - 1].side(which).rows);
      if (smoothing_.gauge == GaugeFixing::procrustes)
        largest = std::max(largest, gauge_.turn(slices_, t, sums_, executor));
    }
    return largest;
  }

  Options options_;
  SmootherOptions smoothing_;
  Slices slices_;
  SmootherTies<Scalar> ties_;
  std::uint64_t next_ = 0;  // number of the slice after the last one
  double begin_time_ = 0;   // units
  std::uint64_t key_ = 0;

  OwnedBytes workbench_;
  Observations observations_;
  RowSums<Scalar> sums_;
  Negatives<Scalar> negatives_;
  SkipGramSolver<Scalar> skipgram_;
  GaussianSolver<Scalar> gaussian_;

  OwnedBytes sweep_memory_;
  bool settled_ = false;  // sweep_memory_ and the chains fit the slices
  std::array<Chains, 2> chains_;
  ChainSolver<Scalar> chain_solver_;
  SmootherGauge<Scalar> gauge_;
  std::span<Scalar> forward_;  // of a chain
};

template <class Scalar>
Smoother<Scalar>::Smoother(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
template <class Scalar>
Smoother<Scalar>::Smoother(Smoother&&) noexcept = default;
template <class Scalar>
Smoother<Scalar>& Smoother<Scalar>::operator=(Smoother&&) noexcept = default;
template <class Scalar>
Smoother<Scalar>::~Smoother() = default;

template <class Scalar>
Expected<Smoother<Scalar>> Smoother<Scalar>::create(const Options& options, const SmootherOptions& smoothing) {
  if (auto ok = validate(options); !ok) return std::unexpected(ok.error());
  if (options.coupling == Coupling::none)
    return fail(ErrorCode::invalid_argument, "coupling none: a smoother has nothing to smooth over");
  if (smoothing.conjugate_gradient_steps == 0)
    return fail(ErrorCode::invalid_argument, "the smoother takes at least one step of conjugate gradient");
  auto impl = std::make_unique<Impl>(options, smoothing);
  if (!impl->reserve()) return fail(ErrorCode::out_of_memory, "no memory for the smoother's work");
  return Smoother(std::move(impl));
}

template <class Scalar>
Expected<> Smoother<Scalar>::append(const LearnerState<Scalar>& state, const SliceView& slice) {
  return impl_->append(state, slice);
}
template <class Scalar>
void Smoother<Scalar>::start_at_random(std::uint64_t seed) noexcept {
  impl_->start_at_random(seed);
}
template <class Scalar>
void Smoother<Scalar>::rotate(const Eigen::Ref<const Eigen::MatrixXd>& rotation) noexcept {
  impl_->rotate(rotation);
}
template <class Scalar>
Expected<SmootherProgress> Smoother<Scalar>::sweep(Executor& executor) {
  return impl_->sweep(executor);
}
template <class Scalar>
double Smoother<Scalar>::loss(Executor& executor) const {
  return impl_->loss(executor);
}
template <class Scalar>
std::size_t Smoother<Scalar>::size() const noexcept {
  return impl_->size();
}
template <class Scalar>
std::uint64_t Smoother<Scalar>::first() const noexcept {
  return impl_->first();
}
template <class Scalar>
SmoothedRows<Scalar> Smoother<Scalar>::rows(std::size_t slice, Side side) const noexcept {
  return impl_->rows(slice, side);
}
template <class Scalar>
std::size_t Smoother<Scalar>::bytes() const noexcept {
  return impl_->bytes();
}

template class Smoother<float>;
template class Smoother<double>;

}  // namespace gaugeline
