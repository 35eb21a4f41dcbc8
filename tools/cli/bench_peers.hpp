// gaugeline beside other programs on the same words: cuts events into slices, and hands these over to the script that
// runs the programs by turns (tools/bench/speed).
#pragma once

#include <string>
#include <vector>

#include <gaugeline/error.hpp>
#include <gaugeline/options.hpp>

#include "command.hpp"
#include "event_lines.hpp"
#include "slicing_flags.hpp"

namespace gaugeline::cli {

struct PeerComparison {
  std::vector<InputFile> events;
  SlicingFlags slicing;
  Options learner;
  std::vector<std::string> learner_flags;  // as given, "--sweeps=1"; without those of the dimension and of negatives
  std::vector<std::string> peers;
  std::uint32_t rounds = 0;
  bool json = false;
  std::string picture;  // empty: none
};

// What the script prints goes to standard output. Where it fails it has said why.
[[nodiscard]] Expected<ExitStatus> compare_with_peers(const PeerComparison& comparison);

}  // namespace gaugeline::cli
