#include "chain_solver.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <gaugeline/gauge.hpp>

namespace gaugeline {
namespace {

constexpr std::size_t tables_of_work = 7;

// One row of a slice in a chain.
template <class Scalar>
struct Point {
  const SmootherSide<Scalar>& moving;
  const SmootherSide<Scalar>& fixed;
  RowIndex row;
};

template <class Scalar>
Point<Scalar> point(const std::deque<SmootherSlice<Scalar>>& slices, Side which, const Chain& chain, std::size_t k) {
  const SmootherSlice<Scalar>& slice = slices[chain.first + k];
  return {slice.side(which), slice.side(other(which)), chain.rows[k]};
}

}  // namespace

template <class Scalar>
void Chains::build(const std::deque<SmootherSlice<Scalar>>& slices, Side which) {
  // The chain of every row of the slice at hand, and of the slice before.
  std::vector<std::size_t> chain, before;
  std::vector<std::size_t> length;
  first_.clear();
  const auto follow = [&](std::size_t t, const auto& visit) {
    const SmootherSide<Scalar>& side = slices[t].side(which);
    chain.assign(side.rows.size(), 0);
    for (std::size_t row = 0; row < side.rows.size(); ++row) {
      const bool begins = t == 0 || side.previous[row] == no_row;
      visit(row, begins, begins ? 0 : before[side.previous[row]]);
    }
    std::swap(chain, before);
  };
  for (std::size_t t = 0; t < slices.size(); ++t) {
    follow(t, [&](std::size_t row, bool begins, std::size_t known) {
      if (begins) {
        chain[row] = first_.size();
        first_.push_back(t);
        length.push_back(1);
      } else {
        ++length[chain[row] = known];
      }
    });
  }
  begin_.assign(first_.size() + 1, 0);
  for (std::size_t k = 0; k < length.size(); ++k) begin_[k + 1] = begin_[k] + length[k];
  rows_.resize(begin_.back());
  std::size_t begun = 0;
  for (std::size_t t = 0; t < slices.size(); ++t) {
    follow(t, [&](std::size_t row, bool begins, std::size_t known) {
      chain[row] = begins ? begun++ : known;
      rows_[begin_[chain[row]] + t - first_[chain[row]]] = static_cast<RowIndex>(row);
    });
  }
}

template <class Scalar>
void ChainSolver<Scalar>::reserve(Arena& arena, const Options& options, std::uint32_t steps, std::size_t slices,
                                  std::size_t rows, std::size_t observations) noexcept {
  dimension_ = options.dimension;
  stride_ = padded(dimension_);
  steps_ = steps;
  slices_ = slices;
  gradients_ = arena.take<Scalar>(rows * dimension_);
  scales_ = arena.take<Scalar>(rows);
  curvatures_ = arena.take<Scalar>(observations);
  grams_ = arena.take<Scalar>(slices * dimension_ * stride_);
  row_begin_ = arena.take<std::size_t>(slices + 1);
  observation_begin_ = arena.take<std::size_t>(slices + 1);
  sum_ = arena.take<double>(dimension_ * dimension_);
  eigenvalues_ = arena.take<double>(dimension_);
  eigen_work_ = arena.take<double>(2 * dimension_);
  basis_ = arena.take<Scalar>(dimension_ * stride_);
  vectors_ = arena.take<Scalar>(dimension_ * stride_);
  spectra_ = arena.take<Scalar>(slices * stride_);
  moved_ = arena.take<double>(rows);
  work_size_ = tables_of_work * slices * stride_ + 2 * padded(slices);
  work_ = arena.take<Scalar>(options.worker_capacity * work_size_);
}

template <class Scalar>
auto ChainSolver<Scalar>::work(std::size_t worker) const noexcept -> Work {
  auto rest = work_.subspan(worker * work_size_, work_size_);
  const auto next = [&](std::size_t count) {
    const auto piece = rest.first(count);
    rest = rest.subspan(padded(count));
    return piece;
  };
  const auto table = [&] { return next(slices_ * stride_); };
  // Braces: evaluated in this order.
  return Work{.solution = table(),
              .residual = table(),
              .preconditioned = table(),
              .direction = table(),
              .image = table(),
              .spectral = table(),
              .pivot = table(),
              .diagonal = next(slices_),
              .coupling = next(slices_)};
}

template <class Scalar>
void ChainSolver<Scalar>::begin() noexcept {
  filled_ = 0;
  row_begin_[0] = observation_begin_[0] = 0;
}

template <class Scalar>
Linearisation<Scalar> ChainSolver<Scalar>::next(const SmootherSide<Scalar>& side) noexcept {
  const std::size_t rows = side.rows.size();
  const std::size_t observations = side.observations.size();
  const std::size_t row = row_begin_[filled_];
  const std::size_t observation = observation_begin_[filled_];
  const std::size_t square = dimension_ * stride_;
  const Linearisation<Scalar> to{.gradient = gradients_.subspan(row * dimension_, rows * dimension_),
                                 .scale = scales_.subspan(row, rows),
                                 .curvature = curvatures_.subspan(observation, observations),
                                 .gram = grams_.subspan(filled_ * square, square)};
  // Rows without data have none of these.
  std::ranges::fill(to.gradient, Scalar(0));
  std::ranges::fill(to.scale, Scalar(0));
  ++filled_;
  row_begin_[filled_] = row + rows;
  observation_begin_[filled_] = observation + observations;
  return to;
}

// B, and the diagonals of B^T G_t B.
template <class Scalar>
void ChainSolver<Scalar>::find_basis() noexcept {
  std::ranges::fill(sum_, 0.);
  for (std::size_t t = 0; t < filled_; ++t) {
    for (std::size_t i = 0; i < dimension_; ++i) {
      for (std::size_t j = 0; j < dimension_; ++j)
        sum_[i * dimension_ + j] += static_cast<double>(grams_[(t * dimension_ + i) * stride_ + j]);
    }
  }
  const auto d = static_cast<Eigen::Index>(dimension_);
  const bool any = std::ranges::any_of(sum_, [](double x) { return x != 0; });
  Eigen::Map<Eigen::MatrixXd> sum(sum_.data(), d, d);
  // In a range in which the decomposition neither overflows nor loses what is small.
  if (any) sum /= sum.cwiseAbs().maxCoeff();
  symmetric_eigen(sum, eigenvalues_, eigen_work_);
  std::ranges::fill(basis_, Scalar(0));
  std::ranges::fill(vectors_, Scalar(0));
  for (std::size_t i = 0; i < dimension_; ++i) {
    for (std::size_t k = 0; k < dimension_; ++k) {
      const auto entry = static_cast<Scalar>(sum_[k * dimension_ + i]);  // entry i of eigenvector k
      basis_[i * stride_ + k] = entry;
      vectors_[k * stride_ + i] = entry;
    }
  }
  for (std::size_t t = 0; t < filled_; ++t) {
    const ConstMatrixView<Scalar> vectors(vectors_.data(), d, static_cast<Eigen::Index>(stride_));
    const Eigen::Map<const RowMajor<Scalar>, 0, Eigen::OuterStride<>> gram(
        grams_.data() + t * dimension_ * stride_, d, d, Eigen::OuterStride<>(static_cast<Eigen::Index>(stride_)));
    for (std::size_t k = 0; k < dimension_; ++k) {
      const auto b = vectors.row(static_cast<Eigen::Index>(k)).head(d).transpose();
      spectra_[t * stride_ + k] = std::max(Scalar(0), any ? b.dot(gram * b) : Scalar(0));
    }
  }
}

template <class Scalar>
double ChainSolver<Scalar>::solve(std::deque<SmootherSlice<Scalar>>& slices, Side which, const Chains& chains,
                                  Executor& executor) noexcept {
  find_basis();
  executor.run(chains.size(), [&](std::size_t worker, std::size_t k) {
    moved_[k] = solve_chain(slices, which, chains[k], work(worker));
  });
  double moved = 0;
  for (std::size_t k = 0; k < chains.size(); ++k) moved += moved_[k];
  return moved;
}

// Conjugate gradient from x = 0, whose residual is -g.
template <class Scalar>
double ChainSolver<Scalar>::solve_chain(std::deque<SmootherSlice<Scalar>>& slices, Side which, const Chain& chain,
                                        const Work& work) noexcept {
  const std::size_t length = chain.rows.size();
  const auto of_chain = [&](std::span<Scalar> table) { return as_vector(table.first(length * stride_)); };
  begin_chain(slices, which, chain, work);
  auto x = of_chain(work.solution);
  auto r = of_chain(work.residual);
  auto q = of_chain(work.direction);
  const auto y = of_chain(work.preconditioned);
  const auto image = of_chain(work.image);
  x.setZero();
  q.setZero();
  double energy = 0;
  double first = 0;
  for (std::uint32_t step = 0; step < steps_; ++step) {
    precondition(length, work);
    const auto next = static_cast<double>(r.dot(y));
    if (step == 0) first = next;
    // Solved as far as the numbers go.
    constexpr auto epsilon = static_cast<double>(std::numeric_limits<Scalar>::epsilon());
    if (!(next > first * epsilon * epsilon) || !(next > std::numeric_limits<double>::min())) break;
    q = y + static_cast<Scalar>(step == 0 ? 0 : next / energy) * q;
    energy = next;
    multiply_by_hessian(slices, which, chain, work);
    const auto length_of_step = static_cast<Scalar>(next / static_cast<double>(q.dot(image)));
    x += length_of_step * q;
    r -= length_of_step * image;
  }
  double moved = 0;
  for (std::size_t k = 0; k < length; ++k) {
    const auto step = as_vector(work.solution.subspan(k * stride_, dimension_));
    slices[chain.first + k].side(which).rows.row(chain.rows[k]) += step;
    moved += static_cast<double>(step.squaredNorm());
  }
  return moved;
}

// The residual, H_tt's multiples of the identity, and the pivots of the preconditioner.
template <class Scalar>
void ChainSolver<Scalar>::begin_chain(const std::deque<SmootherSlice<Scalar>>& slices, Side which, const Chain& chain,
                                      const Work& work) const noexcept {
  const std::size_t length = chain.rows.size();
  std::ranges::fill(work.residual.first(length * stride_), Scalar(0));
  for (std::size_t k = 0; k < length; ++k) {
    const auto [moving, fixed, row] = point(slices, which, chain, k);
    const std::size_t slice = chain.first + k;
    auto residual = as_vector(work.residual.subspan(k * stride_, dimension_));
    residual -= as_vector(gradients_.subspan((row_begin_[slice] + row) * dimension_, dimension_));
    if (k == 0) {
      work.diagonal[0] = moving.start[row];
      work.coupling[0] = 0;
      residual -= moving.start[row] * (moving.rows.row(row) - moving.rows.reference_row(row));
      continue;
    }
    const Scalar retained = slices[slice].retained;
    const Scalar link = moving.link[row];
    const auto before = point(slices, which, chain, k - 1);
    const auto covariant = moving.rows.row(row) - retained * before.moving.rows.row(before.row);
    residual -= link * covariant;
    as_vector(work.residual.subspan((k - 1) * stride_, dimension_)) += link * retained * covariant;
    work.diagonal[k] = link;
    work.diagonal[k - 1] += link * retained * retained;
    work.coupling[k] = link * retained;
  }
  for (std::size_t k = 0; k < length; ++k) {
    const auto [moving, fixed, row] = point(slices, which, chain, k);
    const std::size_t slice = chain.first + k;
    const Scalar constant = work.diagonal[k] + scales_[row_begin_[slice] + row];
    const Scalar quarter = moving.rows.negative_weight[row] / 4;
    auto pivot = as_vector(work.pivot.subspan(k * stride_, stride_)).array();
    pivot = constant + quarter * as_vector(std::span<const Scalar>(spectra_).subspan(slice * stride_, stride_)).array();
    if (k > 0) {
      const auto last = as_vector(work.pivot.subspan((k - 1) * stride_, stride_)).array();
      pivot -= work.coupling[k] * work.coupling[k] / last;
    }
  }
}

// preconditioned = P^-1 residual: for every column of B a tridiagonal system in time.
template <class Scalar>
void ChainSolver<Scalar>::precondition(std::size_t length, const Work& work) const noexcept {
  const auto of_slice = [&](std::span<Scalar> table, std::size_t k) {
    return as_vector(table.subspan(k * stride_, stride_)).array();
  };
  kernels::product<Scalar>({work.spectral.data(), length, stride_, stride_},
                           {work.residual.data(), length, dimension_, stride_},
                           {basis_.data(), dimension_, stride_, stride_});
  for (std::size_t k = 1; k < length; ++k)
    of_slice(work.spectral, k) += work.coupling[k] * of_slice(work.spectral, k - 1) / of_slice(work.pivot, k - 1);
  for (std::size_t k = length; k-- > 0;) {
    if (k + 1 < length) of_slice(work.spectral, k) += work.coupling[k + 1] * of_slice(work.spectral, k + 1);
    of_slice(work.spectral, k) /= of_slice(work.pivot, k);
  }
  kernels::product<Scalar>({work.preconditioned.data(), length, stride_, stride_},
                           {work.spectral.data(), length, dimension_, stride_},
                           {vectors_.data(), dimension_, stride_, stride_});
}

// image = H direction.
template <class Scalar>
void ChainSolver<Scalar>::multiply_by_hessian(const std::deque<SmootherSlice<Scalar>>& slices, Side which,
                                              const Chain& chain, const Work& work) const noexcept {
  const std::size_t length = chain.rows.size();
  for (std::size_t k = 0; k < length; ++k) {
    const auto [moving, fixed, row] = point(slices, which, chain, k);
    const std::size_t slice = chain.first + k;
    const auto q = as_vector(work.direction.subspan(k * stride_, stride_));
    auto image = as_vector(work.image.subspan(k * stride_, stride_));
    const Scalar quarter = moving.rows.negative_weight[row] / 4;
    image.setZero();
    if (quarter > 0) {
      kernels::product<Scalar>({image.data(), 1, stride_, stride_}, {q.data(), 1, dimension_, stride_},
                               {grams_.data() + slice * dimension_ * stride_, dimension_, stride_, stride_});
      image *= quarter;
    }
    image += work.diagonal[k] * q;
    if (k > 0) image -= work.coupling[k] * as_vector(work.direction.subspan((k - 1) * stride_, stride_));
    if (k + 1 < length) image -= work.coupling[k + 1] * as_vector(work.direction.subspan((k + 1) * stride_, stride_));
    const auto observed = moving.observed().of(row);
    const std::size_t begin = observation_begin_[slice] + moving.starts[row];
    for_each_run(observed.size(), tile, [&](std::size_t offset, std::size_t size) {
      RowIndex at[tile];
      std::ranges::transform(observed.subspan(offset, size), at, &Observed::other);
      kernels::add_normal_product(image.data(), q.data(), curvatures_.data() + begin + offset,
                                  {fixed.rows.embeddings.data(), dimension_, size, at});
    });
  }
}

template void Chains::build(const std::deque<SmootherSlice<float>>&, Side);
template void Chains::build(const std::deque<SmootherSlice<double>>&, Side);
template class ChainSolver<float>;
template class ChainSolver<double>;

}  // namespace gaugeline
