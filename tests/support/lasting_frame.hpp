// How far the learnt frame wanders from the true one in a long stream: the Gaussian stream and the skip-gram one, with
// a share of rows that turn coherently all along (norms stay).
//
// At each slice the true rows that stand still, X, are mapped onto the learnt ones, Y (items and contexts together for
// the rotation, each side alone for the linear map):
//   R = the rotation with the least |X R - Y|;  angle: the mean principal angle between R and that of slice 10
//   A = the linear map with the least |X A - Y|;  stretch: the largest |log sigma| of A, the mean of both sides
//   B = the linear map from X to Y with the least error once both are centred;  stretch since slice 10: the same of
//       B B_10^+. Where values have offsets the mean of a table is free as well, and the offsets make up for it:
//   shift: of the mean of Y since slice 10, in units of a row's norm, the mean of both sides
// X may have fewer columns than Y (the skip-gram model needs more dimensions than the truth): R then has orthonormal
// rows. Principal angles of two such frames are 2 asin(sigma_k(R - R_10)/2).
#pragma once

#include <Eigen/Dense>
#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <vector>

#include <gaugeline/simulate.hpp>
#include <support/row_learner.hpp>

namespace gaugeline::testing {

struct FrameError {
  double angle = 0;  // radians
  double stretch = 0;
  double stretch_since = 0;  // since slice 10, as the next
  double shift = 0;

  FrameError& operator+=(const FrameError& more) {
    angle += more.angle;
    stretch += more.stretch;
    stretch_since += more.stretch_since;
    shift += more.shift;
    return *this;
  }
  FrameError& operator/=(double by) {
    for (double* figure : {&angle, &stretch, &stretch_since, &shift}) *figure /= by;
    return *this;
  }
};

// Means over slices 100 to 199 and over the last hundred.
struct FrameErrors {
  FrameError early, late;
  double holonomy = 0;  // the mean of SliceReport::holonomy_angle over the last hundred
};

class FrameProbe {
 public:
  using Matrix = Eigen::MatrixXd;
  struct Rows {
    Matrix items, contexts;
  };

  static constexpr int base_slice = 10;

  // Called at slice 10 first.
  FrameError measure(const Rows& truth, const Rows& learnt) {
    const Matrix rotation =
        polar(truth.items.transpose() * learnt.items + truth.contexts.transpose() * learnt.contexts);
    const bool first = rotation_.size() == 0;
    if (first) rotation_ = rotation;
    FrameError error{.angle = mean_angle(rotation - rotation_)};
    for (const std::size_t side : {std::size_t{0}, std::size_t{1}}) {
      const Matrix& x = side == 0 ? truth.items : truth.contexts;
      const Matrix& y = side == 0 ? learnt.items : learnt.contexts;
      const Matrix map = linear_map(centred(x), centred(y));
      const Eigen::RowVectorXd mean = y.colwise().mean();
      if (first) {
        inverse_[side] = map.completeOrthogonalDecomposition().pseudoInverse();
        mean_[side] = mean;
      }
      error.stretch += .5 * largest_stretch(linear_map(x, y));
      error.stretch_since += .5 * largest_stretch(map * inverse_[side]);
      error.shift += .5 * (mean - mean_[side]).norm() / std::sqrt(y.squaredNorm() / static_cast<double>(y.rows()));
    }
    return error;
  }

 private:
  static Matrix polar(const Matrix& m) {
    const Eigen::JacobiSVD<Matrix> svd(m, Eigen::ComputeThinU | Eigen::ComputeThinV);
    return svd.matrixU() * svd.matrixV().transpose();
  }
  static Matrix linear_map(const Matrix& from, const Matrix& to) { return from.colPivHouseholderQr().solve(to); }
  static Matrix centred(const Matrix& rows) { return rows.rowwise() - rows.colwise().mean(); }
  static double mean_angle(const Matrix& difference) {
    const Eigen::VectorXd sigma = Eigen::JacobiSVD<Matrix>(difference).singularValues();
    double sum = 0;
    for (const double s : sigma) sum += 2 * std::asin(std::min(1.0, s / 2));
    return sum / static_cast<double>(sigma.size());
  }
  static double largest_stretch(const Matrix& map) {
    return Eigen::JacobiSVD<Matrix>(map).singularValues().array().log().abs().maxCoeff();
  }

