#include "skipgram_solver.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <gaugeline/gauge.hpp>
#include <gaugeline/likelihood.hpp>

namespace gaugeline {
namespace {

constexpr std::size_t vectors_of_length_d = 6;

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
  steps_ = options.conjugate_gradient_steps;
  longest_row_ = row_room(std::max(options.item_capacity, options.context_capacity));
  const std::size_t square = dimension_ * dimension_;
  gram_ = arena.take<double>(square);
  eigenvalues_ = arena.take<double>(dimension_);
  eigen_work_ = arena.take<double>(2 * dimension_);
  basis_ = arena.take<Scalar>(square);
  spectrum_ = arena.take<Scalar>(dimension_);
  tail_gram_ = arena.take<Scalar>(dimension_ * stride_);
  tail_sum_ = arena.take<Scalar>(dimension_);
  work_ = arena.take<Scalar>(options.worker_capacity * work_size());
}

template <class Scalar>
std::size_t SkipGramSolver<Scalar>::work_size() const noexcept {
  // Whole lines, so that each worker's scratch is aligned.
  return padded((3 * row_block + vectors_of_length_d) * stride_ + row_block * (2 * tile + 3) + longest_row_);
}

template <class Scalar>
auto SkipGramSolver<Scalar>::work(std::size_t worker) const noexcept -> Work {
  const std::size_t d = dimension_;
  auto rest = work_.subspan(worker * work_size(), work_size());
  const auto next = [&](std::size_t count) {
    const auto piece = rest.first(count);
    rest = rest.subspan(padded(count));
    return piece;
  };
  // Braces: evaluated in this order.
  return Work{next(row_block * stride_),
              next(row_block * stride_),
              next(row_block * stride_),
              next(row_block * tile),
              next(row_block * tile),
              next(row_block),
              next(row_block),
              next(row_block),
              next(longest_row_),
              next(d),
              next(d),
              next(d),
              next(d),
              next(d),
              next(d)};
}

template <class Scalar>
void SkipGramSolver<Scalar>::run(const HalfStep<Scalar>& step, RowSums<Scalar>& sums, Negatives<Scalar>& negatives,
                                 Executor& executor) noexcept {
  for (std::size_t row = 0; row < step.fixed.size(); ++row)
    step.fixed.squared_norm[row] = step.fixed.row(row).squaredNorm();
  negatives.prepare(step.fixed, step.fixed.negative_share, step.key);
  sum_tail(step, negatives, sums, executor);
  decompose(negatives, sums, executor);
  executor.run(step.blocks(),
               [&](std::size_t worker, std::size_t block) { update_block(step, negatives, block, worker); });
}

// G_T into gram_ and tail_gram_, and the sum of the tail's rows.
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
  std::ranges::fill(tail_gram_, Scalar(0));
  for (std::size_t row = 0; row < dimension_; ++row)
    std::ranges::transform(gram_.subspan(row * dimension_, dimension_), tail_gram_.subspan(row * stride_).begin(),
                           [](double x) { return static_cast<Scalar>(x); });
  auto sum = as_vector(eigenvalues_);  // in double; decompose() needs it later
  sum.setZero();
  for (std::size_t row = 0; row < shares.size(); ++row) {
    if (shares[row] > 0) sum += (shares[row] * std::as_const(step.fixed).row(row)).template cast<double>();
  }
  as_vector(tail_sum_) = sum.template cast<Scalar>();
  tail_weight_ = negatives.tail_weight();
}

// G = W^T diag(b) W, G_T of it being in gram_, and its eigenvectors and eigenvalues.
template <class Scalar>
void SkipGramSolver<Scalar>::decompose(const Negatives<Scalar>& negatives, RowSums<Scalar>& sums,
                                       Executor& executor) noexcept {
  const auto d = static_cast<Eigen::Index>(dimension_);
  const NegativeRows<Scalar> head = negatives.head();
  const Eigen::Map<const RowMajor<Scalar>, 0, Eigen::OuterStride<>> rows(
      head.embeddings.data, static_cast<Eigen::Index>(head.embeddings.rows), d,
      Eigen::OuterStride<>(static_cast<Eigen::Index>(stride_)));
  sums.add(MatrixView<double>(gram_.data(), d, d), rows, head.weights, rows, executor);
  // Symmetric, so the order of storage does not matter.
  symmetric_eigen(Eigen::Map<Eigen::MatrixXd>(gram_.data(), d, d), eigenvalues_, eigen_work_);
  std::ranges::transform(gram_, basis_.begin(), [](double x) { return static_cast<Scalar>(x); });
  // Rounding may leave the zeros of a positive semi-definite matrix a little below 0.
  std::ranges::transform(eigenvalues_, spectrum_.begin(),
                         [](double x) { return static_cast<Scalar>(std::max(x, 0.)); });
}

