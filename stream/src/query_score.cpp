#include <algorithm>
#include <cstddef>
#include <utility>

#include <gaugeline/stream/query.hpp>

#include "query_slice.hpp"

namespace gaugeline::stream {
namespace {

// 0 where the model has no offsets.
double offset(const SideState<float>& side, std::size_t row) {
  return side.offset.empty() ? 0 : static_cast<double>(side.offset[row]);
}

}  // namespace

Expected<ScoreAnswer> score_contexts(const formats::SnapshotStore& store, const ScoreQuestion& question) {
  const auto slice = open_slice(store, question.slice);
  if (!slice) return std::unexpected(slice.error());
  const auto item = slice->require(question.item);
  if (!item) return std::unexpected(item.error());
  const LearnerState<float>& state = slice->state();
  const SideState<float>& contexts = state.contexts;
  const double base = state.values.mean + offset(state.items, *item);
  std::vector<std::pair<double, std::size_t>> scores;
  for (std::size_t row = 0; row < contexts.size(); ++row) {
    if (!(contexts.null_variance[row] > 0)) continue;  // was never in data
    const auto product = state.items.embeddings.row(*item).dot(contexts.embeddings.row(static_cast<Eigen::Index>(row)));
    scores.emplace_back(base + offset(contexts, row) + static_cast<double>(product), row);
  }
  const auto best = scores.begin() + static_cast<std::ptrdiff_t>(std::min(question.count, scores.size()));
  std::partial_sort(scores.begin(), best, scores.end(), [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second < b.second;
  });
  ScoreAnswer answer{slice->stamp(), {}};
  for (auto found = scores.begin(); found != best; ++found)
    answer.contexts.push_back({std::string(contexts.tokens[found->second]), found->first});
  return answer;
}

}  // namespace gaugeline::stream
