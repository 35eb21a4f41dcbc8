#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
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

}  // namespace

TEST_CASE("the nearest rows are those of a full sort by cosine") {
  Random random(1);
  for (const std::size_t d : {1, 2, 3, 7, 8, 31, 64, 100}) {
    for (const std::size_t rows : {1, 2, 63, 300}) {
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
    CHECK(found[0].similarity <= 1);
    CHECK(found[0].similarity == doctest::Approx(1));
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
