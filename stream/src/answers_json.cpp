#include <gaugeline/stream/answers_json.hpp>

#include <array>
#include <charconv>
#include <sstream>

#include <gaugeline/stream/json_writer.hpp>

#include "evidence_names.hpp"

namespace gaugeline::stream {
namespace {

// The text that `write` gives to a writer.
template <class Write>
std::string document(const Write& write) {
  std::ostringstream out;
  JsonWriter json(out);
  json.begin_object();
  write(json);
  json.end_object();
  return std::move(out).str();
}

void write_tokens(JsonWriter& json, std::string_view name, const std::vector<ScoredToken>& tokens) {
  json.key(name).begin_array();
  for (const ScoredToken& token : tokens) {
    json.begin_object()
        .member("token", token.token)
        .member("similarity", token.similarity)
        .member("uses", token.uses)
        .end_object();
  }
  json.end_array();
}

void write_movement(JsonWriter& json, const Movement& movement) {
  json.member("displacement", movement.displacement)
      .member("distance", movement.distance)
      .member("self_similarity", movement.similarity);
}

// Null where there is none.
template <class Number>
void write_number(JsonWriter& json, std::string_view name, const std::optional<Number>& number) {
  json.key(name);
  number ? json.value(*number) : json.null();
}

void write_change(JsonWriter& json, const NeighborChange& change) {
  for (const auto& [name, tokens] : {std::pair("gained", &change.gained), std::pair("lost", &change.lost)}) {
    json.key(name).begin_array();
    for (const std::string& token : *tokens) json.value(token);
    json.end_array();
  }
}

void write_evidence(JsonWriter& json, Evidence evidence) {
  json.member("evidence", evidence_names[static_cast<std::size_t>(evidence)]);
}

void write_reason(JsonWriter& json, Evidence evidence, float min_uses) {
  if (evidence != Evidence::sufficient) json.member("reason", reason(evidence, min_uses));
}

void write_companions(JsonWriter& json, const std::vector<std::string>& others, const TrajectoryPoint& point) {
  if (others.empty()) return write_tokens(json, "neighbors", point.neighbors);
  json.key("similarities").begin_array();
  for (std::size_t i = 0; i < others.size(); ++i) {
    json.begin_object().member("other", others[i]);
    write_number(json, "similarity", point.similarities[i]);
    json.end_object();
  }
  json.end_array();
}

std::string shortest(float number) {
  std::array<char, 64> digits{};
  return {digits.data(),
          std::to_chars(digits.data(), digits.data() + digits.size(), number, std::chars_format::fixed).ptr};
}

void write_drifting(JsonWriter& json, std::string_view name, const std::vector<DriftingToken>& tokens) {
  json.key(name).begin_array();
  for (const DriftingToken& token : tokens) {
    json.begin_object().member("token", token.token);
    write_movement(json, token.movement);
    json.member("uses_from", token.uses_from).member("uses_to", token.uses_to);
    write_tokens(json, "neighbors_from", token.neighbors_from);
    write_tokens(json, "neighbors_to", token.neighbors_to);
    write_change(json, token.change);
    write_number(json, "p_value", token.p_value);
    write_number(json, "false_discovery_rate", token.false_discovery_rate);
    json.end_object();
  }
  json.end_array();
}

void write_used(JsonWriter& json, std::string_view name, const std::vector<UsedToken>& tokens) {
  json.key(name).begin_array();
  for (const UsedToken& token : tokens)
    json.begin_object().member("token", token.token).member("uses", token.uses).end_object();
  json.end_array();
}

}  // namespace

std::string reason(Evidence evidence, float min_uses) {
  switch (evidence) {
    case Evidence::sufficient:
      return "";
    case Evidence::few_uses:
      return "insufficient data: fewer than " + shortest(min_uses) + " uses in one of the slices";
    case Evidence::few_items:
      return "insufficient data: too few items, or items too alike, to know how far those at rest move";
    case Evidence::few_slices:
      return "insufficient data: too few slices before the later one to know how far items at rest move";
    case Evidence::smoothed:
      return "the slices are smoothed, so that they share their data; a filter's have p-values";
  }
  return "";
}

std::string to_json(const NeighborsQuestion& question, const NeighborsAnswer& answer) {
  return document([&](JsonWriter& json) {
    json.member("token", question.token).slice("slice", answer.slice).member("uses", answer.uses);
    write_tokens(json, "neighbors", answer.neighbors);
  });
}

std::string to_json(const TranslationQuestion& question, const TranslationAnswer& answer) {
  return document([&](JsonWriter& json) {
    json.member("token", question.token).slice("from", answer.from).slice("to", answer.to);
    write_tokens(json, "translate", answer.translations);
  });
}

std::string to_json(const SimilarityQuestion& question, const SimilarityAnswer& answer) {
  return document([&](JsonWriter& json) {
    json.slice("slice", answer.slice).key("similarity").begin_array();
    for (const ScoredToken& other : answer.similarities) {
      json.begin_object()
          .member("token", question.token)
          .member("other", other.token)
          .member("similarity", other.similarity)
          .member("uses", other.uses)
          .end_object();
    }
    json.end_array();
  });
}

std::string to_json(const TrajectoryQuestion& question, const std::vector<TrajectoryPoint>& points) {
  return document([&](JsonWriter& json) {
    json.member("token", question.token).key("trajectory").begin_array();
    for (const TrajectoryPoint& point : points) {
      json.begin_object()
          .slice("slice", point.slice)
          .member("uses", point.uses)
          .member("born", point.born)
          .member("distance", point.since_first.distance)
          .member("displacement", point.since_first.displacement)
          .member("self_similarity", point.since_first.similarity);
      write_companions(json, question.others, point);
      json.end_object();
    }
    json.end_array();
  });
}

std::string to_json(const DriftQuestion& question, const DriftAnswer& answer) {
  return document([&](JsonWriter& json) {
    json.slice("from", answer.from).slice("to", answer.to);
    write_evidence(json, answer.evidence);
    json.member("overdispersion", answer.overdispersion).member("compared", answer.compared);
    json.member("insufficient_data", answer.insufficient_data);
    write_reason(json, answer.evidence, question.min_uses);
    write_drifting(json, "drift", answer.tokens);
  });
}

std::string to_json(const SnapshotDifference& difference) {
  return document([&](JsonWriter& json) {
    json.slice("from", difference.from).slice("to", difference.to);
    json.member("kept", difference.kept).member("added", difference.added).member("lost", difference.lost);
    json.member("begun_anew", difference.begun_anew).member("rows", difference.link.rows);
    json.member("distance", difference.link.distance).member("distance_turned", difference.link.distance_turned);
    json.member("angle", difference.link.angle).member("overdispersion", difference.overdispersion);
    json.member("compared", difference.compared);
    write_used(json, "added_tokens", difference.added_tokens);
    write_used(json, "lost_tokens", difference.lost_tokens);
    write_drifting(json, "diff", difference.moved);
  });
}

std::string to_json(const TokenDriftQuestion& question, const std::vector<DriftStep>& steps) {
  return document([&](JsonWriter& json) {
    json.member("token", question.token).key("drift").begin_array();
    for (const DriftStep& step : steps) {
      json.begin_object().slice("from", step.from).slice("to", step.to);
      if (step.evidence == Evidence::few_uses) {
        for (const char* number : {"displacement", "distance", "self_similarity"}) json.key(number).null();
      } else {
        write_movement(json, step.movement);
      }
      json.member("uses_from", step.uses_from).member("uses_to", step.uses_to);
      write_evidence(json, step.evidence);
      write_number(json, "p_value", step.p_value);
      write_reason(json, step.evidence, question.min_uses);
      write_change(json, step.change);
      json.end_object();
    }
    json.end_array();
  });
}

std::string to_json(const ScoreQuestion& question, const ScoreAnswer& answer) {
  return document([&](JsonWriter& json) {
    json.member("item", question.item).slice("slice", answer.slice).key("score").begin_array();
    for (const ScoredContext& context : answer.contexts)
      json.begin_object().member("token", context.token).member("score", context.score).end_object();
    json.end_array();
  });
}

void write_slice_report(JsonWriter& json, const SliceReport& report) {
  json.member("index", report.slice).interval(report.interval);
  json.member("elapsed_units", report.elapsed_units)
      .member("observations", report.observations)
      .member("distinct", report.distinct)
      .member("scored", report.scored);
  // A score of nothing is no score.
  if (report.scored > 0) {
    json.member("score", report.score);
  } else {
    json.key("score").null();
  }
  if (report.baseline_score != 0) json.member("baseline_score", report.baseline_score);
  json.member("rotation_angle", report.rotation_angle)
      .member("gauge_residual", report.gauge_residual)
      .member("rows", report.item_rows)
      .member("context_rows", report.context_rows)
      .member("new_rows", report.new_item_rows)
      .member("new_context_rows", report.new_context_rows)
      .member("unadmitted_tokens", report.unadmitted_tokens)
      .member("unadmitted_observations", report.unadmitted_observations)
      .member("holonomy_angle", report.holonomy_angle);
}

}  // namespace gaugeline::stream
