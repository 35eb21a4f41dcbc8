// gaugeline snapshot verify: reads every byte, and says what is damaged.
#include <filesystem>
#include <iostream>
#include <optional>
#include <string>

#include <gaugeline/formats/delta.hpp>
#include <gaugeline/stream/json_writer.hpp>

#include "snapshot.hpp"
#include "text_output.hpp"

namespace gaugeline::cli {
namespace {

struct Verdict {
  std::string file;
  std::string label;   // which slice, if it could be read
  std::string damage;  // empty: none
};

class VerifyCommand final : public Command {
 public:
  explicit VerifyCommand(CLI::App& snapshot)
      : Command(snapshot, "verify", "  gaugeline snapshot verify run",
                "Verify a snapshot file, a delta, or everything in a data directory") {
    require(app().add_option("PATH", path_, "A snapshot file, a delta, or a data directory"));
    add_json_flag();
  }

  Expected<ExitStatus> run() override {
    if (const auto exists = check_exists(path_); !exists) return std::unexpected(exists.error());
    if (const auto checked = std::filesystem::is_directory(path_) ? check_directory() : check_file(); !checked) {
      return std::unexpected(checked.error());
    }
    json() ? print_json() : print_text();
    if (damaged_ == 0) return ExitStatus::done;
    std::cerr << damaged_ << " of " << verdicts_.size() << " files damaged\n";
    return ExitStatus::bad_data;
  }

 private:
  Expected<> check_file() {
    const auto bytes = formats::read_file(path_);
    if (!bytes) return std::unexpected(bytes.error());
    if (formats::begins_as_delta(bytes->span())) {
      judge(formats::read_delta_summary(bytes->span()));
      return {};
    }
    judge(path_, formats::Snapshot::decode(bytes->span()));
    return {};
  }

  Expected<> check_directory() {
    const auto store = formats::SnapshotStore::open(path_);
    if (!store) return std::unexpected(store.error());
    const auto slices = store->slices();
    if (!slices) return std::unexpected(slices.error());
    if (slices->empty()) return fail(ErrorCode::not_found, std::string_view(path_), " holds no snapshot yet");
    for (const std::uint64_t slice : *slices) judge(store->file(slice).string(), store->load(slice));
    return {};
  }

  void judge(const Expected<formats::DeltaSummary>& delta) {
    Verdict verdict{path_, {}, {}};
    if (delta) {
      verdict.label =
          "delta from slice " + std::to_string(delta->base_slice) + " to slice " + std::to_string(delta->slice);
    } else {
      verdict.damage = delta.error().message();
      ++damaged_;
    }
    verdicts_.push_back(std::move(verdict));
  }

  void judge(const std::string& file, const Expected<formats::Snapshot>& snapshot) {
    Verdict verdict{file, {}, {}};
    if (!snapshot) {
      verdict.damage = snapshot.error().message();
      before_.reset();
    } else {
      const formats::SnapshotView view = snapshot->view();
      verdict.label = slice_label({view.report.slice, view.state.interval});
      verdict.damage = break_in_lineage(view);
      before_ = Link{std::string(view.lineage.run), view.report.slice, snapshot->checksum()};
    }
    damaged_ += verdict.damage.empty() ? 0 : 1;
    verdicts_.push_back(std::move(verdict));
  }

  // A snapshot names its run and the checksum of the one before it: a file that was swapped is whole, but does not fit.
  [[nodiscard]] std::string break_in_lineage(const formats::SnapshotView& view) const {
    if (!before_) return {};
    if (view.lineage.run != before_->run) return "is of another run than the snapshot before it";
    if (view.report.slice == before_->slice + 1 && view.lineage.parent_checksum != before_->checksum) {
      return "does not follow from the snapshot before it";
    }
    return {};
  }

  void print_text() const {
    for (const Verdict& verdict : verdicts_) {
      std::cout << (verdict.damage.empty() ? "ok       " : "DAMAGED  ") << verdict.file << "  "
                << (verdict.damage.empty() ? verdict.label : verdict.damage) << '\n';
    }
  }

  void print_json() const {
    stream::JsonWriter json(std::cout);
    json.begin_object().key("verify").begin_array();
    for (const Verdict& verdict : verdicts_) {
      json.begin_object().member("file", verdict.file).member("ok", verdict.damage.empty());
      if (!verdict.damage.empty()) json.member("damage", verdict.damage);
      json.end_object();
    }
    json.end_array().end_object();
  }

  struct Link {
    std::string run;
    std::uint64_t slice;
    std::uint64_t checksum;
  };
  std::string path_;
  std::vector<Verdict> verdicts_;
  std::size_t damaged_ = 0;
  std::optional<Link> before_;
};

}  // namespace

void add_snapshot_verify(CLI::App& snapshot, Commands& commands) {
  commands.push_back(std::make_unique<VerifyCommand>(snapshot));
}

}  // namespace gaugeline::cli
