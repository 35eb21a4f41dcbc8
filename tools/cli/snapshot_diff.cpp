// gaugeline snapshot diff: what moved between two snapshots, in numbers and words.
#include <algorithm>
#include <iostream>

#include <gaugeline/stream/answers_json.hpp>
#include <gaugeline/stream/snapshot_difference.hpp>

#include "snapshot.hpp"
#include "text_output.hpp"

namespace gaugeline::cli {
namespace {

std::string token_list(const std::vector<stream::UsedToken>& tokens, std::size_t all) {
  std::string list;
  for (const stream::UsedToken& token : tokens)
    list.append(list.empty() ? "" : ", ").append(stream::printable(token.token));
  return all > tokens.size() ? list + ", ..." : list;
}

class DiffCommand final : public Command {
 public:
  explicit DiffCommand(CLI::App& snapshot)
      : Command(snapshot, "diff",
                "  gaugeline snapshot diff run --from 1860 --to 2010\n"
                "  gaugeline snapshot diff old.snapshot new.snapshot",
                "What moved between two snapshots") {
    require(app().add_option("FROM", from_.path, "A snapshot file, or a data directory"));
    app().add_option("TO", to_.path, "Another; without it, of the same data directory");
    app()
        .add_option("--from", from_.slice,
                    "Slice of the first; without it, the earliest if there is no TO, else the latest")
        ->type_name("SLICE");
    app().add_option("--to", to_.slice, "Slice of the second; without it, the latest")->type_name("SLICE");
    app()
        .add_option("--k", options_.count, "How many items are told by name")
        ->type_name("NUMBER")
        ->capture_default_str();
    app()
        .add_option("--min-uses", options_.min_uses, "Tell of items that are used so often in both slices")
        ->type_name("NUMBER")
        ->capture_default_str();
    add_json_flag();
  }

  Expected<ExitStatus> run() override {
    if (to_.path.empty()) {
      to_.path = from_.path;
      if (from_.slice.empty()) from_.slice = "0";
    }
    auto from = from_.load();
    if (!from) return std::unexpected(from.error());
    auto to = to_.load();
    if (!to) return std::unexpected(to.error());
    const auto difference = stream::compare_snapshots(std::move(*from), std::move(*to), options_);
    if (!difference) return std::unexpected(difference.error());
    if (json()) {
      std::cout << stream::to_json(*difference);
    } else {
      print_text(*difference);
    }
    return ExitStatus::done;
  }

 private:
  static void print_text(const stream::SnapshotDifference& difference) {
    const auto count = [](std::size_t number) { return grouped(static_cast<double>(number)); };
    const stream::SnapshotLink& link = difference.link;
    const double turned = link.distance > 0 ? 1 - std::min(1., link.distance_turned / link.distance) : 0;
    std::cout << "From " << slice_label(difference.from) << " to " << slice_label(difference.to) << ", in one frame\n\n"
              << "items     " << count(difference.kept) << " kept, " << count(difference.added) << " new, "
              << count(difference.lost) << " gone, " << count(difference.begun_anew) << " gone and begun anew\n"
              << "movement  " << fixed(100 * link.distance, 1) << " % of the vectors' length, over " << count(link.rows)
              << " rows; " << fixed(difference.overdispersion, 2) << " times the variance that they expected\n"
              << "frame     a rotation by " << fixed(link.angle, 4) << " would take away " << fixed(100 * turned, 1)
              << " % of the movement\n";
    if (!difference.added_tokens.empty())
      std::cout << "new       " << token_list(difference.added_tokens, difference.added) << '\n';
    if (!difference.lost_tokens.empty())
      std::cout << "gone      " << token_list(difference.lost_tokens, difference.lost) << '\n';
    std::cout << "\nmoved: displacement in units of its uncertainty; self: cosine between then and now\n\n";
    TextTable table({{"item", TextTable::Align::left},
                     {"moved"},
                     {"self"},
                     {"near it then", TextTable::Align::left},
                     {"near it now", TextTable::Align::left}});
    for (const stream::DriftingToken& token : difference.moved)
      table.add({stream::printable(token.token), fixed(token.movement.displacement, 1),
                 fixed(token.movement.similarity, 2), cli::token_list(token.neighbors_from),
                 cli::token_list(token.neighbors_to)});
    table.print(std::cout);
  }

  SnapshotChoice from_, to_;
  stream::DifferenceOptions options_;
};

}  // namespace

void add_snapshot_diff(CLI::App& snapshot, Commands& commands) {
  commands.push_back(std::make_unique<DiffCommand>(snapshot));
}

}  // namespace gaugeline::cli
