#include <gaugeline/formats/comparability.hpp>

#include <algorithm>
#include <vector>

#include <gaugeline/gauge.hpp>

namespace gaugeline::formats {
namespace {

bool holds_frame(const Options& options) noexcept {
  return options.gauge == GaugeFixing::procrustes && options.coupling == Coupling::random_walk;
}

}  // namespace

FrameView frame_of(const SnapshotView& snapshot) noexcept {
  return {.run = snapshot.lineage.run,
          .smoothed = snapshot.lineage.smoothed,
          .dimension = snapshot.options.dimension,
          .held = holds_frame(snapshot.options)};
}

FrameView frame_of(const SnapshotSummary& summary) noexcept {
  return {.run = summary.run,
          .smoothed = summary.smoothed,
          .dimension = summary.options.dimension,
          .held = holds_frame(summary.options)};
}

Expected<> check_comparable(const FrameView& a, const FrameView& b) {
  constexpr std::string_view remedy = ": align one with the other (gaugeline align), or compare similarities only";
  if (a.dimension != b.dimension)
    return fail(ErrorCode::invalid_argument, "the vectors have ", a.dimension, " and ", b.dimension, " dimensions");
  if (a.run != b.run)
    return fail(ErrorCode::invalid_argument, "the snapshots are of runs ", a.run, " and ", b.run,
                ", each of which has a frame of its own", remedy);
  if (!a.held || !b.held)
    return fail(ErrorCode::invalid_argument, "run ", a.run,
                " does not fix the gauge, so that its frame turns from slice to slice", remedy);
  if (a.smoothed != b.smoothed)
    return fail(ErrorCode::invalid_argument,
                "one of the snapshots is a smoother's and the other is not: what they tell "
                "of one slice differs, and so does their frame",
                remedy);
  return {};
}

FrameCheck check_frame(const SnapshotView& snapshot) {
  const CanariesView& canaries = snapshot.canaries;
  if (canaries.rows.empty()) return {};
  using Matrix = Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;
  const Matrix before = canaries.before.cast<double>();
  Matrix now(before.rows(), before.cols());
  for (std::size_t c = 0; c < canaries.rows.size(); ++c)
    now.row(static_cast<Eigen::Index>(c)) = snapshot.state.items.embeddings.row(canaries.rows[c]).cast<double>();
  const Eigen::MatrixXd moment = now.transpose() * before;
  Eigen::MatrixXd rotation(moment.rows(), moment.cols());
  std::vector<double> work(gauge_work_doubles(static_cast<std::size_t>(moment.rows())));
  gauge_rotation(moment, rotation, work);
  const double norm = before.norm();
  const double distance = (now - before).norm();
  const double turned = (now * rotation - before).norm();
  const double share = distance > 0 ? 1 - turned * turned / (distance * distance) : 0;
  return {.rows = canaries.rows.size(),
          .distance = norm > 0 ? distance / norm : 0,
          .distance_turned = norm > 0 ? turned / norm : 0,
          .angle = rotation_angle(rotation, work),
          .share_of_turning = share,
          .share_by_chance =
              std::min(1., static_cast<double>(before.cols() - 1) / (2 * static_cast<double>(before.rows())))};
}

}  // namespace gaugeline::formats
