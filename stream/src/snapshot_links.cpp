#include <gaugeline/stream/snapshot_links.hpp>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include <Eigen/Core>
#include <Eigen/LU>

#include <gaugeline/gauge.hpp>

#include "query_slice.hpp"
#include "snapshot_turn.hpp"

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
    const SnapshotTurn turn = turn_between(before->view, (*after)->view);
    found.links.push_back(turn.link);
    if (turn.link.determinant < 0) ++found.domain_walls;
    determined = determined && turn.link.determined;
    way = turn.rotation * way;
    before = *after;
  }
  if (found.links.size() < 2 || !determined) return found;
  const SnapshotTurn direct = turn_between((*first)->view, before->view);
  if (!direct.link.determined) return found;
  found.direct = direct.link;
  const Eigen::MatrixXd holonomy = way.transpose() * direct.rotation;
  std::vector<double> work(gauge_work_doubles(static_cast<std::size_t>(d)));
  found.holonomy_angle = rotation_angle(holonomy, work);
  found.holonomy_determinant = holonomy.determinant() < 0 ? -1 : 1;
  return found;
}

}  // namespace gaugeline::stream
