#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include <gaugeline/neighbors.hpp>
#include <gaugeline/random.hpp>

namespace {

using gaugeline::ConstTable;
using gaugeline::Neighbor;
using gaugeline::Random;

struct TestTable {
  std::size_t rows;
  std::size_t dimension;
  std::vector<float> numbers;

  TestTable(Random& random, std::size_t row_count, std::size_t d)
      : rows(row_count), dimension(d), numbers(row_count * d) {
    for (float& x : numbers) x = static_cast<float>(random.normal());
  }
  [[nodiscard]] std::span<float> row(std::size_t i) { return std::span(numbers).subspan(i * dimension, dimension); }
  [[nodiscard]] ConstTable<float> view() const {
    return {numbers.data(), static_cast<Eigen::Index>(rows), static_cast<Eigen::Index>(dimension)};
  }
};

double exact_cosine(std::span<const float> a, std::span<const float> b) {
  double ab = 0;
  double aa = 0;
  double bb = 0;
  for (std::size_t k = 0; k < a.size(); ++k) {
    const double x = static_cast<double>(a[k]);
    const double y = static_cast<double>(b[k]);
    ab += x * y;
    aa += x * x;
    bb += y * y;
  }
  return ab / std::sqrt(aa * bb);
}

std::vector<Neighbor> nearest(const TestTable& table, std::span<const float> query, std::size_t k,
                              std::span<const char> skip = {}) {
  std::vector<Neighbor> found(k);
  found.resize(gaugeline::nearest_neighbors(table.view(), query, skip, found));
  return found;
}

std::vector<gaugeline::RowIndex> rows_of(const std::vector<Neighbor>& found) {
  std::vector<gaugeline::RowIndex> rows;
  for (const Neighbor& neighbor : found) rows.push_back(neighbor.row);
  return rows;
}

// What nearest_neighbors promises, in the plainest way: every similarity, then a sort.
std::vector<Neighbor> sorted_by_similarity(TestTable& table, std::span<const float> query, std::size_t k,
                                           std::span<const char> skip = {}) {
  std::vector<Neighbor> all;
  const auto finite_and_not_zero = [](std::span<const float> x) {
    const float similarity_to_itself = gaugeline::cosine_similarity(x, x);
    return similarity_to_itself != 0;
  };
  if (!finite_and_not_zero(query)) return all;
  for (std::size_t i = 0; i < table.rows; ++i) {
    if ((skip.empty() || skip[i] == 0) && finite_and_not_zero(table.row(i)))
      all.push_back({static_cast<gaugeline::RowIndex>(i), gaugeline::cosine_similarity(query, table.row(i))});
  }
  std::ranges::sort(all, [](const Neighbor& a, const Neighbor& b) {
    return a.similarity != b.similarity ? a.similarity > b.similarity : a.row < b.row;
  });
  if (all.size() > k) all.resize(k);
  return all;
}

bool same(const std::vector<Neighbor>& a, const std::vector<Neighbor>& b) {
  return std::ranges::equal(
      a, b, [](const Neighbor& x, const Neighbor& y) { return x.row == y.row && x.similarity == y.similarity; });
}

constexpr float infinity = std::numeric_limits<float>::infinity();
constexpr float not_a_number = std::numeric_limits<float>::quiet_NaN();

}  // namespace

TEST_CASE("the nearest rows are those of a full sort by cosine") {
  Random random(1);
  for (const std::size_t d : {1U, 2U, 3U, 7U, 8U, 31U, 64U, 100U}) {
    for (const std::size_t rows : {1U, 2U, 63U, 300U}) {
      CAPTURE(d);
      CAPTURE(rows);
      TestTable table(random, rows, d);
      TestTable query(random, 1, d);
      const auto found = nearest(table, query.row(0), 10);

      std::vector<double> sorted;
      for (std::size_t i = 0; i < rows; ++i) sorted.push_back(exact_cosine(table.row(i), query.row(0)));
      std::ranges::sort(sorted, std::greater{});
      REQUIRE(found.size() == std::min<std::size_t>(10, rows));
      for (std::size_t n = 0; n < found.size(); ++n) {
        CHECK(static_cast<double>(found[n].similarity) == doctest::Approx(sorted[n]).epsilon(1e-5));
        CHECK(static_cast<double>(found[n].similarity) ==
              doctest::Approx(exact_cosine(table.row(found[n].row), query.row(0))).epsilon(1e-5));
      }
    }
  }
}

