#include <doctest/doctest.h>

#include <cmath>
#include <numbers>
#include <numeric>
#include <vector>

#include <gaugeline/alignment.hpp>
#include <support/random_matrices.hpp>
#include <support/tokens.hpp>

using namespace gaugeline;
using gaugeline::testing::numbered_tokens;
using gaugeline::testing::OwnedTokens;
using gaugeline::testing::random_matrix;
using gaugeline::testing::random_orthogonal;

namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using FloatRows = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

constexpr std::array<Index, 5> dimensions{1, 2, 3, 16, 100};
constexpr std::array<double, 2> determinants{1, -1};

ConstTable<float> view(const FloatRows& rows) { return {rows.data(), rows.rows(), rows.cols()}; }

FloatRows random_rows(Random& random, Index rows, Index d) { return random_matrix(random, rows, d).cast<float>(); }

FloatRows turned(const FloatRows& rows, const MatrixXd& rotation) {
  return (rows.cast<double>() * rotation).cast<float>();
}

std::vector<RowPair> all_rows(Index rows) {
  std::vector<RowPair> pairs;
  for (RowIndex row = 0; row < static_cast<RowIndex>(rows); ++row) pairs.push_back({row, row});
  return pairs;
}

Alignment align_all(const FloatRows& reference, const FloatRows& table,
                    AlignmentWeights weights = AlignmentWeights::equal) {
  const auto found = align(view(reference), view(table), all_rows(reference.rows()), weights);
  REQUIRE(found);
  return *found;
}

double error_of(const Alignment& found, const MatrixXd& turn) {
  return (turn * found.rotation - MatrixXd::Identity(turn.rows(), turn.cols())).norm();
}

}  // namespace

TEST_CASE("a table that was rotated or reflected is brought back, but for the rounding of its numbers") {
  Random random(1);
  for (const Index d : dimensions) {
    for (const double determinant : determinants) {
      for (const auto weights : {AlignmentWeights::equal, AlignmentWeights::robust}) {
        CAPTURE(d);
        CAPTURE(determinant);
        const FloatRows reference = random_rows(random, 4 * d + 10, d);
        const MatrixXd turn = random_orthogonal(random, d, determinant);
        const Alignment found = align_all(reference, turned(reference, turn), weights);
        CHECK(error_of(found, turn) < 1e-6);
        CHECK(found.residual < 2e-7);
        CHECK(found.reflects == (determinant < 0));
        CHECK(found.rank == static_cast<std::size_t>(d));
        CHECK((found.rotation.transpose() * found.rotation - MatrixXd::Identity(d, d)).norm() < 1e-10);
        const auto rows = turned_rows(view(turned(reference, turn)), found.rotation);
        CHECK((view(reference) - ConstTable<float>(rows.data(), reference.rows(), d)).norm() <
              3e-7F * reference.norm());
      }
    }
  }
}

TEST_CASE("where a third of the rows moved, robust weights recover the frame of the others exactly") {
  Random random(2);
  for (const Index d : dimensions) {
    for (const double determinant : determinants) {
      CAPTURE(d);
      const FloatRows reference = random_rows(random, 12 * d + 12, d);
      const MatrixXd turn = random_orthogonal(random, d, determinant);
      FloatRows table = turned(reference, turn);
      const Index moved = reference.rows() / 3;
      table.topRows(moved) = random_rows(random, moved, d);
      const Alignment equal = align_all(reference, table);
      const Alignment robust = align_all(reference, table, AlignmentWeights::robust);
      CHECK(error_of(robust, turn) < 1e-5);
      CHECK(error_of(robust, turn) <= error_of(equal, turn) + 1e-12);
      if (d > 1) CHECK(error_of(equal, turn) > 1e-3);
      CHECK(robust.weight.back() > .5);
      CHECK(std::accumulate(robust.weight.begin(), robust.weight.begin() + moved, 0.0) <
            .02 * static_cast<double>(moved));
      CHECK(robust.residual < 1e-6);
    }
  }
}

TEST_CASE("with noise on all rows and a coherent move of a third, robust weights come nearer to the frame") {
  Random random(3);
  for (const Index d : {2, 16, 100}) {
    CAPTURE(d);
    const FloatRows reference = random_rows(random, 12 * d, d);
    const MatrixXd turn = random_orthogonal(random, d, 1);
    FloatRows table = turned(reference, turn) + random_matrix(random, reference.rows(), d, .05).cast<float>();
    const Index moved = reference.rows() / 3;
    table.topRows(moved).rowwise() += (2 * random_matrix(random, 1, d)).row(0).cast<float>();
    CHECK(error_of(align_all(reference, table, AlignmentWeights::robust), turn) <
          .5 * error_of(align_all(reference, table), turn));
  }
}

