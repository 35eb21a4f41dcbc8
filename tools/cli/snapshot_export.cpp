// gaugeline snapshot export: a table in a form that other tools read.
#include "snapshot.hpp"
#include "table_output.hpp"

namespace gaugeline::cli {
namespace {

class ExportCommand final : public Command {
 public:
  explicit ExportCommand(CLI::App& snapshot)
      : Command(snapshot, "export",
                "  gaugeline snapshot export run --slice 1862 --out war.vec\n"
                "  gaugeline snapshot export run --format npy --out war.npy    # and war.tokens.txt\n"
                "  gaugeline snapshot export run --format tsv --out projector  # a folder",
                "Write an embedding table for other tools") {
    require(app().add_option("PATH", choice_.path, "A snapshot file or a data directory"));
    app().add_option("--slice", choice_.slice, "Slice of a data directory; without it, the latest")->type_name("SLICE");
    require(output_.add_flags(app()));
    table_.add_flag(app());
  }

  Expected<ExitStatus> run() override {
    if (const auto checked = output_.check(); !checked) return std::unexpected(checked.error());
    const auto snapshot = choice_.load();
    if (!snapshot) return std::unexpected(snapshot.error());
    const formats::SnapshotView view = snapshot->view();
    if (const auto written = output_.write(formats::embedding_view(view.state[table_.side()])); !written) {
      return std::unexpected(written.error());
    }
    return ExitStatus::done;
  }

 private:
  SnapshotChoice choice_;
  TableOutput output_;
  TableChoice table_;
};

}  // namespace

void add_snapshot_export(CLI::App& snapshot, Commands& commands) {
  commands.push_back(std::make_unique<ExportCommand>(snapshot));
}

}  // namespace gaugeline::cli