TEST_CASE("equal rows come in the order of their index") {
  Random random(2);
  TestTable table(random, 40, 13);
  for (std::size_t i = 3; i < 40; i += 4) std::ranges::copy(table.row(3), table.row(i).begin());
  CHECK(rows_of(nearest(table, table.row(3), 10)) ==
        std::vector<gaugeline::RowIndex>{3, 7, 11, 15, 19, 23, 27, 31, 35, 39});
  CHECK(rows_of(nearest(table, table.row(3), 4)) == std::vector<gaugeline::RowIndex>{3, 7, 11, 15});
}

TEST_CASE("skipped rows and zero rows are left out") {
  Random random(3);
  TestTable table(random, 6, 5);
  std::ranges::fill(table.row(4), 0.0F);
  const std::vector<char> skip{0, 1, 0, 0, 0, 1};
  auto rows = rows_of(nearest(table, table.row(1), 6, skip));
  std::ranges::sort(rows);
  CHECK(rows == std::vector<gaugeline::RowIndex>{0, 2, 3});
}

TEST_CASE("a zero query, an empty table and no room find nothing") {
  Random random(4);
  TestTable table(random, 6, 5);
  const std::vector<float> zero(5, 0.0F);
  CHECK(nearest(table, zero, 3).empty());
  CHECK(nearest(TestTable(random, 0, 5), table.row(0), 3).empty());
  CHECK(nearest(table, table.row(0), 0).empty());
}

TEST_CASE("a row is its own nearest neighbour with similarity 1, never more") {
  Random random(5);
  TestTable table(random, 50, 37);
  for (std::size_t i = 0; i < table.rows; ++i) {
    const auto found = nearest(table, table.row(i), 1);
    CHECK(found[0].row == i);
    CHECK(found[0].similarity == 1);
  }
}

TEST_CASE("the cosine is 1 for parallel, -1 for opposite, 0 for perpendicular and zero vectors") {
  const std::vector<float> a{3, 4, 0};
  const std::vector<float> b{-6, -8, 0};
  const std::vector<float> c{0, 0, 1e-15F};
  const std::vector<float> zero{0, 0, 0};
  CHECK(gaugeline::cosine_similarity(a, a) == doctest::Approx(1));
  CHECK(gaugeline::cosine_similarity(a, b) == doctest::Approx(-1));
  CHECK(gaugeline::cosine_similarity(a, c) == 0);
  CHECK(gaugeline::cosine_similarity(c, c) == doctest::Approx(1));
  CHECK(gaugeline::cosine_similarity(a, zero) == 0);
  CHECK(gaugeline::cosine_similarity(zero, zero) == 0);
}

TEST_CASE("a result is that of a sort by cosine_similarity and row, to the last bit") {
  Random random(6);
  for (std::size_t rows = 0; rows <= 70; ++rows) {
    for (std::size_t d = 1; d <= 200; d += 1 + (rows + d) % 13) {
      CAPTURE(rows);
      CAPTURE(d);
      TestTable table(random, rows, d);
      // Rows that are equal, or are one another's multiples, tie.
      for (std::size_t i = 3; i < rows; i += 5) std::ranges::copy(table.row(i - 2), table.row(i).begin());
      for (std::size_t i = 4; i < rows; i += 7) {
        for (std::size_t j = 0; j < d; ++j) table.row(i)[j] = 2 * table.row(i - 3)[j];
      }
      std::vector<char> skip(rows);
      for (char& c : skip) c = static_cast<char>(random.uniform() < .2);
      TestTable query(random, 1, d);
      for (const std::size_t k : {std::size_t{1}, std::size_t{10}, rows}) {
        REQUIRE(same(nearest(table, query.row(0), k), sorted_by_similarity(table, query.row(0), k)));
        REQUIRE(same(nearest(table, query.row(0), k, skip), sorted_by_similarity(table, query.row(0), k, skip)));
        if (rows > 0) REQUIRE(same(nearest(table, table.row(0), k), sorted_by_similarity(table, table.row(0), k)));
      }
    }
  }
}

