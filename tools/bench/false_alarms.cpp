// bench_false_alarms: how often rows that stand still are called moved, on the reference streams G2 (Gaussian) and G3
// (skip-gram) with no drift; against the plain chi-squared test with one factor for all rows, in the same run.
#include <cstdint>
#include <cstdlib>
#include <iomanip>
#include <iostream>

#include <support/false_alarms.hpp>

namespace {

using namespace gaugeline::testing;

void print(const char* name, const Alarms& alarms) {
  std::cout << std::left << std::setw(22) << name << std::right << std::fixed << std::setprecision(2) << std::setw(8)
            << 100 * alarms.five / alarms.rows << std::setw(8) << 100 * alarms.one / alarms.rows;
  for (const double q : alarms.quartile) std::cout << std::setw(8) << 400 * q / alarms.rows;
  if (alarms.runs > 0) std::cout << std::setw(10) << alarms.degrees / alarms.runs;
  std::cout << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t seeds = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 20;
  std::cout << "share of rows called moved, none of which moves; " << seeds << " seeds, in %\n"
            << "stream, test           at 5 %  at 1 %  commonest quarter first, at 5 %   degrees\n";
  Alarms g2_plain, g2_fitted, g3_plain, g3_fitted;
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) count_gaussian_alarms(seed, g2_plain, g2_fitted);
  print("G2, chi-squared", g2_plain);
  print("G2, fitted null", g2_fitted);
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) count_skipgram_alarms(seed, g3_plain, g3_fitted);
  print("G3, chi-squared", g3_plain);
  print("G3, fitted null", g3_fitted);
}
