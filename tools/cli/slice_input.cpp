#include "slice_input.hpp"

#include <algorithm>
#include <iostream>

#include <gaugeline/formats/slices_file.hpp>

#include "text_output.hpp"

namespace gaugeline::cli {
namespace {

// Cuts events into slices and holds the .slices file that they make.
Expected<HeldFile> hold_sliced(const std::vector<InputFile>& files, const SlicingFlags& flags) {
  const auto folder = ScratchFolder::create();
  if (!folder) return std::unexpected(folder.error());
  const auto path = folder->path() / "events.slices";
  auto writer = formats::SlicesWriter::create(path, formats::Effort::quick);
  if (!writer) return std::unexpected(writer.error());
  const auto summary = slice_events(files, flags, [&](const SliceView& slice) { return writer->append(slice); });
  if (!summary) return std::unexpected(summary.error());
  if (const auto finished = writer->finish(); !finished) return std::unexpected(finished.error());
  report_slicing(*summary, flags);
  return HeldFile::hold(path);
}

std::optional<Likelihood> likelihood_of(const SliceView& slice) {
  if (!slice.values.empty()) return Likelihood::gaussian;
  if (!slice.pairs.empty() || !slice.sequence_ids.empty()) return Likelihood::skipgram;
  return std::nullopt;
}

}  // namespace

bool holds_slices(const InputFile& file) {
  const auto extension = std::filesystem::path(file.name).extension();
  if (extension == ".slices") return true;
  if (extension == ".ndjson" || extension == ".jsonl" || extension == ".json" || extension == ".txt") return false;
  return formats::SlicesReader::open(file.path).has_value();
}

Expected<std::vector<InputFile>> hold_inputs(const std::vector<std::string>& names, std::vector<HeldFile>& held) {
  std::vector<InputFile> files;
  for (const std::string& name : names) {
    if (name != "-") {
      if (!std::filesystem::exists(name)) return fail(ErrorCode::io_error, std::string_view(name), ": no such file");
      files.push_back({name, name});
      continue;
    }
    auto input = hold_standard_input();
    if (!input) return std::unexpected(input.error());
    files.push_back({input->path(), "standard input"});
    held.push_back(std::move(*input));
  }
  return files;
}

Expected<SliceInput> SliceInput::open(const std::vector<std::string>& names, const SlicingFlags& flags) {
  SliceInput input;
  auto files = hold_inputs(names, input.held_);
  if (!files) return std::unexpected(files.error());
  const auto of_slices = flags.text_time ? 0 : std::ranges::count_if(*files, holds_slices);
  if (of_slices == std::ssize(*files)) {
    input.files_ = std::move(*files);
    return input;
  }
  if (of_slices != 0) {
    return fail(ErrorCode::invalid_argument, "some files hold slices and others events: give them one kind at a time");
  }
  auto sliced = hold_sliced(*files, flags);
  if (!sliced) return std::unexpected(sliced.error());
  input.files_ = {{sliced->path(), names.size() == 1 ? files->front().name : "events"}};
  input.held_.push_back(std::move(*sliced));
  return input;
}

Expected<Likelihood> model_of(const std::vector<InputFile>& files) {
  for (const InputFile& file : files) {
    auto reader = formats::SlicesReader::open(file.path);
    if (!reader) return std::unexpected(reader.error());
    while (true) {
      const auto slice = reader->next();
      if (!slice) return std::unexpected(slice.error());
      if (!*slice) break;
      if (const auto likelihood = likelihood_of((*slice)->view())) return *likelihood;
    }
  }
  return Likelihood::skipgram;
}

void report_slicing(const SlicingSummary& summary, const SlicingFlags& flags) {
  const auto count = [](std::uint64_t number) { return grouped(static_cast<double>(number)); };
  std::cerr << count(summary.events) << " events, " << count(summary.bad_lines) << " bad lines -> "
            << count(summary.slices) << " slices by " << stream::to_string(summary.period)
            << (flags.every ? "" : " (chosen; --every sets it)");
  if (summary.tokens != 0) std::cerr << ", " << count(summary.tokens) << " tokens";
  if (summary.pairs != 0) std::cerr << ", " << count(summary.pairs) << " pairs";
  if (summary.values != 0) std::cerr << ", " << count(summary.values) << " values";
  if (summary.late != 0) std::cerr << ", " << count(summary.late) << " late events";
  if (summary.oversized_tokens != 0) std::cerr << ", " << count(summary.oversized_tokens) << " tokens too long";
  std::cerr << '\n';
}

}  // namespace gaugeline::cli
