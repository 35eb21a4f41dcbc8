#include "snapshot_turn.hpp"

#include <array>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <Eigen/LU>
#include <Eigen/SVD>

#include <gaugeline/gauge.hpp>
#include <gaugeline/joint_problem.hpp>

namespace gaugeline::stream {
namespace {

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

}  // namespace

SnapshotTurn turn_between(const formats::SnapshotView& from, const formats::SnapshotView& to) {
  const auto d = static_cast<Eigen::Index>(from.state.dimension);
  std::array<std::vector<SameRow>, 2> same;
  Eigen::Index rows = 0;
  for (const Side side : {Side::items, Side::contexts}) {
    same[static_cast<std::size_t>(side)] = same_rows(from.state[side], to.state[side]);
    rows += static_cast<Eigen::Index>(same[static_cast<std::size_t>(side)].size());
  }
  Eigen::MatrixXd before(rows, d);
  Eigen::MatrixXd after(rows, d);
  Eigen::Index row = 0;
  for (const Side side : {Side::items, Side::contexts}) {
    for (const SameRow& pair : same[static_cast<std::size_t>(side)]) {
      before.row(row) = from.state[side].embeddings.row(static_cast<Eigen::Index>(pair.from)).cast<double>();
      after.row(row++) = to.state[side].embeddings.row(static_cast<Eigen::Index>(pair.to)).cast<double>();
    }
  }
  const Eigen::MatrixXd m = after.transpose() * before;
  SnapshotTurn turn;
  turn.rotation = polar_factor(m);
  turn.link.from = {from.report.slice, from.state.interval};
  turn.link.to = {to.report.slice, to.state.interval};
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

}  // namespace gaugeline::stream
