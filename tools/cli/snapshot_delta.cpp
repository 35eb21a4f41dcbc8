// gaugeline snapshot delta: what a consumer has to fetch that has an earlier snapshot.
#include <iostream>

#include <gaugeline/formats/atomic_file.hpp>
#include <gaugeline/formats/delta.hpp>
#include <gaugeline/stream/json_writer.hpp>

#include "snapshot.hpp"
#include "text_output.hpp"

namespace gaugeline::cli {
namespace {

class DeltaCommand final : public Command {
 public:
  explicit DeltaCommand(CLI::App& snapshot)
      : Command(snapshot, "delta",
                "  gaugeline snapshot delta theirs.snapshot data --tolerance 0.1 --out latest.delta\n"
                "  gaugeline snapshot delta data --from -2 --to -1 --out latest.delta",
                "Write what changed between two snapshots of a run, for those who have the first") {
    require(app().add_option("BASE", base_.path, "The snapshot that the reader has, or a data directory"));
    app().add_option("TARGET", target_.path, "The snapshot that it is to have; without it, of the same data directory");
    app()
        .add_option("--from", base_.slice,
                    "Slice of the first; without it, the last but one if there is no TARGET, "
                    "else the latest")
        ->type_name("SLICE");
    app().add_option("--to", target_.slice, "Slice of the second; without it, the latest")->type_name("SLICE");
    require(app().add_option("--out", out_, "The file")->type_name("FILE"));
    app()
        .add_option("--tolerance", tolerance_.amount, "How far a vector may come out from where it is; 0: not at all")
        ->type_name("NUMBER")
        ->capture_default_str();
    app()
        .add_option("--tolerance-unit", unit_,
                    "deviations: of the vector's uncertainty, per coordinate; absolute: length of the difference")
        ->type_name("NAME")
        ->check(CLI::IsMember({"deviations", "absolute"}))
        ->capture_default_str();
    add_json_flag();
  }

  Expected<ExitStatus> run() override {
    if (target_.path.empty()) {
      target_.path = base_.path;
      if (base_.slice.empty()) base_.slice = "-2";
    }
    if (unit_ == "absolute") tolerance_.unit = formats::DeltaTolerance::Unit::absolute;
    const auto base = base_.load();
    if (!base) return std::unexpected(base.error());
    const auto target = target_.load();
    if (!target) return std::unexpected(target.error());
    const auto whole = formats::encoded_bytes(target->view());
    if (!whole) return std::unexpected(whole.error());
    auto file = formats::AtomicFile::create(out_);
    if (!file) return std::unexpected(file.error());
    const auto summary = formats::encode_delta(base->view(), target->view(), target->checksum(), tolerance_, *file);
    if (!summary) return std::unexpected(summary.error());
    if (const auto committed = file->commit(); !committed) return std::unexpected(committed.error());
    json() ? print_json(*summary, *whole) : print_text(*summary, *whole);
    return ExitStatus::done;
  }

 private:
  void print_text(const formats::DeltaSummary& summary, std::uint64_t whole) const {
    std::cout << what_moved(summary) << '\n'
              << out_ << ": " << byte_count(summary.bytes) << ", "
              << fixed(100 * static_cast<double>(summary.bytes) / static_cast<double>(whole), 1)
              << " % of the snapshot's " << byte_count(whole) << '\n';
  }

  static void print_json(const formats::DeltaSummary& summary, std::uint64_t whole) {
    stream::JsonWriter json(std::cout);
    json.begin_object();
    write_delta_summary(json, summary);
    json.member("snapshot_bytes", whole).end_object();
  }

  SnapshotChoice base_, target_;
  std::string out_, unit_ = "deviations";
  formats::DeltaTolerance tolerance_;
};

}  // namespace

std::string what_moved(const formats::DeltaSummary& delta) {
  const auto count = [](std::uint64_t number) { return grouped(static_cast<double>(number)); };
  return "From slice " + std::to_string(delta.base_slice) + " to slice " + std::to_string(delta.slice) + ": " +
         count(delta.moved_rows) + " of " + count(delta.item_rows + delta.context_rows) + " rows moved, " +
         count(delta.new_rows) + " new";
}

void write_delta_summary(stream::JsonWriter& json, const formats::DeltaSummary& delta) {
  const bool absolute = delta.tolerance.unit == formats::DeltaTolerance::Unit::absolute;
  json.member("run", delta.run)
      .member("base_slice", delta.base_slice)
      .member("slice", delta.slice)
      .member("tolerance", delta.tolerance.amount)
      .member("tolerance_unit", absolute ? "absolute" : "deviations")
      .member("bytes", delta.bytes)
      .member("item_rows", delta.item_rows)
      .member("context_rows", delta.context_rows)
      .member("new_rows", delta.new_rows)
      .member("moved_rows", delta.moved_rows);
}

void add_snapshot_delta(CLI::App& snapshot, Commands& commands) {
  commands.push_back(std::make_unique<DeltaCommand>(snapshot));
}

}  // namespace gaugeline::cli