template <class Scalar>
void SkipGramSolver<Scalar>::update_block(const HalfStep<Scalar>& step, const Negatives<Scalar>& negatives,
                                          std::size_t block, std::size_t worker) noexcept {
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
  for (std::size_t k = 0; k < rows.size(); ++k) update_row(step, rows[k], k, mine);
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

template <class Scalar>
void SkipGramSolver<Scalar>::update_row(const HalfStep<Scalar>& step, RowIndex row, std::size_t place,
                                        Work& work) noexcept {
  auto z = step.moving.row(row);
  const Scalar negative = step.moving.negative_weight[row];
  const Scalar prior = step.moving.predicted[row];
  const auto d = static_cast<Scalar>(dimension_);
  Scalar scale = prior;  // c_i
  Scalar information = negative * work.information[place];
  auto gradient = as_vector(work.gradient.subspan(place * stride_, dimension_));
  gradient *= negative;
  gradient += prior * z;
  if (step.tied) gradient -= prior * step.moving.reference_row(row);
  const auto observed = step.observed(row);
  for_each_run(observed.size(), tile, [&](std::size_t begin, std::size_t size) {
    const auto run = observed.subspan(begin, size);
    const RowsOf<Scalar> rows(step.fixed, run);
    Scalar x[tile];
    Scalar s[tile];
    kernels::dots(x, z.data(), rows.list);
    std::ranges::copy(std::span(x, size), s);
    kernels::logistic(std::span(s, size));
    for (std::size_t e = 0; e < size; ++e) {
      const Scalar weight = run[e].weight;
      const Scalar norm = step.fixed.squared_norm[run[e].other];
      const Scalar curvature = weight * jaakkola_weight(x[e], s[e]);
      work.curvature[begin + e] = curvature;
      scale += curvature * norm / d;
      information += weight * s[e] * (1 - s[e]) * norm;
      s[e] = weight * (s[e] - 1);
    }
    kernels::add_rows(gradient.data(), s, rows.list);
  });
  as_vector(work.residual) = -gradient;
  conjugate_gradient(step, row, scale, work);
  z += as_vector(work.solution);
  step.moving.data_precision[row] = information / d;
}

// work.solution = approximately A_i^-1 work.residual, from zero.
template <class Scalar>
void SkipGramSolver<Scalar>::conjugate_gradient(const HalfStep<Scalar>& step, RowIndex row, Scalar scale,
                                                Work& work) noexcept {
  auto x = as_vector(work.solution);
  auto r = as_vector(work.residual);
  auto y = as_vector(work.preconditioned);
  auto q = as_vector(work.direction);
  auto image = as_vector(work.image);  // A q
  x.setZero();
  q.setZero();
  image.setZero();
  Scalar energy = 0;
  for (std::size_t k = 0; k < steps_; ++k) {
    precondition(step, row, scale, work);
    const Scalar next = r.dot(y);
    if (!(next > std::numeric_limits<Scalar>::min())) break;
    const Scalar turn = k == 0 ? Scalar(0) : next / energy;
    energy = next;
    q = y + turn * q;
    image *= turn;
    add_image(step, row, scale, work);
    const Scalar length = energy / q.dot(image);
    x += length * q;
    r -= length * image;
  }
}

// work.preconditioned = (c_i I + (a_i/4) G)^-1 work.residual
template <class Scalar>
void SkipGramSolver<Scalar>::precondition(const HalfStep<Scalar>& step, RowIndex row, Scalar scale,
                                          Work& work) noexcept {
  const Scalar quarter = step.moving.negative_weight[row] / 4;
  as_vector(work.filter).array() = (scale + quarter * as_vector(spectrum_).array()).inverse();
  std::ranges::fill(work.preconditioned, Scalar(0));
  kernels::add_normal_product(work.preconditioned.data(), work.residual.data(), work.filter.data(),
                              {basis_.data(), dimension_, dimension_});
}

// work.image += A_i y, where y = work.preconditioned has just come from the residual r: then (a_i/4) G y = r - c_i y.
template <class Scalar>
void SkipGramSolver<Scalar>::add_image(const HalfStep<Scalar>& step, RowIndex row, Scalar scale, Work& work) noexcept {
  const Scalar prior = step.moving.predicted[row];
  as_vector(work.image) += as_vector(work.residual) + (prior - scale) * as_vector(work.preconditioned);
  const auto observed = step.observed(row);
  for_each_run(observed.size(), tile, [&](std::size_t begin, std::size_t size) {
    const RowsOf<Scalar> rows(step.fixed, observed.subspan(begin, size));
    kernels::add_normal_product(work.image.data(), work.preconditioned.data(), work.curvature.data() + begin,
                                rows.list);
  });
}

template class SkipGramSolver<float>;
template class SkipGramSolver<double>;

}  // namespace gaugeline
