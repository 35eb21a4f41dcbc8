// gaugeline slice: events to a .slices file.
#include <filesystem>
#include <iostream>

#include <gaugeline/formats/slices_file.hpp>
#include <gaugeline/stream/json_writer.hpp>

#include "command.hpp"
#include "slice_input.hpp"
#include "text_output.hpp"

namespace gaugeline::cli {
namespace {

class SliceCommand final : public Command {
 public:
  explicit SliceCommand(CLI::App& parent)
      : Command(parent, "slice", "  gaugeline slice speeches.ndjson --every decade --min-count 5 --out speeches.slices",
                "Cut events (NDJSON, or plain text with --time) into slices of time") {
    require(app().add_option("FILE", files_, "Files of events; - is standard input"));
    require(app().add_option("--out", out_, "The .slices file to write; - is standard output")->type_name("FILE"));
    slicing_.add_to(app());
    add_json_flag();
  }

  Expected<ExitStatus> run() override {
    if (json() && out_ == "-") return fail(ErrorCode::invalid_argument, "--json and --out - both want standard output");
    std::vector<HeldFile> held;
    const auto files = hold_inputs(files_, held);
    if (!files) return std::unexpected(files.error());
    const auto output = OutputFile::create(out_);
    if (!output) return std::unexpected(output.error());
    auto writer = formats::SlicesWriter::create(output->path());
    if (!writer) return std::unexpected(writer.error());
    const auto summary = slice_events(*files, slicing_, [&](const SliceView& slice) { return writer->append(slice); });
    if (!summary) return std::unexpected(summary.error());
    if (const auto finished = writer->finish(); !finished) return std::unexpected(finished.error());
    const auto bytes = std::filesystem::file_size(output->path());
    if (const auto finished = output->finish(); !finished) return std::unexpected(finished.error());
    report_slicing(*summary, slicing_);
    std::cerr << out_ << ": " << byte_count(bytes) << '\n';
    if (json()) print_json(*summary, bytes);
    return ExitStatus::done;
  }

 private:
  static void print_json(const SlicingSummary& summary, std::uintmax_t bytes) {
    stream::JsonWriter(std::cout)
        .begin_object()
        .member("every", stream::to_string(summary.period))
        .member("events", summary.events)
        .member("bad_lines", summary.bad_lines)
        .member("late", summary.late)
        .member("oversized_tokens", summary.oversized_tokens)
        .member("slices", summary.slices)
        .member("tokens", summary.tokens)
        .member("pairs", summary.pairs)
        .member("values", summary.values)
        .member("bytes", bytes)
        .end_object();
  }

  std::vector<std::string> files_;
  std::string out_;
  SlicingFlags slicing_;
};

}  // namespace

void add_slice(CLI::App& parent, Commands& commands) { commands.push_back(std::make_unique<SliceCommand>(parent)); }

}  // namespace gaugeline::cli
