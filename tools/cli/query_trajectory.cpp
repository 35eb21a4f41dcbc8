// gaugeline query trajectory: one token through the slices.
#include <iostream>

#include "json_writer.hpp"
#include "query.hpp"
#include "text_output.hpp"

namespace gaugeline::cli {
namespace {

using Trajectory = std::vector<stream::TrajectoryPoint>;

class TrajectoryCommand final : public AnsweredQuestion<Trajectory> {
 public:
  explicit TrajectoryCommand(CLI::App& query)
      : AnsweredQuestion(query, "trajectory",
                         "  gaugeline query trajectory --data run --token gold --other silver,money",
                         "A token in every slice: what it stands near, and how far it has moved") {
    add_token(question_.token);
    add_others(question_.others, "Follow the similarity to this token instead of the neighbours");
    add_slice_name("--from", question_.from, "First slice");
    add_slice_name("--to", question_.to, "Last slice");
    add_count(question_.count, "Neighbours per slice");
    add_min_uses(question_.min_uses, "Leave out neighbours that are used less often in the slice");
  }

 private:
  Expected<Trajectory> answer(const formats::SnapshotStore& store) const override {
    return stream::follow_trajectory(store, question_);
  }

  void print_json(const Trajectory& points) const override {
    JsonWriter json(std::cout);
    json.begin_object().member("token", question_.token).key("trajectory").begin_array();
    for (const stream::TrajectoryPoint& point : points) {
      json.begin_object()
          .slice("slice", point.slice)
          .member("uses", point.uses)
          .member("born", point.born)
          .member("distance", point.since_first.distance)
          .member("displacement", point.since_first.displacement)
          .member("self_similarity", point.since_first.similarity);
      write_companions(json, point);
      json.end_object();
    }
    json.end_array().end_object();
  }

  void write_companions(JsonWriter& json, const stream::TrajectoryPoint& point) const {
    if (question_.others.empty()) return write_tokens(json, "neighbors", point.neighbors);
    json.key("similarities").begin_array();
    for (std::size_t i = 0; i < question_.others.size(); ++i) {
      json.begin_object().member("other", question_.others[i]).key("similarity");
      point.similarities[i] ? json.value(*point.similarities[i]) : json.null();
      json.end_object();
    }
    json.end_array();
  }

  void print_text(const Trajectory& points) const override {
    std::vector<TextTable::Column> columns{{"slice"}, {"begin", TextTable::Align::left}, {"uses"}, {"moved"}, {"self"}};
    for (const std::string& other : question_.others) columns.push_back({printable(other)});
    if (question_.others.empty()) columns.push_back({"nearest", TextTable::Align::left});
    TextTable table(columns);
    for (const stream::TrajectoryPoint& point : points) {
      std::vector<std::string> cells{std::to_string(point.slice.index), time_label(point.slice.interval),
                                     grouped(point.uses), fixed(point.since_first.displacement, 1),
                                     fixed(point.since_first.similarity, 2)};
      for (const auto& similarity : point.similarities) cells.push_back(similarity ? fixed(*similarity, 3) : "-");
      if (question_.others.empty()) cells.push_back(token_list(point.neighbors));
      table.add(std::move(cells));
    }
    std::cout << "The way of " << printable(question_.token) << " since " << slice_label(points.front().slice) << "\n"
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
