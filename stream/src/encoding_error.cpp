#include <algorithm>
#include <array>
#include <vector>

#include <gaugeline/neighbors.hpp>
#include <gaugeline/stream/encoding_error.hpp>

namespace gaugeline::stream {
namespace {

constexpr std::size_t neighbors = 10;

std::span<const float> row_of(const ConstTable<float>& table, RowIndex row) noexcept {
  const auto dimension = static_cast<std::size_t>(table.cols());
  return {table.data() + row * dimension, dimension};
}

using Found = std::array<Neighbor, neighbors>;

// Ten for each row of `asked`; a row is no neighbour of itself.
std::vector<Found> neighbors_of(const ConstTable<float>& table, std::span<const RowIndex> asked,
                                std::span<const char> skip) {
  std::vector<Found> found(asked.size());
  std::vector<NeighborQuery> queries;
  queries.reserve(asked.size());
  for (std::size_t i = 0; i < asked.size(); ++i)
    queries.push_back({.vector = row_of(table, asked[i]), .found = found[i], .except = asked[i]});
  nearest_neighbors(table, queries, skip);
  return found;
}

std::size_t in_common(const Found& a, const Found& b) {
  return static_cast<std::size_t>(std::ranges::count_if(a, [&](const Neighbor& neighbor) {
    return neighbor.row != no_row && std::ranges::find(b, neighbor.row, &Neighbor::row) != b.end();
  }));
}

}  // namespace

EncodingError encoding_error(const SideState<float>& exact, const SideState<float>& stored, std::size_t most_asked) {
  EncodingError error;
  if (exact.embeddings.rows() != stored.embeddings.rows() || exact.embeddings.cols() != stored.embeddings.cols())
    return error;
  std::vector<char> skip(exact.size(), 1);
  std::vector<RowIndex> asked;
  error.least_cosine = 1;
  for (RowIndex row = 0; row < exact.size(); ++row) {
    if (exact.null_variance[row] == 0 || exact.embeddings.row(row).squaredNorm() == 0) continue;
    skip[row] = 0;
    asked.push_back(row);
    const auto cosine =
        static_cast<double>(cosine_similarity(row_of(exact.embeddings, row), row_of(stored.embeddings, row)));
    error.mean_cosine += cosine;
    error.least_cosine = std::min(error.least_cosine, cosine);
  }
  error.rows = asked.size();
  if (asked.empty()) return {};
  error.mean_cosine /= static_cast<double>(error.rows);

  std::ranges::stable_sort(asked, std::greater(), [&](RowIndex row) { return exact.frequency[row]; });
  asked.resize(std::min(asked.size(), most_asked));
  error.asked = asked.size();
  const auto before = neighbors_of(exact.embeddings, asked, skip);
  const auto after = neighbors_of(stored.embeddings, asked, skip);
  std::size_t kept = 0, all = 0;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    kept += in_common(before[i], after[i]);
    all += in_common(before[i], before[i]);
  }
  error.overlap_at_10 = all > 0 ? static_cast<double>(kept) / static_cast<double>(all) : 1;
  return error;
}

}  // namespace gaugeline::stream
