#include <gaugeline/neighbors.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "similarity_kernels.hpp"

namespace gaugeline {
namespace {

using kernels::RowFigures;

// Of a and b, squared norms above 0. Rounding may leave the cosine of parallel vectors a little above 1. The product of
// the norms is exact in double, so that a vector is exactly as similar to itself as can be: sqrt(a a) = a.
float cosine(float dot, float a, float b) noexcept {
  return std::clamp(dot / static_cast<float>(std::sqrt(static_cast<double>(a) * static_cast<double>(b))), -1.0F, 1.0F);
}

bool has_direction(float squared_norm) noexcept { return squared_norm > 0 && std::isfinite(squared_norm); }

// |x|^2, added up as the kernels add up those of a table's rows.
float squared_norm(std::span<const float> x) noexcept {
  RowFigures dots, norms;
  const float* const vector = x.data();
  kernels::similarity_sums({&dots, 1}, norms, {&vector, 1}, {x.data(), 1, x.size()});
  return norms[0];
}

// The order of a result: more similar first, then the lower row.
bool better(const Neighbor& a, const Neighbor& b) noexcept {
  return a.similarity != b.similarity ? a.similarity > b.similarity : a.row < b.row;
}

// Lets through the rows that may be more similar to a vector than a limit, without a root or a quotient: those with
// dot |dot| > bound norm, in double, where no square overflows or vanishes. The bound lies below the limit by far more
// than the rounding of similarities, 2^-22. That holds but for tiny norms, whose product has a subnormal root: then
// there is no bound.
class Sieve {
 public:
  Sieve() noexcept = default;
  explicit Sieve(std::span<const float> vector) noexcept
      : vector_(vector.data()), squared_norm_(squared_norm(vector)) {}

  [[nodiscard]] const float* vector() const noexcept { return vector_; }
  [[nodiscard]] bool has_direction() const noexcept { return gaugeline::has_direction(squared_norm_); }
  [[nodiscard]] float similarity(float dot, float norm) const noexcept { return cosine(dot, norm, squared_norm_); }

  void set_limit(float similarity) noexcept {
    constexpr double slack = 1e-6;
    constexpr float tiny = 0x1p-100F;  // its product with the least float, 2^-149, has a normal root
    if (squared_norm_ < tiny) return;
    const double below = static_cast<double>(similarity) - slack;
    bound_ = similarity < 1 ? below * std::abs(below) * static_cast<double>(squared_norm_) : -no_bound;
  }

  // Calls take(r, dot, norm) for the rows that pass while the limit may rise; they have a direction.
  template <class Take>
  void pass(const RowFigures& dots, const RowFigures& norms, std::size_t count, Take&& take) const noexcept {
    if (!kernels::any_above(dots, norms, bound_)) return;
    for (std::size_t r = 0; r < count; ++r) {
      const auto dot = static_cast<double>(dots[r]);
      if (dot * std::abs(dot) > bound_ * static_cast<double>(norms[r]) && gaugeline::has_direction(norms[r]))
        take(r, dots[r], norms[r]);
    }
  }

 private:
  static constexpr double no_bound = -std::numeric_limits<double>::infinity();

  const float* vector_ = nullptr;
  float squared_norm_ = 0;
  double bound_ = no_bound;
};

// A block of the table's rows, as one query sees it.
struct SummedRows {
  std::size_t first, count;
  const RowFigures& dots;
  const RowFigures& norms;
  std::span<const char> skip;

  [[nodiscard]] bool skipped(std::size_t r) const noexcept { return !skip.empty() && skip[first + r] != 0; }
};

// The best rows so far of one query, as a heap with the worst of them in front.
class BestRows {
 public:
  using Query = NeighborQuery;
  BestRows() noexcept = default;
  BestRows(const ConstTable<float>&, NeighborQuery& query) noexcept : query_(&query), sieve_(query.vector) {
    query.count = 0;
  }

  [[nodiscard]] const Sieve& sieve() const noexcept { return sieve_; }
  [[nodiscard]] bool idle() const noexcept { return query_->found.empty() || !sieve_.has_direction(); }

  // Rows in rising order.
  void offer(const SummedRows& rows) noexcept {
    sieve_.pass(rows.dots, rows.norms, rows.count, [&](std::size_t r, float dot, float norm) {
      const auto row = static_cast<RowIndex>(rows.first + r);
      if (row != query_->except && !rows.skipped(r)) offer(Neighbor{row, sieve_.similarity(dot, norm)});
    });
  }
  void finish() noexcept { std::sort_heap(query_->found.begin(), end(), better); }

