// What comes out: tables as views, and answers. The rules are those of `gaugeline query` (stream/query.hpp).
#include <algorithm>
#include <cmath>
#include <vector>

#include <gaugeline/drift.hpp>
#include <gaugeline/neighbors.hpp>

#include "border.hpp"
#include "learner.hpp"
#include "slices.hpp"

namespace gaugeline::c {
namespace {

Expected<Side> side_of(std::int32_t side) noexcept {
  if (side == GAUGELINE_ITEMS) return Side::items;
  if (side == GAUGELINE_CONTEXTS) return Side::contexts;
  return fail(ErrorCode::invalid_argument, "side is ", side, ", neither GAUGELINE_ITEMS nor GAUGELINE_CONTEXTS");
}

// Learnt from: the count fades and can vanish; what is retained of a row's start can only fall.
bool known(const SideState<float>& side, std::size_t row) noexcept {
  return side.count[row] > 0 || side.log_retention[row] < 0;
}

// The row of a token that was learnt from.
Expected<RowIndex> row_of(const gaugeline_learner& learner, Side side, std::string_view token) noexcept {
  const RowIndex row = learner.run->learner().find(side, token);
  if (row == no_row || !known(learner.state()[side], row))
    return fail(ErrorCode::not_found, "the token '", token, "' is not known");
  return row;
}

Expected<RowIndex> row_of(const gaugeline_learner& learner, Side side, const char* token, std::size_t bytes,
                          std::string_view name) noexcept {
  const auto text = token_of(token, bytes, name);
  return text ? row_of(learner, side, *text) : std::unexpected(text.error());
}

std::span<const float> embedding(const LearnerState<float>& state, RowIndex row) noexcept {
  return {state.items.embeddings.data() + std::size_t{row} * state.dimension, state.dimension};
}

Expected<> check_finite(std::span<const float> vector, std::string_view name) noexcept {
  const auto bad = std::ranges::find_if(vector, [](float figure) { return !std::isfinite(figure); });
  if (bad == vector.end()) return {};
  return fail(ErrorCode::bad_data, name, "[", bad - vector.begin(), "] is ", *bad, ", not a finite number");
}

struct Found {
  gaugeline_neighbor* neighbors;
  std::uint32_t capacity;
  std::uint32_t* count;
};

Expected<> check(const Found& found, float min_uses) noexcept {
  if (found.count == nullptr) return fail(ErrorCode::invalid_argument, "count is NULL");
  *found.count = 0;
  if (found.capacity > 0 && found.neighbors == nullptr)
    return fail(ErrorCode::invalid_argument, "found is NULL, but has room for ", found.capacity);
  if (!(min_uses >= 0)) return fail(ErrorCode::invalid_argument, "min_uses is ", min_uses, ", not a number >= 0");
  return {};
}

void find_nearest(const SideState<float>& items, std::span<const float> vector, RowIndex except, float min_uses,
                  const Found& out) {
  std::vector<char> skip(items.size());
  for (std::size_t row = 0; row < skip.size(); ++row)
    skip[row] = static_cast<char>(!known(items, row) || items.uses[row] < min_uses || row == except);
  std::vector<Neighbor> found(std::min<std::size_t>(out.capacity, items.size()));
  found.resize(nearest_neighbors(items.embeddings, vector, skip, found));
  std::ranges::transform(found, out.neighbors, [](const Neighbor& neighbor) {
    return gaugeline_neighbor{.row = neighbor.row, .similarity = neighbor.similarity};
  });
  *out.count = static_cast<std::uint32_t>(found.size());
}

gaugeline_table table_of(const SideState<float>& side, std::uint32_t dimension) noexcept {
  const auto or_null = [](std::span<const float> figures) { return figures.empty() ? nullptr : figures.data(); };
  return {.struct_size = sizeof(gaugeline_table),
          .rows = static_cast<std::uint32_t>(side.size()),
          .dimension = dimension,
          .tokens = in_c(side.tokens),
          .embeddings = side.embeddings.data(),
          .precision = side.precision.data(),
          .uses = side.uses.data(),
          .count = side.count.data(),
          .diffusion = side.diffusion.data(),
          .null_variance = side.null_variance.data(),
          .log_retention = side.log_retention.data(),
          .born = side.born.data(),
          .offset = or_null(side.offset),
          .offset_precision = or_null(side.offset_precision)};
}

Expected<RowMoment> moment_of(const gaugeline_moment* moment, std::uint32_t dimension, std::string_view name) noexcept {
  if (moment == nullptr) return fail(ErrorCode::invalid_argument, name, " is NULL");
  if (moment->embedding == nullptr) return fail(ErrorCode::invalid_argument, name, ".embedding is NULL");
  const std::span<const float> vector(moment->embedding, dimension);
  if (auto ok = check_finite(vector, name); !ok) return std::unexpected(ok.error());
  if (!(moment->null_variance >= 0) || !(moment->log_retention <= 0))
    return fail(ErrorCode::bad_data, name, ": null_variance is ", moment->null_variance, " and log_retention ",
                moment->log_retention, ", not >= 0 and <= 0");
  return RowMoment{vector, moment->null_variance, moment->log_retention};
}

double offset(const SideState<float>& side, RowIndex row) noexcept {
  return side.offset.empty() ? 0 : static_cast<double>(side.offset[row]);
}

}  // namespace
}  // namespace gaugeline::c

