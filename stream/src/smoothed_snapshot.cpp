#include "smoothed_snapshot.hpp"

#include <string>

namespace gaugeline::stream {

Expected<std::uint64_t> publish_smoothed(const formats::Snapshot& filtered, const Smoother<float>& smoother,
                                         std::size_t index, const std::string& run, std::uint64_t parent_checksum,
                                         formats::SnapshotStore& to) {
  formats::SnapshotView view = filtered.view();
  if (const auto whole = formats::check_resumable(view); !whole)  // a smoother's snapshot is as whole as the filter's
    return std::unexpected(whole.error().within("the filter's snapshot of slice " + std::to_string(view.report.slice)));
  view.lineage.run = run;
  view.lineage.parent_checksum = parent_checksum;
  view.lineage.smoothed = true;
  new (&view.canaries) formats::CanariesView();  // the filter's
  for (const Side which : {Side::items, Side::contexts}) {
    const SmoothedRows<float> rows = smoother.rows(index, which);
    SideState<float>& side = which == Side::items ? view.state.items : view.state.contexts;
    if (rows.precision.size() != side.size())
      return fail(ErrorCode::bad_data, "the filter's snapshot of slice ", smoother.first() + index, " has ",
                  side.size(), " rows, the smoother ", rows.precision.size());
    new (&side.embeddings) ConstTable<float>(rows.embeddings);
    side.precision = rows.precision;
  }
  return to.publish(view);
}

}  // namespace gaugeline::stream
