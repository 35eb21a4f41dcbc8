#include "skipgram_solver.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <gaugeline/gauge.hpp>
#include <gaugeline/likelihood.hpp>

namespace gaugeline {
namespace {

constexpr std::size_t blocks_of_rows = 8;  // that a worker has
constexpr std::size_t sharp_directions = 32;

// The fixed side's rows of a run of observations, at most `tile`.
template <class Scalar>
struct RowsOf {
  RowsOf(const SideRows<Scalar>& fixed, std::span<const Observed> run) noexcept
      : list{fixed.embeddings.data(), fixed.dimension, run.size(), at} {
    std::ranges::transform(run, at, &Observed::other);
  }
  RowsOf(const RowsOf&) = delete;
  RowsOf& operator=(const RowsOf&) = delete;

  RowIndex at[tile];
  kernels::RowList<Scalar> list;
};

}  // namespace

template <class Scalar>
void SkipGramSolver<Scalar>::reserve(Arena& arena, const Options& options) noexcept {
  dimension_ = options.dimension;
  stride_ = padded(dimension_);
  sharp_ = std::min(dimension_, sharp_directions);
  sharp_stride_ = padded(sharp_);
  steps_ = options.conjugate_gradient_steps;
  longest_row_ = row_room(std::max(options.item_capacity, options.context_capacity));
  const std::size_t square = dimension_ * dimension_;
  gram_ = arena.take<double>(square);
  eigenvalues_ = arena.take<double>(dimension_);
  eigen_work_ = arena.take<double>(2 * dimension_);
  basis_ = arena.take<Scalar>(dimension_ * sharp_stride_);
  vectors_ = arena.take<Scalar>(dimension_ * stride_);
  spectrum_ = arena.take<Scalar>(sharp_);
  tail_gram_ = arena.take<Scalar>(dimension_ * stride_);
  tail_sum_ = arena.take<Scalar>(dimension_);
  work_ = arena.take<Scalar>(options.worker_capacity * work_size());
}

template <class Scalar>
std::size_t SkipGramSolver<Scalar>::work_size() const noexcept {
  // Whole lines, so that each worker's scratch is aligned.
  return row_block * (blocks_of_rows * stride_ + sharp_stride_ + 2 * tile + 3) + padded(longest_row_);
}

template <class Scalar>
auto SkipGramSolver<Scalar>::work(std::size_t worker) const noexcept -> Work {
  auto rest = work_.subspan(worker * work_size(), work_size());
  const auto next = [&](std::size_t count) {
    const auto piece = rest.first(count);
    rest = rest.subspan(padded(count));
    return piece;
  };
  const auto rows = [&] { return next(row_block * stride_); };
  // Braces: evaluated in this order.
  return Work{.embeddings = rows(),
              .gradient = rows(),
              .columns = rows(),
              .scores = next(row_block * tile),
              .logits = next(row_block * tile),
              .level = next(row_block),
              .slope = next(row_block),
              .information = next(row_block),
              .curvature = next(longest_row_),
              .solution = rows(),
              .residual = rows(),
              .preconditioned = rows(),
              .direction = rows(),
              .image = rows(),
              .spectral = next(row_block * sharp_stride_)};
}

template <class Scalar>
void SkipGramSolver<Scalar>::run(const HalfStep<Scalar>& step, RowSums<Scalar>& sums, Negatives<Scalar>& negatives,
                                 Executor& executor) noexcept {
  prepare(step, sums, negatives, executor);
  decompose();
  executor.run(step.blocks(), [&](std::size_t worker, std::size_t block) {
    Work mine = begin_block(step, negatives, block, worker);
    update_block(step, block, mine);
  });
}

template <class Scalar>
void SkipGramSolver<Scalar>::linearise(const HalfStep<Scalar>& step, RowSums<Scalar>& sums,
                                       Negatives<Scalar>& negatives, Executor& executor,
                                       const Linearisation<Scalar>& out) noexcept {
  prepare(step, sums, negatives, executor);
  copy_padded(gram_, out.gram);
  executor.run(step.blocks(), [&](std::size_t worker, std::size_t block) {
    Work mine = begin_block(step, negatives, block, worker);
    const auto rows = step.rows_of(block);
    for (std::size_t k = 0; k < rows.size(); ++k) {
      add_positives(step, rows[k], k, out.curvature_of(step.observations, rows[k]), mine);
      out.scale[rows[k]] = mine.scale[k];
      as_vector(out.gradient.subspan(rows[k] * dimension_, dimension_)) =
          -as_vector(mine.residual.subspan(k * stride_, dimension_));
    }
  });
}

// G into gram_, and what the sums over negatives need.
template <class Scalar>
void SkipGramSolver<Scalar>::prepare(const HalfStep<Scalar>& step, RowSums<Scalar>& sums, Negatives<Scalar>& negatives,
                                     Executor& executor) noexcept {
  run_in_blocks(executor, step.fixed.size(), tile, [&](std::size_t, std::size_t begin, std::size_t size) {
    for (std::size_t row = begin; row < begin + size; ++row)
      step.fixed.squared_norm[row] = step.fixed.row(row).squaredNorm();
  });
  negatives.prepare(step.fixed, step.fixed.negative_share, step.key);
  sum_tail(step, negatives, sums, executor);
  const auto d = static_cast<Eigen::Index>(dimension_);
  const NegativeRows<Scalar> head = negatives.head();
  const Eigen::Map<const RowMajor<Scalar>, 0, Eigen::OuterStride<>> rows(
      head.embeddings.data, static_cast<Eigen::Index>(head.embeddings.rows), d,
      Eigen::OuterStride<>(static_cast<Eigen::Index>(stride_)));
  sums.add(MatrixView<double>(gram_.data(), d, d), rows, head.weights, rows, executor);
}

// A d x d matrix in double as rows of `stride` numbers that end in zeros.
template <class Scalar>
void SkipGramSolver<Scalar>::copy_padded(std::span<const double> from, std::span<Scalar> to) const noexcept {
  std::ranges::fill(to, Scalar(0));
  for (std::size_t row = 0; row < dimension_; ++row) {
    std::ranges::transform(from.subspan(row * dimension_, dimension_), to.subspan(row * stride_).begin(),
                           [](double x) { return static_cast<Scalar>(x); });
  }
}

// G_T into gram_ and tail_gram_, and what choose_tangents needs.
template <class Scalar>
void SkipGramSolver<Scalar>::sum_tail(const HalfStep<Scalar>& step, const Negatives<Scalar>& negatives,
                                      RowSums<Scalar>& sums, Executor& executor) noexcept {
  const auto d = static_cast<Eigen::Index>(dimension_);
  MatrixView<double> gram(gram_.data(), d, d);
  gram.setZero();
  tail_weight_ = 0;
  if (!negatives.has_tail()) return;
  const ConstMatrixView<Scalar> table(step.fixed.embeddings.data(), static_cast<Eigen::Index>(step.fixed.size()), d);
  const auto shares = negatives.tail_shares();
  sums.add(gram, table, shares, table, executor);
  copy_padded(gram_, tail_gram_);
  std::ranges::copy(negatives.tail_sum(), tail_sum_.begin());
  tail_weight_ = negatives.tail_weight();
}

// What G' is made of.
template <class Scalar>
void SkipGramSolver<Scalar>::decompose() noexcept {
  const auto d = static_cast<Eigen::Index>(dimension_);
  // Symmetric, so the order of storage does not matter.
  symmetric_eigen(Eigen::Map<Eigen::MatrixXd>(gram_.data(), d, d), eigenvalues_, eigen_work_);
  copy_padded(gram_, vectors_);
  std::ranges::fill(basis_, Scalar(0));
  kernels::transpose<Scalar>({basis_.data(), dimension_, sharp_, sharp_stride_},
                             {vectors_.data(), sharp_, dimension_, stride_});
  // Rounding may leave the zeros of a positive semi-definite matrix a little below 0.
  const auto not_negative = [](double x) { return static_cast<Scalar>(std::max(x, 0.)); };
  std::ranges::transform(eigenvalues_.first(sharp_), spectrum_.begin(), not_negative);
  floor_ = not_negative(eigenvalues_[std::min(sharp_, dimension_ - 1)]);
}

template <class Scalar>
auto SkipGramSolver<Scalar>::begin_block(const HalfStep<Scalar>& step, const Negatives<Scalar>& negatives,
                                         std::size_t block, std::size_t worker) noexcept -> Work {
  const auto rows = step.rows_of(block);
  Work mine = work(worker);
  const kernels::Block<Scalar> embeddings{mine.embeddings.data(), row_block, stride_, stride_};
  kernels::gather<Scalar>({mine.embeddings.data(), rows.size(), stride_, stride_},
                          {step.moving.embeddings.data(), dimension_, rows.size(), rows.data()});
  std::ranges::fill(mine.embeddings.subspan(rows.size() * stride_), Scalar(0));
  kernels::transpose<Scalar>({mine.columns.data(), stride_, row_block, row_block}, embeddings);
  std::ranges::fill(mine.gradient, Scalar(0));
  std::ranges::fill(mine.information, Scalar(0));
  add_negatives(negatives.head(), Part::whole, mine);
  if (tail_weight_ > 0) {
    choose_tangents(mine);
    add_negatives(negatives.tail(block, worker), Part::beyond_tangent, mine);
    add_tangents(mine);
  }
  return mine;
}

template <class Scalar>
void SkipGramSolver<Scalar>::update_block(const HalfStep<Scalar>& step, std::size_t block, Work& work) noexcept {
  const auto rows = step.rows_of(block);
  for (std::size_t first = 0, last = 0; first < rows.size(); first = last) {
    std::size_t positives = 0;
    while (last < rows.size() && (positives += step.observed(rows[last]).size()) <= longest_row_) ++last;
    update_rows(step, rows.subspan(first, last - first), first, work);
  }
}

// The tangents of s at the rows' mean scores over the tail.
template <class Scalar>
void SkipGramSolver<Scalar>::choose_tangents(Work& work) const noexcept {
  const auto sum = as_vector(std::span<const Scalar>(tail_sum_));
  for (std::size_t k = 0; k < row_block; ++k) {
    const Scalar mean = as_vector(work.embeddings.subspan(k * stride_, dimension_)).dot(sum) / tail_weight_;
    const Scalar s = logistic(mean);
    work.slope[k] = s * (1 - s);
    work.level[k] = s - work.slope[k] * mean;
  }
}

// gradient += sum_T b_j (level + slope x_ij) w_j for a block of rows, whose embeddings are overwritten.
template <class Scalar>
void SkipGramSolver<Scalar>::add_tangents(Work& work) const noexcept {
  const auto sum = as_vector(std::span<const Scalar>(tail_sum_));
  for (std::size_t k = 0; k < row_block; ++k) {
    as_vector(work.gradient.subspan(k * stride_, dimension_)) += work.level[k] * sum;
    as_vector(work.embeddings.subspan(k * stride_, dimension_)) *= work.slope[k];
  }
  kernels::add_product<Scalar>({work.gradient.data(), row_block, stride_, stride_},
                               {work.embeddings.data(), row_block, dimension_, stride_},
                               {tail_gram_.data(), dimension_, stride_, stride_});
}

// gradient += sum_j b_j f(x_ij) w_j and information += sum_j b_j s(1-s) |w_j|^2, for a block of rows at once; f is s,
// or what s is beyond the row's tangent.
template <class Scalar>
void SkipGramSolver<Scalar>::add_negatives(const NegativeRows<Scalar>& negatives, Part part, Work& work) noexcept {
  for_each_run(negatives.weights.size(), tile, [&](std::size_t begin, std::size_t size) {
    const kernels::Block<const Scalar> w{negatives.embeddings.data + begin * stride_, size, stride_, stride_};
    const auto scores = work.scores.first(size * row_block);
    kernels::product<Scalar>({scores.data(), size, row_block, row_block}, w,
                             {work.columns.data(), dimension_, row_block, row_block});
    if (part == Part::beyond_tangent) std::ranges::copy(scores, work.logits.begin());
    kernels::logistic(scores);
    for (std::size_t j = 0; j < size; ++j) {
      const Scalar weight = negatives.weights[begin + j];
      const Scalar weighted_norm = negatives.weighted_norms[begin + j];
      Scalar* const s = scores.data() + j * row_block;
      for (std::size_t k = 0; k < row_block; ++k) work.information[k] += s[k] * (1 - s[k]) * weighted_norm;
      if (part == Part::beyond_tangent) {
        const Scalar* const x = work.logits.data() + j * row_block;
        for (std::size_t k = 0; k < row_block; ++k) s[k] -= work.level[k] + work.slope[k] * x[k];
      }
      for (std::size_t k = 0; k < row_block; ++k) s[k] *= weight;
    }
    kernels::add_product<Scalar>({work.gradient.data(), row_block, stride_, stride_},
                                 {scores.data(), row_block, size, 1, row_block}, w);
  });
}

// Conjugate gradient for all of them side by side, since the preconditioner is then a product of matrices.
template <class Scalar>
void SkipGramSolver<Scalar>::update_rows(const HalfStep<Scalar>& step, std::span<const RowIndex> rows,
                                         std::size_t first, Work& work) noexcept {
  std::array<std::span<Scalar>, row_block> curvature;
  for (std::size_t k = 0, used = 0; k < rows.size(); ++k) {
    curvature[k] = work.curvature.subspan(used, step.observed(rows[k]).size());
    used += curvature[k].size();
    add_positives(step, rows[k], first + k, curvature[k], work);
    work.solved[first + k] = false;
  }
  if (steps_ == 1) {
    precondition(step, rows, first, work);
    for (std::size_t r = 0; r < rows.size(); ++r) step_once(step, rows[r], first + r, curvature[r], work);
    return;
  }
  const auto block = [&](std::span<Scalar> all) { return all.subspan(first * stride_, rows.size() * stride_); };
  for (const auto& zero : {work.solution, work.direction, work.image}) std::ranges::fill(block(zero), Scalar(0));
  for (std::size_t k = 0; k < steps_; ++k) {
    precondition(step, rows, first, work);
    for (std::size_t r = 0; r < rows.size(); ++r) step_along(step, rows[r], first + r, curvature[r], work);
  }
  for (std::size_t k = 0; k < rows.size(); ++k)
    step.moving.row(rows[k]) += as_vector(work.solution.subspan((first + k) * stride_, dimension_));
}

// What a row's positives add to the gradient, and the prior; the residual, c_i, and the data's precision.
template <class Scalar>
void SkipGramSolver<Scalar>::add_positives(const HalfStep<Scalar>& step, RowIndex row, std::size_t place,
                                           std::span<Scalar> curvature, Work& work) noexcept {
  const auto z = step.moving.row(row);
  const Scalar negative = step.moving.negative_weight[row];
  const Scalar prior = step.moving.predicted[row];
  const auto d = static_cast<Scalar>(dimension_);
  Scalar scale = prior;
  Scalar information = negative * work.information[place];
  auto gradient = as_vector(work.gradient.subspan(place * stride_, dimension_));
  gradient *= negative;
  gradient += prior * z;
  if (step.tied) gradient -= prior * step.moving.reference_row(row);
  const auto observed = step.observed(row);
  for_each_run(observed.size(), tile, [&](std::size_t begin, std::size_t size) {
    const auto run = observed.subspan(begin, size);
    const RowsOf<Scalar> others(step.fixed, run);
    Scalar x[tile];
    Scalar weights[tile];
    Scalar norms[tile];
    Scalar curvatures[tile];
    kernels::dots(x, z.data(), others.list);
    for (std::size_t e = 0; e < size; ++e) {
      weights[e] = run[e].weight;
      norms[e] = step.fixed.squared_norm[run[e].other];
    }
    const auto sums = kernels::weigh_positives<Scalar>({size, x, weights, norms, curvatures});
    scale += sums.curvature / d;
    information += sums.information;
    std::ranges::copy(std::span(curvatures, size), curvature.begin() + static_cast<std::ptrdiff_t>(begin));
    kernels::add_rows(gradient.data(), x, others.list);
  });
  auto residual = work.residual.subspan(place * stride_, stride_);
  std::ranges::fill(residual, Scalar(0));
  as_vector(residual.first(dimension_)) = -gradient;
  work.scale[place] = scale;
  step.moving.data_precision[row] = information / d;
}

// preconditioned = (c_i I + (a_i/4) G')^-1 residual, which is residual / e_i but for the sharp directions, with e_i =
// c_i + (a_i/4) l.
template <class Scalar>
void SkipGramSolver<Scalar>::precondition(const HalfStep<Scalar>& step, std::span<const RowIndex> rows,
                                          std::size_t first, Work& work) const noexcept {
  const kernels::Block<Scalar> spectral{work.spectral.data() + first * sharp_stride_, rows.size(), sharp_stride_,
                                        sharp_stride_};
  kernels::product<Scalar>(spectral, {work.residual.data() + first * stride_, rows.size(), dimension_, stride_},
                           {basis_.data(), dimension_, sharp_stride_, sharp_stride_});
  const auto spectrum = as_vector(std::span<const Scalar>(spectrum_));
  for (std::size_t r = 0; r < rows.size(); ++r) {
    const Scalar scale = work.scale[first + r];
    const Scalar quarter = step.moving.negative_weight[rows[r]] / 4;
    const Scalar even = scale + quarter * floor_;
    as_vector(work.preconditioned.subspan((first + r) * stride_, stride_)) =
        as_vector(work.residual.subspan((first + r) * stride_, stride_)) / even;
    auto components = as_vector(work.spectral.subspan((first + r) * sharp_stride_, sharp_));
    // 1 / (c_i + (a_i/4) lambda) - 1 / e_i
    components.array() *= quarter * (floor_ - spectrum.array()) / (even * (scale + quarter * spectrum.array()));
  }
  kernels::add_product<Scalar>({work.preconditioned.data() + first * stride_, rows.size(), stride_, stride_},
                               {spectral.data, rows.size(), sharp_, sharp_stride_},
                               {vectors_.data(), sharp_, stride_, stride_});
}

// The only step of a row: as far along the preconditioned residual y as the quadratic says, whose curvature there is
// y.A_i y = y.r + (pm_i - c_i) |y|^2 + sum_j n_ij jj(x_ij) (w_j.y)^2.
template <class Scalar>
void SkipGramSolver<Scalar>::step_once(const HalfStep<Scalar>& step, RowIndex row, std::size_t place,
                                       std::span<const Scalar> curvature, const Work& work) const noexcept {
  const auto of_row = [&](std::span<const Scalar> all) { return as_vector(all.subspan(place * stride_, dimension_)); };
  const auto y = of_row(work.preconditioned);
  const Scalar next = of_row(work.residual).dot(y);
  if (!(next > std::numeric_limits<Scalar>::min())) return;
  Scalar along = next + (step.moving.predicted[row] - work.scale[place]) * y.squaredNorm();
  const auto observed = step.observed(row);
  for_each_run(observed.size(), tile, [&](std::size_t begin, std::size_t size) {
    const RowsOf<Scalar> others(step.fixed, observed.subspan(begin, size));
    Scalar x[tile];
    kernels::dots(x, y.data(), others.list);
    for (std::size_t e = 0; e < size; ++e) along += curvature[begin + e] * x[e] * x[e];
  });
  step.moving.row(row) += next / along * y;
}

// One step of a row, of several. The image of the direction, A_i q, follows from that of the preconditioned residual y,
// for which (a_i/4) G' y = r - c_i y.
template <class Scalar>
void SkipGramSolver<Scalar>::step_along(const HalfStep<Scalar>& step, RowIndex row, std::size_t place,
                                        std::span<const Scalar> curvature, Work& work) const noexcept {
  const auto of_row = [&](std::span<Scalar> all) { return as_vector(all.subspan(place * stride_, dimension_)); };
  auto r = of_row(work.residual);
  const auto y = of_row(work.preconditioned);
  auto q = of_row(work.direction);
  auto image = of_row(work.image);
  const Scalar next = r.dot(y);
  work.solved[place] = work.solved[place] || !(next > std::numeric_limits<Scalar>::min());
  if (work.solved[place]) return;
  const Scalar turn = q.isZero(0) ? Scalar(0) : next / work.energy[place];
  work.energy[place] = next;
  q = y + turn * q;
  image = turn * image + r + (step.moving.predicted[row] - work.scale[place]) * y;
  const auto observed = step.observed(row);
  for_each_run(observed.size(), tile, [&](std::size_t begin, std::size_t size) {
    const RowsOf<Scalar> others(step.fixed, observed.subspan(begin, size));
    kernels::add_normal_product(image.data(), y.data(), curvature.data() + begin, others.list);
  });
  const Scalar length = next / q.dot(image);
  of_row(work.solution) += length * q;
  r -= length * image;
  if (observed.empty()) work.solved[place] = true;  // the preconditioner is A_i itself
}

template class SkipGramSolver<float>;
template class SkipGramSolver<double>;

}  // namespace gaugeline