  Matrix rotation_;  // of slice 10
  std::array<Matrix, 2> inverse_;
  std::array<Eigen::RowVectorXd, 2> mean_;
};

struct LongStream {
  std::uint64_t seed = 11;
  std::uint32_t rows = 100;  // items, and as many contexts
  double drifting_share = .3;
  double drift_radians = .06;  // per slice
  int slices = 2000;
};

// Truth of one side as rows that stand still, and the same rows as learnt.
template <class Truth, class Flags>
void take_static(const Truth& truth, const ConstTable<float>& learnt, const Flags& drifts, Eigen::MatrixXd& true_rows,
                 Eigen::MatrixXd& learnt_rows) {
  std::vector<Eigen::Index> rows;
  for (std::size_t row = 0; row < drifts.size(); ++row) {
    if (drifts[row] == 0) rows.push_back(static_cast<Eigen::Index>(row));
  }
  true_rows = truth(rows, Eigen::all);
  learnt_rows = learnt(rows, Eigen::all).template cast<double>();
}

// `next()` draws a slice and gives its observations; `take_rows(state, truth, learnt)` fills in the rows that stand
// still.
template <class Next, class Truth>
FrameErrors run_long_stream(const LongStream& stream, Options options, Next&& next, Truth&& take_rows) {
  options.seed = stream.seed + 1000;
  RowLearner<float> learner(with_room(options, stream.rows, stream.rows * stream.rows), stream.rows);
  learner.admit();
  FrameProbe probe;
  FrameErrors errors;
  for (int t = 0; t < stream.slices; ++t) {
    const SliceReport report = learner.learn(next());
    const bool early = t >= 100 && t < 200;
    const bool late = t >= stream.slices - 100;
    if (t != FrameProbe::base_slice && !early && !late) continue;
    FrameProbe::Rows truth, learnt;
    take_rows(learner.state(), truth, learnt);
    const FrameError error = probe.measure(truth, learnt);
    if (early) errors.early += error;
    if (late) errors.late += error, errors.holonomy += report.holonomy_angle / 100;
  }
  errors.early /= 100;
  errors.late /= 100;
  return errors;
}

// Truth of dimension 8, learnt in dimension 8; 60 values per item and slice with a noise of .5.
inline FrameErrors run_long_gaussian(const LongStream& stream, Options options) {
  GaussianStream values({.seed = stream.seed,
                         .rows = stream.rows,
                         .dimension = 8,
                         .drifting_share = stream.drifting_share,
                         .drift_radians = stream.drift_radians});
  const auto next = [&] {
    values.next();
    return std::span<const PairValue>(values.values());
  };
  const auto take = [&](const LearnerState<float>& state, FrameProbe::Rows& truth, FrameProbe::Rows& learnt) {
    const auto rows = static_cast<Eigen::Index>(stream.rows);
    const auto middle = values.drifts().begin() + static_cast<std::ptrdiff_t>(stream.rows);
    take_static(values.truth().topRows(rows), state.items.embeddings,
                std::vector<char>(values.drifts().begin(), middle), truth.items, learnt.items);
    take_static(values.truth().bottomRows(rows), state.contexts.embeddings,
                std::vector<char>(middle, values.drifts().end()), truth.contexts, learnt.contexts);
  };
  options.dimension = 8;
  return run_long_stream(stream, options, next, take);
}

// Truth of dimension 8, learnt in dimension 16; 100 pairs per item and slice.
inline FrameErrors run_long_skipgram(const LongStream& stream, Options options) {
  SkipGramStream pairs({.seed = stream.seed,
                        .rows = stream.rows,
                        .dimension = 8,
                        .pairs_per_slice = 100. * stream.rows,
                        .drifting_share = stream.drifting_share,
                        .drift_radians = stream.drift_radians});
  const auto next = [&] {
    pairs.next();
    return std::span<const PairCount>(pairs.pairs());
  };
  const auto take = [&](const LearnerState<float>& state, FrameProbe::Rows& truth, FrameProbe::Rows& learnt) {
    take_static(pairs.truth(Side::items), state.items.embeddings, pairs.drifts(Side::items), truth.items, learnt.items);
    take_static(pairs.truth(Side::contexts), state.contexts.embeddings, pairs.drifts(Side::contexts), truth.contexts,
                learnt.contexts);
  };
  options.dimension = 16;
  return run_long_stream(stream, options, next, take);
}

}  // namespace gaugeline::testing
