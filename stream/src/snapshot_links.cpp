#include <gaugeline/stream/snapshot_links.hpp>

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>
#include <unordered_map>
#include <utility>

#include <Eigen/Core>
#include <Eigen/LU>
#include <Eigen/SVD>

#include <gaugeline/gauge.hpp>
#include <gaugeline/joint_problem.hpp>

#include "query_slice.hpp"

namespace gaugeline::stream {
namespace {

struct LoadedSlice {
  explicit LoadedSlice(formats::Snapshot loaded) : snapshot(std::move(loaded)), view(snapshot.view()) {}
  formats::Snapshot snapshot;
  formats::SnapshotView view;
};
using SlicePointer = std::shared_ptr<const LoadedSlice>;  // does not move, so that the view holds

Expected<SlicePointer> load(const formats::SnapshotStore& store, std::uint64_t index) {
  auto snapshot = store.load(index);
  if (!snapshot) return std::unexpected(snapshot.error());
  return std::make_shared<const LoadedSlice>(*std::move(snapshot));
}

SliceStamp stamp(const LoadedSlice& slice) { return {slice.view.report.slice, slice.view.state.interval}; }

struct SameRow {
  std::size_t from, to;
};

bool learnt(const SideState<float>& side, std::size_t row) { return side.null_variance[row] > 0; }

std::vector<SameRow> same_rows(const SideState<float>& from, const SideState<float>& to) {
  std::unordered_map<std::string_view, std::size_t> rows_from;
  for (std::size_t i = 0; i < from.size(); ++i) {
    if (learnt(from, i)) rows_from.emplace(from.tokens[i], i);
  }
  std::vector<SameRow> same;
  for (std::size_t i = 0; i < to.size(); ++i) {
    const auto found = rows_from.find(to.tokens[i]);
    if (found != rows_from.end() && learnt(to, i) && from.born[found->second] == to.born[i])
      same.push_back({found->second, i});
  }
  return same;
}

// A link with its rotation.
struct Turn {
  SnapshotLink link;
  Eigen::MatrixXd rotation;
};

Turn turn_between(const LoadedSlice& from, const LoadedSlice& to) {
  const auto d = static_cast<Eigen::Index>(from.view.state.dimension);
  std::array<std::vector<SameRow>, 2> same;
  Eigen::Index rows = 0;
  for (const Side side : {Side::items, Side::contexts}) {
    same[static_cast<std::size_t>(side)] = same_rows(from.view.state[side], to.view.state[side]);
    rows += static_cast<Eigen::Index>(same[static_cast<std::size_t>(side)].size());
  }
  Eigen::MatrixXd before(rows, d);
  Eigen::MatrixXd after(rows, d);
  Eigen::Index row = 0;
  for (const Side side : {Side::items, Side::contexts}) {
    for (const SameRow& pair : same[static_cast<std::size_t>(side)]) {
      before.row(row) = from.view.state[side].embeddings.row(static_cast<Eigen::Index>(pair.from)).cast<double>();
      after.row(row++) = to.view.state[side].embeddings.row(static_cast<Eigen::Index>(pair.to)).cast<double>();
    }
  }
  const Eigen::MatrixXd m = after.transpose() * before;
  Turn turn;
  turn.rotation = polar_factor(m);
  turn.link.from = stamp(from);
  turn.link.to = stamp(to);
  turn.link.rows = static_cast<std::size_t>(rows);
  turn.link.determined = Eigen::JacobiSVD<Eigen::MatrixXd>(m).setThreshold(1e-12).rank() == d;
  turn.link.determinant = turn.rotation.determinant() < 0 ? -1 : 1;
  std::vector<double> work(gauge_work_doubles(static_cast<std::size_t>(d)));
  turn.link.angle = rotation_angle(turn.rotation, work);
  if (const double length = before.norm(); length > 0) {
    turn.link.distance = (after - before).norm() / length;
    turn.link.distance_turned = (after * turn.rotation - before).norm() / length;
  }
  return turn;
}

}  // namespace

Expected<SnapshotLinks> snapshot_links(const formats::SnapshotStore& store) {
  const auto indices = existing_slices(store);
  if (!indices) return std::unexpected(indices.error());
  if (indices->size() < 2) return fail(ErrorCode::not_found, "a link needs two snapshots, and there is one");
  const auto first = load(store, indices->front());
  if (!first) return std::unexpected(first.error());
  SlicePointer before = *first;
  const auto d = static_cast<Eigen::Index>(before->view.state.dimension);
  SnapshotLinks found;
  Eigen::MatrixXd way = Eigen::MatrixXd::Identity(d, d);  // R_t ... R_1
  bool determined = true;
  for (std::size_t i = 1; i < indices->size(); ++i) {
    const auto after = load(store, (*indices)[i]);
    if (!after) return std::unexpected(after.error());
    if ((*after)->view.state.dimension != before->view.state.dimension)
      return fail(ErrorCode::bad_data, "slice ", (*indices)[i], " has another dimension than the one before");
    const Turn turn = turn_between(*before, **after);
    found.links.push_back(turn.link);
    if (turn.link.determinant < 0) ++found.domain_walls;
    determined = determined && turn.link.determined;
    way = turn.rotation * way;
    before = *after;
  }
  if (found.links.size() < 2 || !determined) return found;
  const Turn direct = turn_between(**first, *before);
  if (!direct.link.determined) return found;
  found.direct = direct.link;
  const Eigen::MatrixXd holonomy = way.transpose() * direct.rotation;
  std::vector<double> work(gauge_work_doubles(static_cast<std::size_t>(d)));
  found.holonomy_angle = rotation_angle(holonomy, work);
  found.holonomy_determinant = holonomy.determinant() < 0 ? -1 : 1;
  return found;
}

}  // namespace gaugeline::stream