 private:
  void offer(const Neighbor& candidate) noexcept {
    const std::span<Neighbor> room = query_->found;
    if (query_->count < room.size()) {
      room[query_->count++] = candidate;
    } else if (better(candidate, room.front())) {
      std::pop_heap(room.begin(), end(), better);
      room.back() = candidate;
    } else {
      return;
    }
    std::push_heap(room.begin(), end(), better);
    if (query_->count == room.size()) sieve_.set_limit(room.front().similarity);
  }
  [[nodiscard]] std::span<Neighbor>::iterator end() const noexcept {
    return query_->found.begin() + static_cast<std::ptrdiff_t>(query_->count);
  }

  NeighborQuery* query_ = nullptr;
  Sieve sieve_;
};

// Counts the rows that are more similar to one query's vector than the expected one.
class RowsAhead {
 public:
  using Query = RankQuery;
  RowsAhead() noexcept = default;
  RowsAhead(const ConstTable<float>& table, RankQuery& query) noexcept
      : query_(&query), sieve_(query.vector), limit_(cosine_similarity(query.vector, row_of(table, query.expected))) {
    query.rank = 1;
    sieve_.set_limit(limit_);
  }

  [[nodiscard]] const Sieve& sieve() const noexcept { return sieve_; }
  [[nodiscard]] bool idle() const noexcept { return !sieve_.has_direction(); }

  void offer(const SummedRows& rows) noexcept {
    sieve_.pass(rows.dots, rows.norms, rows.count, [&](std::size_t r, float dot, float norm) {
      if (sieve_.similarity(dot, norm) > limit_ && !rows.skipped(r)) ++query_->rank;
    });
  }
  void finish() noexcept {}

 private:
  static std::span<const float> row_of(const ConstTable<float>& table, RowIndex row) noexcept {
    const auto dimension = static_cast<std::size_t>(table.cols());
    return {table.data() + row * dimension, dimension};
  }

  RankQuery* query_ = nullptr;
  Sieve sieve_;
  float limit_ = 0;
};

bool all_skipped(std::span<const char> skip, std::size_t first, std::size_t count) noexcept {
  return !skip.empty() && std::ranges::none_of(skip.subspan(first, count), [](char c) { return c == 0; });
}

// At most queries_at_once of them, in one read of the table; a place in `dots` for each.
template <class Search>
void search(const ConstTable<float>& table, std::span<typename Search::Query> queries, std::span<const char> skip,
            std::span<RowFigures> dots) noexcept {
  std::array<Search, kernels::queries_at_once> searches;
  std::array<const float*, kernels::queries_at_once> vectors{};
  std::size_t count = 0;
  for (auto& query : queries) {
    searches[count] = Search(table, query);
    vectors[count] = searches[count].sieve().vector();
    count += searches[count].idle() ? 0 : 1;
  }
  if (count == 0) return;

  RowFigures norms;
  const auto rows = static_cast<std::size_t>(table.rows());
  const auto dimension = static_cast<std::size_t>(table.cols());
  for (std::size_t first = 0; first < rows; first += kernels::rows_at_once) {
    const std::size_t height = std::min(kernels::rows_at_once, rows - first);
    if (all_skipped(skip, first, height)) continue;
    kernels::similarity_sums(dots, norms, std::span(vectors).first(count),
                             {table.data() + first * dimension, height, dimension});
    for (std::size_t q = 0; q < count; ++q) searches[q].offer({first, height, dots[q], norms, skip});
  }
  for (std::size_t q = 0; q < count; ++q) searches[q].finish();
}

template <class Search>
void search_all(const ConstTable<float>& table, std::span<typename Search::Query> queries,
                std::span<const char> skip) noexcept {
  std::array<RowFigures, kernels::queries_at_once> dots;
  for (std::size_t begin = 0; begin < queries.size(); begin += dots.size())
    search<Search>(table, queries.subspan(begin, std::min(dots.size(), queries.size() - begin)), skip, dots);
}

}  // namespace

float cosine_similarity(std::span<const float> a, std::span<const float> b) noexcept {
  RowFigures dots, norms;
  const float* const vector = a.data();
  kernels::similarity_sums({&dots, 1}, norms, {&vector, 1}, {b.data(), 1, b.size()});
  const float aa = squared_norm(a);
  return has_direction(aa) && has_direction(norms[0]) ? cosine(dots[0], norms[0], aa) : 0;
}

std::size_t nearest_neighbors(const ConstTable<float>& table, std::span<const float> query, std::span<const char> skip,
                              std::span<Neighbor> found) noexcept {
  NeighborQuery asked{query, found};
  RowFigures dots;
  search<BestRows>(table, {&asked, 1}, skip, {&dots, 1});
  return asked.count;
}

void nearest_neighbors(const ConstTable<float>& table, std::span<NeighborQuery> queries,
                       std::span<const char> skip) noexcept {
  search_all<BestRows>(table, queries, skip);
}

void similarity_ranks(const ConstTable<float>& table, std::span<RankQuery> queries,
                      std::span<const char> skip) noexcept {
  search_all<RowsAhead>(table, queries, skip);
}

}  // namespace gaugeline
