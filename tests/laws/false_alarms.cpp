// Of rows that stand still, about as many are called moved as the p-value says: 20 seeds of G2 and G3 without drift. Of
// rows that move, nearly all.
#include <doctest/doctest.h>

#include <support/false_alarms.hpp>

using namespace gaugeline::testing;

TEST_CASE("G2: at a nominal 5 %, 3 to 7 % of rows at rest are called moved") {
  Alarms plain, fitted;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) count_gaussian_alarms(seed, 0, plain, fitted);
  CHECK(fitted.rows == 20 * 200);
  CHECK(fitted.five >= .03 * fitted.rows);
  CHECK(fitted.five <= .07 * fitted.rows);
}

TEST_CASE("G2: where 30 % of the rows move, at a nominal 5 % nine in ten of them are called, and few at rest") {
  Alarms plain, fitted;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) count_gaussian_alarms(seed, .3, plain, fitted);
  CHECK(fitted.moving + fitted.rows == 20 * 200);
  CHECK(fitted.moving >= .25 * 20 * 200);  // every row is drawn to move or not
  CHECK(fitted.found >= .9 * fitted.moving);
  CHECK(fitted.five <= .05 * fitted.rows);
}

TEST_CASE("G3: at a nominal 5 %, at most 7 % of rows at rest are called moved") {
  Alarms plain, fitted;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) count_skipgram_alarms(seed, 0, plain, fitted);
  CHECK(fitted.rows == 20 * 1000);
  CHECK(fitted.five <= .07 * fitted.rows);
}
