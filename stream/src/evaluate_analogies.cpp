#include <gaugeline/stream/evaluate_analogies.hpp>

#include <map>

#include <gaugeline/neighbors.hpp>

#include "query_slice.hpp"

namespace gaugeline::stream {
namespace {

// Slices by the name that they were asked for; null where the name stands for none.
class OpenedSlices {
 public:
  explicit OpenedSlices(const formats::SnapshotStore& store) : store_(&store) {}

  Expected<const QuerySlice*> find(const std::string& name) {
    if (const auto known = slices_.find(name); known != slices_.end()) return known->second.get();
    auto slice = open_slice(*store_, name);
    const bool missing =
        !slice && (slice.error().code() == ErrorCode::not_found || slice.error().code() == ErrorCode::invalid_argument);
    if (!slice && !missing) return std::unexpected(slice.error());
    auto& kept = slices_[name];
    if (slice) kept = std::make_unique<QuerySlice>(std::move(*slice));
    return kept.get();
  }

 private:
  const formats::SnapshotStore* store_;
  std::map<std::string, std::unique_ptr<QuerySlice>> slices_;
};

// What is asked of one slice, answered together.
struct Asked {
  std::vector<RankQuery> queries;
  std::vector<std::size_t> analogies;  // where each result goes
};

std::optional<Unanswerable> ask(const QuerySlice& then, const QuerySlice& now, const Analogy& analogy, float min_uses,
                                Asked& asked) {
  const RowIndex row = then.find(analogy.token);
  if (row == no_row) return Unanswerable::token_unknown;
  const RowIndex expected = now.find(analogy.expected);
  if (expected == no_row) return Unanswerable::expected_unknown;
  if (now.uses(expected) < min_uses) return Unanswerable::expected_rare;
  asked.queries.push_back({then.embedding(row), expected});
  return std::nullopt;
}

}  // namespace

Expected<std::vector<AnalogyResult>> answer_analogies(const formats::SnapshotStore& store,
                                                      std::span<const Analogy> analogies, float min_uses) {
  OpenedSlices slices(store);
  std::vector<AnalogyResult> results(analogies.size());
  std::map<const QuerySlice*, Asked> asked;
  for (std::size_t i = 0; i < analogies.size(); ++i) {
    const auto then = slices.find(analogies[i].time);
    if (!then) return std::unexpected(then.error());
    const auto now = slices.find(analogies[i].at_time);
    if (!now) return std::unexpected(now.error());
    results[i].reason = Unanswerable::no_slice;
    if (*then == nullptr || *now == nullptr) continue;
    Asked& here = asked[*now];
    results[i].reason = ask(**then, **now, analogies[i], min_uses, here);
    if (!results[i].reason) here.analogies.push_back(i);
  }
  for (auto& [now, here] : asked) {
    similarity_ranks(now->similarity_table(), here.queries, now->left_out(min_uses));
    for (std::size_t q = 0; q < here.queries.size(); ++q) results[here.analogies[q]].rank = here.queries[q].rank;
  }
  return results;
}

AnalogyScores score_analogies(std::span<const AnalogyResult> results) noexcept {
  AnalogyScores scores;
  for (const AnalogyResult& result : results) {
    if (result.rank == 0) continue;
    ++scores.answered;
    scores.mean_reciprocal_rank += 1.0 / static_cast<double>(result.rank);
    scores.precision_at_1 += result.rank <= 1 ? 1 : 0;
    scores.precision_at_5 += result.rank <= 5 ? 1 : 0;
    scores.precision_at_10 += result.rank <= 10 ? 1 : 0;
  }
  if (scores.answered == 0) return scores;
  const auto answered = static_cast<double>(scores.answered);
  scores.mean_reciprocal_rank /= answered;
  scores.precision_at_1 /= answered;
  scores.precision_at_5 /= answered;
  scores.precision_at_10 /= answered;
  return scores;
}

}  // namespace gaugeline::stream
