// Streams that a test learns in a moment.
#pragma once

#include <string>

#include "program.hpp"

namespace gaugeline::test {

// A learner that takes little memory, for a simulated Gaussian stream (200 items and as many contexts).
inline const std::vector<std::string> small_gaussian_learner{"--model",
                                                             "gaussian",
                                                             "--dim",
                                                             "6",
                                                             "--first-slice-sweeps",
                                                             "10",
                                                             "--item-capacity",
                                                             "256",
                                                             "--context-capacity",
                                                             "256",
                                                             "--slice-token-capacity",
                                                             "512",
                                                             "--observation-capacity",
                                                             "16384"};

inline std::string words(const std::vector<std::string>& list) {
  std::string joined;
  for (const std::string& word : list) joined += " " + word;
  return joined;
}

inline void simulate_gaussian(const std::filesystem::path& file, int slices) {
  must("simulate --model gaussian --seed 5 --slices " + std::to_string(slices) + " --out '" + file.native() + "'");
}

// Six years in which `gold` moves: from silver, coin and money to medal, race and winner. The others stay together.
inline std::string moving_word_events() {
  std::string lines;
  for (int year = 2000; year < 2006; ++year) {
    for (int i = 0; i < 60; ++i) {
      const std::string money = year < 2003 ? "gold" : "copper";
      const std::string sport = year < 2003 ? "ribbon" : "gold";
      const std::string time = "{\"time\": \"" + std::to_string(year) + "-06-01\", \"tokens\": [";
      lines += time + "\"silver\", \"coin\", \"" + money + "\", \"money\", \"bank\"]}\n";
      lines += time + "\"medal\", \"race\", \"" + sport + "\", \"winner\", \"games\"]}\n";
    }
  }
  return lines;
}

inline const std::string small_skipgram_learner =
    " --every year --dim 6 --item-capacity 64 --context-capacity 64 --slice-token-capacity 64"
    " --observation-capacity 4096";

}  // namespace gaugeline::test
