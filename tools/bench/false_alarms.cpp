// bench_false_alarms: how often rows that stand still are called moved, on the reference streams G2 (Gaussian) and G3
// (skip-gram) with no drift, and rows that move with 30 and 20 % of them drifting; against the plain chi-squared test
// with one factor for all rows, in the same run.
#include <cstdint>
#include <cstdlib>
#include <iomanip>
#include <iostream>

#include <support/false_alarms.hpp>

namespace {

using namespace gaugeline::testing;

void print(const char* name, const Alarms& alarms) {
  std::cout << std::left << std::setw(23) << name << std::right << std::fixed << std::setprecision(2) << std::setw(8)
            << 100 * alarms.five / alarms.rows << std::setw(8) << 100 * alarms.one / alarms.rows;
  for (const double q : alarms.quartile) std::cout << std::setw(8) << 400 * q / alarms.rows;
  std::cout << std::setw(8);
  alarms.moving > 0 ? std::cout << 100 * alarms.found / alarms.moving : std::cout << "-";
  if (alarms.runs > 0) std::cout << std::setw(10) << alarms.degrees / alarms.runs;
  std::cout << '\n';
}

}  // namespace

int main(int argc, char** argv) {
  const std::uint64_t seeds = argc > 1 ? std::strtoull(argv[1], nullptr, 10) : 20;
  std::cout << "share of rows called moved; " << seeds << " seeds, in %\n"
            << "stream, test           at 5 %  at 1 %  commonest quarter first, at 5 %  moving   degrees\n";
  for (const double share : {0., .3}) {
    Alarms plain, fitted;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) count_gaussian_alarms(seed, share, plain, fitted);
    print(share > 0 ? "G2 moving, chi-squared" : "G2, chi-squared", plain);
    print(share > 0 ? "G2 moving, fitted null" : "G2, fitted null", fitted);
  }
  for (const double share : {0., .2}) {
    Alarms plain, fitted;
    for (std::uint64_t seed = 1; seed <= seeds; ++seed) count_skipgram_alarms(seed, share, plain, fitted);
    print(share > 0 ? "G3 moving, chi-squared" : "G3, chi-squared", plain);
    print(share > 0 ? "G3 moving, fitted null" : "G3, fitted null", fitted);
  }
}
