// gaugeline query trajectory: one token through the slices.
#include <iostream>

#include <gaugeline/stream/json_writer.hpp>

#include "query.hpp"
#include "text_output.hpp"

namespace gaugeline::cli {
namespace {

using Trajectory = std::vector<stream::TrajectoryPoint>;

class TrajectoryCommand final : public ServedQuestion {
 public:
  explicit TrajectoryCommand(CLI::App& query)
      : ServedQuestion(query, "trajectory", "  gaugeline query trajectory --data run --token gold --other silver,money",
                       "A token in every slice: what it stands near, and how far it has moved") {
    add_token(question_.token);
    add_others(question_.others, "Follow the similarity to this token instead of the neighbours");
    add_slice_name("--from", question_.from, "First slice");
    add_slice_name("--to", question_.to, "Last slice");
    add_count(question_.count, "Neighbours per slice");
    add_min_uses(question_.min_uses, "Leave out neighbours that are used less often in the slice");
  }

 private:
  Expected<> ask() override {
    return ask_and_print(question_, stream::follow_trajectory, [&](const Trajectory& answer) { print_text(answer); });
  }

  void print_text(const Trajectory& points) const {
    if (points.empty()) return;
    std::vector<TextTable::Column> columns{{"slice"}, {"begin", TextTable::Align::left}, {"uses"}, {"moved"}, {"self"}};
    for (const std::string& other : question_.others) columns.push_back({stream::printable(other)});
    if (question_.others.empty()) columns.push_back({"nearest", TextTable::Align::left});
    TextTable table(columns);
    for (const stream::TrajectoryPoint& point : points) {
      std::vector<std::string> cells{std::to_string(point.slice.index), time_label(point.slice.interval),
                                     grouped(point.uses), fixed(point.since_first.displacement, 1),
                                     fixed(point.since_first.similarity, 2)};
      for (std::size_t i = 0; i < question_.others.size(); ++i) {
        const bool known = i < point.similarities.size() && point.similarities[i];
        cells.push_back(known ? fixed(*point.similarities[i], 3) : "-");
      }
      if (question_.others.empty()) cells.push_back(token_list(point.neighbors));
      table.add(std::move(cells));
    }
    std::cout << "The way of " << stream::printable(question_.token) << " since " << slice_label(points.front().slice)
              << "\n"
              << "moved: displacement since then in units of its uncertainty; self: cosine with itself then\n\n";
    table.print(std::cout);
  }

  stream::TrajectoryQuestion question_;
};

}  // namespace

void add_query_trajectory(CLI::App& query, Commands& commands) {
  commands.push_back(std::make_unique<TrajectoryCommand>(query));
}

}  // namespace gaugeline::cli
