// gaugeline snapshot compact: a snapshot in fewer bytes, and what that costs.
#include <filesystem>
#include <iostream>
#include <system_error>

#include <gaugeline/stream/encoding_error.hpp>
#include <gaugeline/stream/json_writer.hpp>

#include "snapshot.hpp"
#include "text_output.hpp"

namespace gaugeline::cli {
namespace {

struct Outcome {
  std::uint64_t bytes = 0, exact_bytes = 0;
  stream::EncodingError items, contexts;
};

class CompactCommand final : public Command {
 public:
  explicit CompactCommand(CLI::App& snapshot)
      : Command(
            snapshot, "compact", "  gaugeline snapshot compact data --encoding int8 --out latest.snapshot",
            "Write a snapshot in a half or a quarter of the bytes, to be read and asked, and tell what that costs") {
    require(app().add_option("PATH", choice_.path, "A snapshot file or a data directory"));
    app().add_option("--slice", choice_.slice, "Slice of a data directory; without it, the latest")->type_name("SLICE");
    app()
        .add_option("--encoding", encoding_, "Of the embeddings: bfloat16, or int8 with a scale per row")
        ->type_name("NAME")
        ->check(CLI::IsMember({"bfloat16", "int8"}))
        ->capture_default_str();
    require(app().add_option("--out", out_, "The file")->type_name("FILE"));
    add_json_flag();
  }

  Expected<ExitStatus> run() override {
    const auto snapshot = choice_.load();
    if (!snapshot) return std::unexpected(snapshot.error());
    formats::SnapshotView view = snapshot->view();
    if (view.encoding != formats::Encoding::float32)
      return fail(ErrorCode::invalid_argument, std::string_view(choice_.path), ": is compact already (",
                  formats::encoding_name(view.encoding), ")");
    if (const auto apart = check_apart(view); !apart) return std::unexpected(apart.error());
    std::vector<std::byte> workspace;
    Outcome outcome;
    const auto exact_bytes = formats::encoded_bytes(view);
    if (!exact_bytes) return std::unexpected(exact_bytes.error());
    outcome.exact_bytes = *exact_bytes;
    view.encoding = encoding_ == "int8" ? formats::Encoding::int8 : formats::Encoding::bfloat16;
    if (const auto written = formats::write_snapshot(out_, view, workspace); !written)
      return std::unexpected(written.error());
    const auto stored = formats::read_snapshot(out_);
    if (!stored) return std::unexpected(stored.error());
    outcome.bytes = std::filesystem::file_size(out_);
    outcome.items = stream::encoding_error(view.state.items, stored->view().state.items);
    outcome.contexts = stream::encoding_error(view.state.contexts, stored->view().state.contexts);
    json() ? print_json(outcome) : print_text(outcome);
    return ExitStatus::done;
  }

 private:
  // A run goes on from the latest snapshot, and could not if this one took its place.
  [[nodiscard]] Expected<> check_apart(const formats::SnapshotView& view) const {
    std::filesystem::path source = choice_.path;
    if (std::filesystem::is_directory(source)) {
      const auto store = formats::SnapshotStore::open(source);
      if (!store) return std::unexpected(store.error());
      source = store->file(view.report.slice);
    }
    std::error_code not_there;
    if (!std::filesystem::equivalent(source, out_, not_there)) return {};
    return fail(ErrorCode::invalid_argument, "--out: ", std::string_view(out_),
                " would take the place of the snapshot that it is made of");
  }

  void print_text(const Outcome& outcome) const {
    std::cout << out_ << ": " << byte_count(outcome.bytes) << ", "
              << fixed(100 * static_cast<double>(outcome.bytes) / static_cast<double>(outcome.exact_bytes), 1)
              << " % of " << byte_count(outcome.exact_bytes) << " as float32, which also holds the anchors\n\n";
    TextTable table({{"table", TextTable::Align::left},
                     {"rows"},
                     {"mean cosine"},
                     {"least cosine"},
                     {"ten nearest neighbours that stay, %"}});
    for (const auto& [name, error] : {std::pair("items", outcome.items), std::pair("contexts", outcome.contexts)})
      table.add({name, grouped(static_cast<double>(error.rows)), fixed(error.mean_cosine, 6),
                 fixed(error.least_cosine, 6), fixed(100 * error.overlap_at_10, 2)});
    table.print(std::cout);
  }

  void print_json(const Outcome& outcome) const {
    stream::JsonWriter json(std::cout);
    json.begin_object()
        .member("encoding", encoding_)
        .member("bytes", outcome.bytes)
        .member("float32_bytes", outcome.exact_bytes);
    for (const auto& [name, error] : {std::pair("items", outcome.items), std::pair("contexts", outcome.contexts)})
      json.key(name)
          .begin_object()
          .member("rows", error.rows)
          .member("mean_cosine", error.mean_cosine)
          .member("least_cosine", error.least_cosine)
          .member("asked", error.asked)
          .member("overlap_at_10", error.overlap_at_10)
          .end_object();
    json.end_object();
  }

  SnapshotChoice choice_;
  std::string encoding_ = "bfloat16", out_;
};

}  // namespace

void add_snapshot_compact(CLI::App& snapshot, Commands& commands) {
  commands.push_back(std::make_unique<CompactCommand>(snapshot));
}

}  // namespace gaugeline::cli
