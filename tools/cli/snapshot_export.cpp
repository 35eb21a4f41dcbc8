// gaugeline snapshot export: a table in a form that other tools read.
#include <gaugeline/formats/word2vec.hpp>

#include "scratch_file.hpp"
#include "snapshot.hpp"

namespace gaugeline::cli {
namespace {

class ExportCommand final : public Command {
 public:
  explicit ExportCommand(CLI::App& snapshot)
      : Command(snapshot, "export", "  gaugeline snapshot export run --slice 1862 --out war.vec",
                "Write an embedding table for other tools") {
    require(app().add_option("PATH", choice_.path, "A snapshot file or a data directory"));
    app().add_option("--slice", choice_.slice, "Slice of a data directory; without it, the latest")->type_name("SLICE");
    require(app().add_option("--out", out_, "The file to write; - is standard output")->type_name("FILE"));
    app()
        .add_option("--format", format_, "word2vec (text) or word2vec-binary")
        ->type_name("NAME")
        ->check(CLI::IsMember({"word2vec", "word2vec-binary"}))
        ->capture_default_str();
    app()
        .add_option("--table", table_, "items or contexts")
        ->type_name("NAME")
        ->check(CLI::IsMember({"items", "contexts"}))
        ->capture_default_str();
  }

  Expected<ExitStatus> run() override {
    const auto snapshot = choice_.load();
    if (!snapshot) return std::unexpected(snapshot.error());
    const auto output = OutputFile::create(out_);
    if (!output) return std::unexpected(output.error());
    const formats::SnapshotView view = snapshot->view();
    const auto written = formats::export_word2vec(
        view.state[table_ == "items" ? Side::items : Side::contexts],
        format_ == "word2vec" ? formats::Word2vecFormat::text : formats::Word2vecFormat::binary, output->path());
    if (!written) return std::unexpected(written.error());
    if (const auto finished = output->finish(); !finished) return std::unexpected(finished.error());
    return ExitStatus::done;
  }

 private:
  SnapshotChoice choice_;
  std::string out_;
  std::string format_ = "word2vec";
  std::string table_ = "items";
};

}  // namespace

void add_snapshot_export(CLI::App& snapshot, Commands& commands) {
  commands.push_back(std::make_unique<ExportCommand>(snapshot));
}

}  // namespace gaugeline::cli