TEST_CASE("the magnitude of the numbers does not matter, as far as their squares are numbers") {
  Random random(7);
  for (const float magnitude : {1e-22F, 1e-20F, 1e-16F, 1.F, 1e17F}) {
    for (const float of_query : {1e-22F, 1e-20F, 1e-16F, 1.F, 1e17F}) {
      CAPTURE(magnitude);
      CAPTURE(of_query);
      TestTable table(random, 200, 20);
      TestTable query(random, 1, 20);
      for (float& x : table.numbers) x *= magnitude;
      for (float& x : query.numbers) x *= of_query;
      const auto found = nearest(table, query.row(0), 10);
      CHECK(found.size() == 10);
      CHECK(same(found, sorted_by_similarity(table, query.row(0), 10)));
    }
  }
}

TEST_CASE("rows and queries that are not finite are similar to nothing") {
  Random random(8);
  for (const float strange : {infinity, -infinity, not_a_number, 3e38F}) {
    CAPTURE(strange);
    TestTable table(random, 90, 33);
    for (std::size_t i = 0; i < table.rows; i += 3) table.row(i)[i % 33] = strange;
    auto rows = rows_of(nearest(table, table.row(1), 90));
    CHECK(rows.size() == 60);
    CHECK(std::ranges::none_of(rows, [](gaugeline::RowIndex row) { return row % 3 == 0; }));
    CHECK(nearest(table, table.row(0), 90).empty());
    CHECK(gaugeline::cosine_similarity(table.row(0), table.row(1)) == 0);
    CHECK(gaugeline::cosine_similarity(table.row(1), table.row(0)) == 0);
  }
}

TEST_CASE("many queries find what each finds alone") {
  Random random(9);
  for (const std::size_t count : {0U, 1U, 3U, 32U, 33U, 75U}) {
    CAPTURE(count);
    TestTable table(random, 210, 41);
    std::ranges::fill(table.row(5), 0.F);
    table.row(7)[3] = not_a_number;
    std::vector<char> skip(table.rows);
    for (std::size_t i = 60; i < 140; ++i) skip[i] = 1;
    std::vector<std::vector<Neighbor>> found(count);
    std::vector<gaugeline::NeighborQuery> queries;
    for (std::size_t q = 0; q < count; ++q) {
      found[q].resize(q % 12);
      queries.push_back({table.row(q), found[q], static_cast<gaugeline::RowIndex>(q)});
    }
    gaugeline::nearest_neighbors(table.view(), queries, skip);
    for (std::size_t q = 0; q < count; ++q) {
      CAPTURE(q);
      found[q].resize(queries[q].count);
      std::vector<char> others = skip;
      others[q] = 1;
      CHECK(same(found[q], nearest(table, table.row(q), q % 12, others)));
    }
  }
}

TEST_CASE("rows that come ever nearer all get their turn") {
  constexpr std::size_t rows = 500;
  std::vector<float> numbers;
  for (std::size_t i = 0; i < rows; ++i) numbers.insert(numbers.end(), {1.F, static_cast<float>(rows - i)});
  const std::vector<float> query{1, 0};
  std::vector<Neighbor> found(3);
  CHECK(gaugeline::nearest_neighbors({numbers.data(), rows, 2}, query, {}, found) == 3);
  CHECK(rows_of(found) == std::vector<gaugeline::RowIndex>{499, 498, 497});
}

TEST_CASE("a rank counts the rows that are strictly more similar, but those left out") {
  Random random(10);
  TestTable table(random, 150, 29);
  for (std::size_t i = 60; i < 90; ++i) std::ranges::copy(table.row(i - 60), table.row(i).begin());
  std::ranges::fill(table.row(5), 0.F);
  table.row(7)[3] = not_a_number;
  std::vector<char> skip(table.rows);
  for (std::size_t i = 100; i < 120; ++i) skip[i] = 1;
  TestTable vectors(random, 70, 29);
  std::ranges::fill(vectors.row(6), 0.F);
  std::vector<gaugeline::RankQuery> queries;
  for (std::size_t q = 0; q < vectors.rows; ++q)
    queries.push_back({q < 35 ? vectors.row(q) : table.row(q), static_cast<gaugeline::RowIndex>(2 * q)});
  gaugeline::similarity_ranks(table.view(), queries, skip);
  for (const gaugeline::RankQuery& query : queries) {
    CAPTURE(query.expected);
    const float limit = gaugeline::cosine_similarity(query.vector, table.row(query.expected));
    const auto all = sorted_by_similarity(table, query.vector, table.rows, skip);
    CHECK(query.rank == 1 + static_cast<std::size_t>(std::ranges::count_if(
                                all, [&](const Neighbor& row) { return row.similarity > limit; })));
  }
}
