#include "query_slice.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <numeric>

#include <gaugeline/stream/events.hpp>

namespace gaugeline::stream {
namespace {

// Levenshtein's distance in bytes: insertions, deletions, replacements.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({replaced, row[j] + 1, row[j - 1] + 1});
    }
  }
  return row[b.size()];
}

// The known tokens whose spelling is closest, the more used first. Two edits are a pair of letters that changed places.
std::vector<std::string_view> close_spellings(const QuerySlice& slice, std::string_view token) {
  struct Candidate {
    std::size_t distance;
    float count;
    std::string_view token;
  };
  const std::size_t limit = std::max<std::size_t>(2, token.size() / 3);
  std::vector<Candidate> candidates;
  for (RowIndex row = 0; row < slice.items().size(); ++row) {
    const std::string_view spelling = slice.items().tokens[row];
    const std::size_t longer = std::max(spelling.size(), token.size());
    if (!slice.known(row) || longer - std::min(spelling.size(), token.size()) > limit) continue;
    const std::size_t distance = edit_distance(token, spelling);
    if (distance <= limit) candidates.push_back({distance, slice.items().count[row], spelling});
  }
  constexpr std::size_t most = 5;
  const auto end = candidates.begin() + static_cast<std::ptrdiff_t>(std::min(most, candidates.size()));
  std::partial_sort(candidates.begin(), end, candidates.end(), [](const Candidate& a, const Candidate& b) {
    return a.distance != b.distance ? a.distance < b.distance : a.count > b.count;
  });
  std::vector<std::string_view> spellings;
  std::transform(candidates.begin(), end, std::back_inserter(spellings), [](const Candidate& c) { return c.token; });
  return spellings;
}

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The last of `slices` that begins at or before `time`.
Expected<formats::Snapshot> load_at(const formats::SnapshotStore& store, const std::vector<std::uint64_t>& slices,
                                    Time time) {
  std::optional<formats::Snapshot> found;
  std::size_t begin = 0;
  for (std::size_t end = slices.size(); begin < end;) {
    const std::size_t middle = begin + (end - begin) / 2;
    auto snapshot = store.load(slices[middle]);
    if (!snapshot) return snapshot;
    if (snapshot->view().state.interval.begin <= time) {
      found = std::move(*snapshot);
      begin = middle + 1;
    } else {
      end = middle;
    }
  }
  if (!found) return fail(ErrorCode::not_found, format_time(time), " lies before the first slice");
  return std::move(*found);
}

}  // namespace

Expected<std::vector<std::uint64_t>> existing_slices(const formats::SnapshotStore& store) {
  auto slices = store.slices();
  if (slices && slices->empty()) return fail(ErrorCode::not_found, "the data directory holds no snapshot yet");
  return slices;
}

Expected<formats::Snapshot> load_slice(const formats::SnapshotStore& store, std::string_view name) {
  const auto slices = existing_slices(store);
  if (!slices) return std::unexpected(slices.error());
  const auto count = static_cast<std::int64_t>(slices->size());
  const auto integer = parse_integer(name);
  if (integer && *integer < 0) {
    if (*integer < -count) return fail(ErrorCode::not_found, "slice ", name, ": there are only ", count, " slices");
    return store.load((*slices)[static_cast<std::size_t>(count + *integer)]);
  }
  if (integer && static_cast<std::uint64_t>(*integer) <= slices->back()) {
    return store.load(static_cast<std::uint64_t>(*integer));
  }
  const auto time = parse_time(name);
  if (!time) {
    return fail(ErrorCode::invalid_argument, "slice '", name, "' is neither an index below ", slices->back() + 1,
                " nor a time: ", time.error().message());
  }
  return load_at(store, *slices, *time);
}

Expected<QuerySlice> open_slice(const formats::SnapshotStore& store, std::string_view name) {
  auto snapshot = load_slice(store, name);
  if (!snapshot) return std::unexpected(snapshot.error());
  return QuerySlice(std::move(*snapshot));
}

Expected<std::vector<std::uint64_t>> slice_range(const formats::SnapshotStore& store, std::string_view from,
                                                 std::string_view to) {
  std::array<std::uint64_t, 2> ends{};
  for (std::size_t i = 0; i < 2; ++i) {
    const auto snapshot = load_slice(store, i == 0 ? from : to);
    if (!snapshot) return std::unexpected(snapshot.error());
    ends[i] = snapshot->view().report.slice;
  }
  if (ends[0] > ends[1]) {
    return fail(ErrorCode::invalid_argument, "'", from, "' is slice ", ends[0], ", which is later than '", to,
                "', slice ", ends[1]);
  }
  auto slices = existing_slices(store);
  if (!slices) return slices;
  std::erase_if(*slices, [&](std::uint64_t slice) { return slice < ends[0] || slice > ends[1]; });
  return slices;
}