TEST_CASE("residual, angle and displacement are those of the rotation that is returned") {
  Random random(4);
  const FloatRows reference = random_rows(random, 50, 2);
  MatrixXd turn(2, 2);
  turn << std::cos(.3), -std::sin(.3), std::sin(.3), std::cos(.3);
  FloatRows table = turned(reference, turn);
  table(7, 0) += .5F;
  const Alignment found = align_all(reference, table);
  CHECK(found.angle == doctest::Approx(.3).epsilon(.05));
  const MatrixXd difference = table.cast<double>() * found.rotation - reference.cast<double>();
  CHECK(found.residual == doctest::Approx(difference.norm() / reference.cast<double>().norm()));
  CHECK(found.residual_before ==
        doctest::Approx((table - reference).cast<double>().norm() / reference.cast<double>().norm()));
  for (std::size_t i = 0; i < 50; ++i) {
    CHECK(found.displacement[i] == doctest::Approx(difference.row(static_cast<Index>(i)).norm()));
  }
  CHECK(std::ranges::max_element(found.displacement) == found.displacement.begin() + 7);
  CHECK(found.weight == std::vector<double>(50, 1));
}

TEST_CASE("fewer common rows than dimensions tell of as many, and what they do not tell of stays") {
  Random random(5);
  const Index d = 16;
  const FloatRows reference = random_rows(random, 5, d);
  const MatrixXd turn = random_orthogonal(random, d, 1);
  const Alignment found = align_all(reference, turned(reference, turn));
  CHECK(found.rank == 5);
  CHECK(found.residual < 1e-6);
  CHECK((found.rotation.transpose() * found.rotation - MatrixXd::Identity(d, d)).norm() < 1e-10);

  FloatRows few = FloatRows::Zero(1, 3);
  few(0, 0) = 2;
  const Alignment still = align_all(few, few);
  CHECK(still.rank == 1);
  CHECK((still.rotation - MatrixXd::Identity(3, 3)).norm() < 1e-12);
  CHECK(still.angle < 1e-6);
  CHECK(still.residual == 0);
}

TEST_CASE("rows that are zero in either table tell nothing, and are counted") {
  Random random(6);
  FloatRows reference = random_rows(random, 40, 3);
  const MatrixXd turn = random_orthogonal(random, 3, -1);
  FloatRows table = turned(reference, turn);
  reference.row(0).setZero();
  table.row(1).setZero();
  for (const auto weights : {AlignmentWeights::equal, AlignmentWeights::robust}) {
    const Alignment found = align_all(reference, table, weights);
    CHECK(found.zero_rows == 2);
    CHECK(found.rows.size() == 38);
    CHECK(found.rows.front().table == 2);
    CHECK(error_of(found, turn) < 1e-6);
  }
}

TEST_CASE("tables without a row in common, and tables of different dimension, are refused") {
  const FloatRows three = FloatRows::Ones(2, 3);
  const FloatRows four = FloatRows::Ones(2, 4);
  const auto refusal = [](const auto& result) {
    REQUIRE(!result);
    return result.error();
  };
  const auto none = refusal(align(view(three), view(three), {}, AlignmentWeights::equal));
  CHECK(none.code() == ErrorCode::not_found);
  CHECK(none.message() == "the tables have no row in common");
  const FloatRows zero = FloatRows::Zero(2, 3);
  const auto zeros = refusal(align(view(three), view(zero), all_rows(2), AlignmentWeights::robust));
  CHECK(zeros.message() == "the tables have no row in common that is not zero");
  const auto unlike = refusal(align(view(three), view(four), all_rows(2), AlignmentWeights::equal));
  CHECK(unlike.code() == ErrorCode::bad_data);
  CHECK(unlike.message().starts_with("the reference has 3 dimensions and the table 4"));
}

TEST_CASE("common rows are those of the same token, of its first place in each list") {
  OwnedTokens reference;
  for (const char* token : {"war", "peace", "war", "gold", "sea"}) reference.add(token);
  OwnedTokens table;
  for (const char* token : {"sea", "gold", "love", "gold", "war"}) table.add(token);
  const auto rows = common_rows(reference.list(), table.list());
  REQUIRE(rows.size() == 3);
  CHECK(rows[0].reference == 0);
  CHECK(rows[0].table == 4);
  CHECK(rows[1].reference == 3);
  CHECK(rows[1].table == 1);
  CHECK(rows[2].reference == 4);
  CHECK(rows[2].table == 0);
  CHECK(common_rows(reference.list(), {}).empty());
}

TEST_CASE("the rotation does not depend on which rows the tables have besides, and turns all of them") {
  Random random(7);
  const FloatRows reference = random_rows(random, 300, 8);
  const MatrixXd turn = random_orthogonal(random, 8, -1);
  const FloatRows table = turned(reference, turn);
  std::vector<RowPair> some;
  for (RowIndex row = 0; row < 300; row += 3) some.push_back({row, row});
  const auto found = align(view(reference), view(table), some, AlignmentWeights::equal);
  REQUIRE(found);
  const auto rows = turned_rows(view(table), found->rotation);
  CHECK((view(reference) - ConstTable<float>(rows.data(), 300, 8)).cwiseAbs().maxCoeff() < 1e-5F);
}
