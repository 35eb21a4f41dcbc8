// The input of `train` and `send`, whatever it was, as .slices files: events are cut into slices first. So both
// commands learn from the same bytes, and a sender can go back after a lost connection.
#pragma once

#include <string>
#include <vector>

#include <gaugeline/options.hpp>

#include "event_files.hpp"
#include "scratch_file.hpp"
#include "slicing_flags.hpp"

namespace gaugeline::cli {

class SliceInput {
 public:
  // `names` are files, or "-" for standard input; either all of them hold slices, or none.
  [[nodiscard]] static Expected<SliceInput> open(const std::vector<std::string>& names, const SlicingFlags& flags);
  [[nodiscard]] const std::vector<InputFile>& files() const noexcept { return files_; }

 private:
  std::vector<InputFile> files_;
  std::vector<HeldFile> held_;
};

// True of a file of slices, by its name, and where that does not tell, by its header.
[[nodiscard]] bool holds_slices(const InputFile& file);

// Opens input for reading twice: "-" is read to its end and held.
[[nodiscard]] Expected<std::vector<InputFile>> hold_inputs(const std::vector<std::string>& names,
                                                           std::vector<HeldFile>& held);

// The model that the first observations of files of slices call for; skip-gram if there are none.
[[nodiscard]] Expected<Likelihood> model_of(const std::vector<InputFile>& files);

// Tells how events became slices.
void report_slicing(const SlicingSummary& summary, const SlicingFlags& flags);

}  // namespace gaugeline::cli
