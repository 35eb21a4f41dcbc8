#include <gaugeline/stream/query.hpp>

#include <gaugeline/neighbors.hpp>

#include "query_slice.hpp"

namespace gaugeline::stream {

Expected<NeighborsAnswer> find_neighbors(const formats::SnapshotStore& store, const NeighborsQuestion& question) {
  const auto slice = open_slice(store, question.slice);
  if (!slice) return std::unexpected(slice.error());
  const auto row = slice->require(question.token);
  if (!row) return std::unexpected(row.error());
  return NeighborsAnswer{slice->stamp(), slice->uses(*row),
                         slice->nearest(slice->embedding(*row), question.count, question.min_uses, *row)};
}

Expected<TranslationAnswer> translate(const formats::SnapshotStore& store, const TranslationQuestion& question) {
  const auto from = open_slice(store, question.from);
  if (!from) return std::unexpected(from.error());
  const auto to = open_slice(store, question.to);
  if (!to) return std::unexpected(to.error());
  const auto row = from->require(question.token);
  if (!row) return std::unexpected(row.error());
  return TranslationAnswer{from->stamp(), to->stamp(),
                           to->nearest(from->embedding(*row), question.count, question.min_uses)};
}

Expected<SimilarityAnswer> measure_similarity(const formats::SnapshotStore& store, const SimilarityQuestion& question) {
  const auto slice = open_slice(store, question.slice);
  if (!slice) return std::unexpected(slice.error());
  const auto row = slice->require(question.token);
  if (!row) return std::unexpected(row.error());
  SimilarityAnswer answer{slice->stamp(), {}};
  for (const std::string& other : question.others) {
    const auto other_row = slice->require(other);
    if (!other_row) return std::unexpected(other_row.error());
    const float similarity = cosine_similarity(slice->embedding(*row), slice->embedding(*other_row));
    answer.similarities.push_back({other, similarity, slice->uses(*other_row)});
  }
  return answer;
}

}  // namespace gaugeline::stream