QuerySlice::QuerySlice(formats::Snapshot snapshot)
    : snapshot_(std::make_unique<const formats::Snapshot>(std::move(snapshot))), view_(snapshot_->view()) {
  rows_.reserve(items().size());
  for (RowIndex row = 0; row < items().size(); ++row) rows_.emplace(items().tokens[row], row);
}

SliceStamp QuerySlice::stamp() const noexcept { return {view_.report.slice, view_.state.interval}; }

std::span<const float> QuerySlice::embedding(RowIndex row) const noexcept {
  return {items().embeddings.data() + std::size_t{row} * dimension(), dimension()};
}

RowMoment QuerySlice::moment(RowIndex row) const noexcept {
  return {embedding(row), items().null_variance[row], items().log_retention[row]};
}

bool QuerySlice::known(RowIndex row) const noexcept {
  // The count fades and can vanish; what was retained of a row's start can only fall.
  return items().count[row] > 0 || items().log_retention[row] < 0;
}

RowIndex QuerySlice::find(std::string_view token) const noexcept {
  const auto found = rows_.find(token);
  return found != rows_.end() && known(found->second) ? found->second : no_row;
}

RowIndex QuerySlice::find_life(const QuerySlice& other, RowIndex row) const noexcept {
  const RowIndex found = find(other.items().tokens[row]);
  return found != no_row && items().born[found] == other.items().born[row] ? found : no_row;
}

Expected<RowIndex> QuerySlice::require(std::string_view token) const {
  if (const RowIndex row = find(token); row != no_row) return row;
  std::string hint;
  for (const std::string_view spelling : close_spellings(*this, token)) {
    hint.append(hint.empty() ? "; did you mean " : ", ").append(spelling);
  }
  if (!hint.empty()) hint += '?';
  return fail(ErrorCode::not_found, "the token '", token, "' is not known in slice ", stamp().index, " (",
              format_time(stamp().interval.begin), ")", std::string_view(hint));
}

std::vector<char> QuerySlice::left_out(float min_uses) const {
  std::vector<char> skip(items().size());
  for (RowIndex row = 0; row < skip.size(); ++row) skip[row] = static_cast<char>(!known(row) || uses(row) < min_uses);
  return skip;
}

std::vector<ScoredToken> QuerySlice::scored(std::span<const Neighbor> found) const {
  std::vector<ScoredToken> answer;
  answer.reserve(found.size());
  for (const auto& [row, similarity] : found) {
    answer.push_back({std::string(items().tokens[row]), similarity, uses(row)});
  }
  return answer;
}

std::vector<ScoredToken> QuerySlice::nearest(std::span<const float> query, std::size_t count, float min_uses,
                                             RowIndex except) const {
  std::vector<char> skip = left_out(min_uses);
  if (except != no_row) skip[except] = 1;
  std::vector<Neighbor> found(std::min(count, items().size()));
  found.resize(nearest_neighbors(similarity_table(), query, skip, found));
  return scored(found);
}

std::vector<std::vector<ScoredToken>> QuerySlice::nearest_to_rows(std::span<const RowIndex> rows, std::size_t count,
                                                                  float min_uses) const {
  count = std::min(count, items().size());
  std::vector<Neighbor> found(rows.size() * count);
  std::vector<NeighborQuery> queries;
  queries.reserve(rows.size());
  for (const RowIndex row : rows)
    queries.push_back({embedding(row), std::span(found).subspan(queries.size() * count, count), row});
  nearest_neighbors(similarity_table(), queries, left_out(min_uses));
  std::vector<std::vector<ScoredToken>> answers;
  answers.reserve(rows.size());
  for (const NeighborQuery& query : queries) answers.push_back(scored(query.found.first(query.count)));
  return answers;
}

SliceMovement::SliceMovement(const QuerySlice& from, const QuerySlice& to) : from_(&from), to_(&to) {
  std::vector<float> ratios;
  for (RowIndex row = 0; row < from.items().size(); ++row) {
    const RowIndex later = from.known(row) ? to.find_life(from, row) : no_row;
    if (later == no_row || !(from.uses(row) > 0) || !(to.uses(later) > 0)) continue;
    const float ratio = displacement(from.moment(row), to.moment(later)).ratio;
    if (ratio > 0) ratios.push_back(ratio);
  }
  overdispersion_ = gaugeline::overdispersion(ratios, from.dimension());
}

Movement SliceMovement::of(RowIndex from_row, RowIndex to_row) const {
  const Displacement moved = displacement(from_->moment(from_row), to_->moment(to_row));
  return {moved.distance, std::sqrt(moved.ratio / overdispersion_),
          cosine_similarity(from_->embedding(from_row), to_->embedding(to_row))};
}

}  // namespace gaugeline::stream
