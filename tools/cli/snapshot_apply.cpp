// gaugeline snapshot apply: makes a snapshot out of an earlier one and deltas.
#include <iostream>

#include <gaugeline/formats/delta.hpp>

#include "snapshot.hpp"
#include "text_output.hpp"

namespace gaugeline::cli {
namespace {

class ApplyCommand final : public Command {
 public:
  explicit ApplyCommand(CLI::App& snapshot)
      : Command(snapshot, "apply", "  gaugeline snapshot apply 1860.snapshot 1861.delta 1862.delta --out 1862.snapshot",
                "Bring a snapshot up to date by deltas") {
    require(app().add_option("BASE", base_, "The snapshot file that the first delta is for"));
    require(app().add_option("DELTA", deltas_, "One or more, in the order of slices"));
    require(app().add_option("--out", out_, "The snapshot file to write")->type_name("FILE"));
  }

  Expected<ExitStatus> run() override {
    auto snapshot = formats::read_snapshot(base_);
    if (!snapshot) return std::unexpected(snapshot.error());
    for (const std::string& path : deltas_) {
      const auto delta = formats::read_file(path);
      if (!delta) return std::unexpected(delta.error());
      auto next = formats::apply_delta(snapshot->view(), delta->span());
      if (!next) return std::unexpected(next.error().within(path));
      snapshot = std::move(next);
    }
    std::vector<std::byte> workspace;
    if (const auto written = formats::write_snapshot(out_, snapshot->view(), workspace); !written)
      return std::unexpected(written.error());
    const formats::SnapshotView view = snapshot->view();
    std::cout << out_ << ": " << slice_label({view.report.slice, view.state.interval}) << '\n';
    return ExitStatus::done;
  }

 private:
  std::string base_, out_;
  std::vector<std::string> deltas_;
};

}  // namespace

void add_snapshot_apply(CLI::App& snapshot, Commands& commands) {
  commands.push_back(std::make_unique<ApplyCommand>(snapshot));
}

}  // namespace gaugeline::cli