using namespace gaugeline;
using namespace gaugeline::c;

gaugeline_status gaugeline_learner_table(const gaugeline_learner* learner, int32_t side, gaugeline_table* table,
                                         gaugeline_error* error) {
  return at_border(error, [&]() -> Expected<> {
    if (auto ok = require({{learner, "learner"}, {table, "table"}}); !ok) return ok;
    const auto which = side_of(side);
    if (!which) return std::unexpected(which.error());
    const auto state = learner->state();
    return fill(table, table_of(state[*which], state.dimension), "table");
  });
}

gaugeline_status gaugeline_learner_find(const gaugeline_learner* learner, int32_t side, const char* token,
                                        size_t token_bytes, uint32_t* row, gaugeline_error* error) {
  return at_border(error, [&]() -> Expected<> {
    if (auto ok = require({{learner, "learner"}, {row, "row"}}); !ok) return ok;
    *row = GAUGELINE_NO_ROW;
    const auto which = side_of(side);
    if (!which) return std::unexpected(which.error());
    const auto text = token_of(token, token_bytes, "token");
    if (!text) return std::unexpected(text.error());
    *row = learner->run->learner().find(*which, *text);
    return {};
  });
}

gaugeline_status gaugeline_learner_neighbors(const gaugeline_learner* learner, const char* token, size_t token_bytes,
                                             float min_uses, gaugeline_neighbor* found, uint32_t capacity,
                                             uint32_t* count, gaugeline_error* error) {
  return at_border(error, [&]() -> Expected<> {
    if (auto ok = require({{learner, "learner"}}); !ok) return ok;
    const Found out{found, capacity, count};
    if (auto ok = check(out, min_uses); !ok) return ok;
    const auto row = row_of(*learner, Side::items, token, token_bytes, "token");
    if (!row) return std::unexpected(row.error());
    const auto state = learner->state();
    find_nearest(state.items, embedding(state, *row), *row, min_uses, out);
    return {};
  });
}

gaugeline_status gaugeline_learner_nearest(const gaugeline_learner* learner, const float* vector, uint32_t dimension,
                                           float min_uses, gaugeline_neighbor* found, uint32_t capacity,
                                           uint32_t* count, gaugeline_error* error) {
  return at_border(error, [&]() -> Expected<> {
    if (auto ok = require({{learner, "learner"}, {vector, "vector"}}); !ok) return ok;
    const Found out{found, capacity, count};
    if (auto ok = check(out, min_uses); !ok) return ok;
    const auto state = learner->state();
    if (dimension != state.dimension)
      return fail(ErrorCode::invalid_argument, "dimension is ", dimension, ", but the learner's is ", state.dimension);
    const std::span<const float> query(vector, dimension);
    if (auto ok = check_finite(query, "vector"); !ok) return ok;
    find_nearest(state.items, query, no_row, min_uses, out);
    return {};
  });
}

gaugeline_status gaugeline_learner_similarity(const gaugeline_learner* learner, const char* a, size_t a_bytes,
                                              const char* b, size_t b_bytes, float* similarity,
                                              gaugeline_error* error) {
  return at_border(error, [&]() -> Expected<> {
    if (auto ok = require({{learner, "learner"}, {similarity, "similarity"}}); !ok) return ok;
    const auto first = row_of(*learner, Side::items, a, a_bytes, "a");
    if (!first) return std::unexpected(first.error());
    const auto second = row_of(*learner, Side::items, b, b_bytes, "b");
    if (!second) return std::unexpected(second.error());
    const auto state = learner->state();
    *similarity = cosine_similarity(embedding(state, *first), embedding(state, *second));
    return {};
  });
}

gaugeline_status gaugeline_learner_score(const gaugeline_learner* learner, const char* item, size_t item_bytes,
                                         const char* context, size_t context_bytes, double* score,
                                         gaugeline_error* error) {
  return at_border(error, [&]() -> Expected<> {
    if (auto ok = require({{learner, "learner"}, {score, "score"}}); !ok) return ok;
    const auto i = row_of(*learner, Side::items, item, item_bytes, "item");
    if (!i) return std::unexpected(i.error());
    const auto j = row_of(*learner, Side::contexts, context, context_bytes, "context");
    if (!j) return std::unexpected(j.error());
    const auto state = learner->state();
    const float product = state.items.embeddings.row(*i).dot(state.contexts.embeddings.row(*j));
    *score = state.values.mean + offset(state.items, *i) + offset(state.contexts, *j) + static_cast<double>(product);
    return {};
  });
}

gaugeline_status gaugeline_displacement(const gaugeline_moment* from, const gaugeline_moment* to, uint32_t dimension,
                                        float* distance, float* ratio, gaugeline_error* error) {
  return at_border(error, [&]() -> Expected<> {
    if (dimension < 1 || dimension > 1024)
      return fail(ErrorCode::invalid_argument, "dimension is ", dimension, ", not 1 to 1024");
    const auto earlier = moment_of(from, dimension, "from");
    if (!earlier) return std::unexpected(earlier.error());
    const auto later = moment_of(to, dimension, "to");
    if (!later) return std::unexpected(later.error());
    const Displacement moved = displacement(*earlier, *later);
    if (distance != nullptr) *distance = moved.distance;
    if (ratio != nullptr) *ratio = moved.ratio;
    return {};
  });
}
