#include "anchor.hpp"

#include <algorithm>
#include <cmath>

#include <gaugeline/gauge.hpp>

namespace gaugeline {
namespace {

constexpr double rejection = 6;      // of the median of q: a row at rest keeps .85 of its weight, one at 30 nothing
constexpr double most_moved = .25;   // of |z|^2: beyond, the tables are still taking shape
constexpr double most_stretch = .5;  // in one slice, before ...
constexpr double undone = .2;  // ... this share of it is undone: text predicts worse the more is, docs/experiments.md
// Of M and G, in units of their size: far above the rounding errors of sums in float. Where the tables hold less than
// that, a slice undoes only a part of the turn or stretch, and the next ones the rest.
constexpr double anchor_regularisation = 1e-2;

// The integral of e^(-rate s) over [0, elapsed].
double faded_time(double rate, double elapsed) noexcept {
  const double exponent = std::max(rate * elapsed, -80.0);  // beyond, what it weighs has long vanished
  return std::abs(exponent) < 1e-9 ? elapsed : -std::expm1(-exponent) / exponent * elapsed;
}

void symmetrise(Eigen::Map<Eigen::MatrixXd> a) noexcept {
  for (Eigen::Index i = 0; i < a.rows(); ++i) {
    for (Eigen::Index j = 0; j <= i; ++j) a(i, j) = a(j, i) = a(i, j) + a(j, i);
  }
}

}  // namespace

template <class Scalar>
void Anchor<Scalar>::reserve(Arena& arena, const Options& options) noexcept {
  dimension_ = options.dimension;
  memory_ = static_cast<double>(options.anchor_memory);
  reversion_ = static_cast<double>(options.mean_reversion);
  matrices_ = arena.take<double>(places * dimension_ * dimension_);
  eigenvalues_ = arena.take<double>(dimension_);
  work_ = arena.take<double>(gauge_work_doubles(dimension_));
  ordered_ = {arena.take<Scalar>(row_room(options.item_capacity)),
              arena.take<Scalar>(row_room(options.context_capacity))};
}

template <class Scalar>
auto Anchor<Scalar>::at(Place place) noexcept -> Matrix {
  const auto d = static_cast<Eigen::Index>(dimension_);
  return {matrices_.data() + place * dimension_ * dimension_, d, d};
}

template <class Scalar>
void Anchor<Scalar>::follow(Model<Scalar>& model, double elapsed, Executor& executor) const noexcept {
  for_both_sides(executor, [&](Side which) { follow(model.side(which), elapsed); });
}

// a(t): the mean of where the row was, weighted by e^(-age/T), and the sum of these weights. Exact for a row that the
// slices say nothing about, so that it does not matter in how many steps the time passes.
template <class Scalar>
void Anchor<Scalar>::follow(SideRows<Scalar>& side, double elapsed) const noexcept {
  const double kept = std::exp(-elapsed / memory_);
  const double added = faded_time(1 / memory_, elapsed);
  const double reached = faded_time(1 / memory_ - reversion_, elapsed);  // `added`, weighted by how far out the row was
  for (std::size_t row = 0; row < side.size(); ++row) {
    if (!side.known(row)) continue;
    const double before = kept * static_cast<double>(side.anchor_time[row]);
    const double after = before + added;
    side.anchor_row(row) = static_cast<Scalar>(before / after) * side.anchor_row(row) +
                           static_cast<Scalar>(reached / after) * side.reference_row(row);
    side.anchor_time[row] = static_cast<Scalar>(after);
  }
}

template <class Scalar>
double Anchor<Scalar>::hold(Model<Scalar>& model, RowSums<Scalar>& sums, Executor& executor) noexcept {
  std::array<bool, 2> told{};
  for_both_sides(executor, [&](Side which) {
    const auto side = static_cast<std::size_t>(which);
    told[side] = weigh(model.side(which), ordered_[side]);
  });
  if (!told[0] || !told[1]) return 0;
  add_up(model.items, item_overlap, item_gram, sums, executor);
  add_up(model.contexts, context_overlap, context_gram, sums, executor);

  // What the sums fill row by row is read column by column: the overlaps M are transposed, and R comes out as R^T.
  at(scratch) = at(item_overlap) + at(context_overlap);
  at(scratch).diagonal().array() += anchor_regularisation * at(scratch).norm();
  gauge_rotation(at(scratch), at(rotation), work_);
  const double angle = rotation_angle(at(rotation), work_);
  if (!find_stretch()) {
    at(scratch).setIdentity();
    std::ranges::fill(eigenvalues_, 0.0);
  }
  move(model, model.items, 1, executor);
  move(model, model.contexts, -1, executor);
  return angle;
}

// Fills side.negative_weight, which the solver no longer needs, with w. False if the anchors say nothing: there are
// none, or the rows in data have left them by a good part of their length.
template <class Scalar>
bool Anchor<Scalar>::weigh(SideRows<Scalar>& side, std::span<Scalar> ordered) const noexcept {
  const auto weighs = [&](std::size_t row) { return side.data_precision[row] > 0 && side.anchor_time[row] > 0; };
  const auto precision = [&](std::size_t row) { return side.predicted[row] + side.data_precision[row]; };
  std::size_t count = 0;
  for (std::size_t row = 0; row < side.size(); ++row) {
    if (!weighs(row)) continue;
    side.squared_norm[row] = (side.row(row) - side.anchor_row(row)).squaredNorm();
    ordered[count++] = precision(row) * side.squared_norm[row];
  }
  const auto middle = ordered.begin() + static_cast<std::ptrdiff_t>(count / 2);
  std::nth_element(ordered.begin(), middle, ordered.begin() + static_cast<std::ptrdiff_t>(count));
  const Scalar scale = count > 0 && *middle > 0 ? 1 / (static_cast<Scalar>(rejection) * *middle) : 0;
  double moved = 0;
  double all = 0;
  for (std::size_t row = 0; row < side.size(); ++row) {
    side.negative_weight[row] = 0;
    if (!weighs(row)) continue;
    const Scalar weight = precision(row) * std::exp(-precision(row) * side.squared_norm[row] * scale);
    side.negative_weight[row] = weight;
    moved += static_cast<double>(weight * side.squared_norm[row]);
    all += static_cast<double>(weight * side.row(row).squaredNorm());
  }
  return count > 0 && moved <= most_moved * all;
}

template <class Scalar>
void Anchor<Scalar>::add_up(const SideRows<Scalar>& side, Place overlap, Place gram, RowSums<Scalar>& sums,
                            Executor& executor) noexcept {
  const auto d = static_cast<Eigen::Index>(dimension_);
  const auto rows = static_cast<Eigen::Index>(side.size());
  const ConstMatrixView<Scalar> table(side.embeddings.data(), rows, d);
  const ConstMatrixView<Scalar> anchors(side.anchor.data(), rows, d);
  const auto weights = side.negative_weight.first(side.size());
  at(overlap).setZero();
  at(gram).setZero();
  sums.add({at(overlap).data(), d, d}, table, weights, anchors, executor);
  sums.add({at(gram).data(), d, d}, anchors, weights, anchors, executor);
}

// E = P diag(e) P^T: P goes into `scratch`, e into eigenvalues_. False if the sums do not determine it.
template <class Scalar>
bool Anchor<Scalar>::find_stretch() noexcept {
  // B + B^T, with R^T M transposed: M^T R.
  at(item_overlap) -= at(context_overlap);
  multiply(at(scratch), at(item_overlap), at(rotation).transpose());
  at(scratch) = at(item_gram) - at(context_gram) - at(scratch);
  symmetrise(at(scratch));
  at(item_gram) += at(context_gram);
  if (!at(scratch).allFinite() || !at(item_gram).allFinite()) return false;
  const double largest = at(item_gram).diagonal().maxCoeff();
  if (!(largest > 1e-140) || !(largest < 1e140)) return false;  // what symmetric_eigen can take

  // In the eigenbasis Q of G the equation has one unknown each: E_ij = (B + B^T)_ij / (g_i + g_j).
  symmetric_eigen(at(item_gram), eigenvalues_, work_);
  multiply(at(context_gram), at(scratch), at(item_gram));
  at(turned) = at(item_gram).transpose();
  multiply(at(scratch), at(turned), at(context_gram));
  const double floor = anchor_regularisation * eigenvalues_[0];
  for (Eigen::Index i = 0; i < at(scratch).rows(); ++i) {
    for (Eigen::Index j = 0; j < at(scratch).cols(); ++j) {
      const double sum = eigenvalues_[static_cast<std::size_t>(i)] + eigenvalues_[static_cast<std::size_t>(j)];
      at(scratch)(i, j) /= sum + floor;
    }
  }
  multiply(at(context_gram), at(scratch), at(item_gram).transpose());
  multiply(at(scratch), at(item_gram), at(context_gram));
  symmetrise(at(scratch));  // doubles it
  at(scratch) *= .5;
  if (at(scratch).cwiseAbs().maxCoeff() < 1e-100) at(scratch).setZero();
  symmetric_eigen(at(scratch), eigenvalues_, work_);
  for (double& e : eigenvalues_) e = undone * std::clamp(e, -most_stretch, most_stretch);
  return true;
}

// Z <- Z R e^(sign E); its transpose, P e^(sign e) P^T R^T, is what the model reads row by row.
template <class Scalar>
void Anchor<Scalar>::move(Model<Scalar>& model, SideRows<Scalar>& side, double sign, Executor& executor) noexcept {
  const auto d = static_cast<Eigen::Index>(dimension_);
  at(turned) = at(scratch).transpose();
  multiply(at(item_overlap), at(turned), at(rotation));
  for (Eigen::Index k = 0; k < d; ++k)
    at(item_overlap).row(k) *= std::exp(sign * eigenvalues_[static_cast<std::size_t>(k)]);
  multiply(at(context_overlap), at(scratch), at(item_overlap));
  model.move_rows_in_data(side, {at(context_overlap).data(), d, d}, executor);
}

template class Anchor<float>;
template class Anchor<double>;

}  // namespace gaugeline
