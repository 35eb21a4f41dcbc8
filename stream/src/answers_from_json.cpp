#include <gaugeline/stream/answers_json.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <gaugeline/stream/events.hpp>

#include "decimal_seconds.hpp"
#include "evidence_names.hpp"

namespace gaugeline::stream {
namespace {

namespace json = boost::json;

// Reads members of objects; keeps the first thing that is wrong, and gives defaults from then on.
class Reader {
 public:
  [[nodiscard]] const std::optional<Error>& error() const noexcept { return error_; }

  std::string text(const json::object& object, std::string_view name) {
    const json::value* found = member(object, name);
    if (found == nullptr) return {};
    if (!found->is_string()) return wrong(name, "a string"), std::string();
    return std::string(std::string_view(found->get_string()));
  }
  // nullopt for null.
  std::optional<double> optional_number(const json::object& object, std::string_view name) {
    const json::value* found = member(object, name);
    if (found == nullptr || found->is_null()) return std::nullopt;
    json::error_code failed;
    const auto number = found->to_number<double>(failed);
    if (failed || !std::isfinite(number)) return wrong(name, "a number"), std::nullopt;
    return number;
  }
  // NaN for null, as which a number that is not finite is written.
  double number(const json::object& object, std::string_view name) {
    return optional_number(object, name).value_or(std::numeric_limits<double>::quiet_NaN());
  }
  float single(const json::object& object, std::string_view name) { return as_float(number(object, name)); }
  static float as_float(double number) {
    return static_cast<float>(std::clamp<double>(number, -largest_float, largest_float));
  }
  std::uint64_t integer(const json::object& object, std::string_view name) {
    const json::value* found = member(object, name);
    if (found == nullptr) return 0;
    json::error_code failed;
    const auto value = found->to_number<std::uint64_t>(failed);
    if (failed) return wrong(name, "a whole number"), std::uint64_t{0};
    return value;
  }
  bool has(const json::object& object, std::string_view name) const { return object.contains(name); }
  const json::object& object(const json::object& around, std::string_view name) {
    const json::value* found = member(around, name);
    if (found != nullptr && !found->is_object()) wrong(name, "an object");
    return found != nullptr && found->is_object() ? found->get_object() : nothing_;
  }
  // read(element) for every element of a list of objects.
  template <class Read>
  auto list(const json::object& around, std::string_view name, const Read& read) {
    std::vector<decltype(read(nothing_))> elements;
    for_each(around, name, [&](const json::value& element) {
      if (element.is_object()) return elements.push_back(read(element.get_object()));
      wrong(name, "a list of objects");
    });
    return elements;
  }
  std::vector<std::string> texts(const json::object& around, std::string_view name) {
    std::vector<std::string> elements;
    for_each(around, name, [&](const json::value& element) {
      if (element.is_string()) return elements.emplace_back(std::string_view(element.get_string())), void();
      wrong(name, "a list of strings");
    });
    return elements;
  }
  Time time(const json::object& object, std::string_view name) {
    const std::string written = text(object, name);
    if (const auto read = parse_time(written)) return *read;
    return far_time(written, name);
  }
  void wrong(std::string_view name, std::string_view kind) {
    if (!error_) error_ = Error(ErrorCode::bad_data, "the answer's \"", name, "\" is not ", kind);
  }

 private:
  static constexpr float largest_float = std::numeric_limits<float>::max();

  const json::value* member(const json::object& object, std::string_view name) {
    const json::value* found = object.if_contains(name);
    if (found == nullptr && !error_) error_ = Error(ErrorCode::bad_data, "the answer has no \"", name, "\"");
    return found;
  }
  template <class Visit>
  void for_each(const json::object& around, std::string_view name, const Visit& visit) {
    const json::value* found = member(around, name);
    if (found == nullptr) return;
    if (!found->is_array()) return wrong(name, "a list");
    for (const json::value& element : found->get_array()) visit(element);
  }
  // format_time writes what lies outside the calendar as seconds since 1970.
  Time far_time(const std::string& written, std::string_view name) {
    const auto since_1970 = parse_decimal_seconds(written);
    if (!since_1970) wrong(name, "a time");
    return Time(since_1970.value_or(std::chrono::microseconds()));
  }

  std::optional<Error> error_;
  json::object nothing_;
};

SliceStamp read_slice(Reader& in, const json::object& around, std::string_view name) {
  const json::object& slice = in.object(around, name);
  return {in.integer(slice, "index"), {in.time(slice, "begin"), in.time(slice, "end")}};
}

std::vector<ScoredToken> read_tokens(Reader& in, const json::object& around, std::string_view name,
                                     std::string_view token_name = "token") {
  return in.list(around, name, [&](const json::object& token) {
    return ScoredToken{in.text(token, token_name), in.single(token, "similarity"), in.single(token, "uses")};
  });
}

Movement read_movement(Reader& in, const json::object& around) {
  return {in.single(around, "distance"), in.number(around, "displacement"), in.single(around, "self_similarity")};
}

Evidence read_evidence(Reader& in, const json::object& around) {
  const auto found = std::ranges::find(evidence_names, in.text(around, "evidence"));
  if (found != evidence_names.end()) return static_cast<Evidence>(found - evidence_names.begin());
  in.wrong("evidence", "one that this program knows");
  return {};
}

NeighborChange read_change(Reader& in, const json::object& around) {
  return {in.texts(around, "gained"), in.texts(around, "lost")};
}

TrajectoryPoint read_point(Reader& in, const json::object& point) {
  TrajectoryPoint read;
  read.slice = read_slice(in, point, "slice");
  read.uses = in.single(point, "uses");
  read.born = in.integer(point, "born");
  read.since_first = read_movement(in, point);
  if (in.has(point, "neighbors")) {
    read.neighbors = read_tokens(in, point, "neighbors");
    return read;
  }
  read.similarities = in.list(point, "similarities", [&](const json::object& other) {
    const auto similarity = in.optional_number(other, "similarity");
    return similarity ? std::optional(Reader::as_float(*similarity)) : std::nullopt;
  });
  return read;
}

DriftStep read_step(Reader& in, const json::object& step) {
  const Evidence evidence = read_evidence(in, step);
  return {.from = read_slice(in, step, "from"),
          .to = read_slice(in, step, "to"),
          .movement = evidence == Evidence::few_uses ? Movement{} : read_movement(in, step),
          .uses_from = in.single(step, "uses_from"),
          .uses_to = in.single(step, "uses_to"),
          .evidence = evidence,
          .p_value = in.optional_number(step, "p_value"),
          .change = read_change(in, step)};
}

DriftingToken read_drifting(Reader& in, const json::object& token) {
  return {.token = in.text(token, "token"),
          .movement = read_movement(in, token),
          .uses_from = in.single(token, "uses_from"),
          .uses_to = in.single(token, "uses_to"),
          .neighbors_from = read_tokens(in, token, "neighbors_from"),
          .neighbors_to = read_tokens(in, token, "neighbors_to"),
          .change = read_change(in, token),
          .p_value = in.optional_number(token, "p_value"),
          .false_discovery_rate = in.optional_number(token, "false_discovery_rate")};
}

// What `read(reader, object)` makes of the text's one object.
template <class Read>
auto read_answer(std::string_view text, const Read& read)
    -> Expected<decltype(read(std::declval<Reader&>(), std::declval<const json::object&>()))> {
  json::error_code failed;
  const json::value document = json::parse(text, failed);
  if (failed) return fail(ErrorCode::bad_data, "the answer is not JSON: ", failed.message());
  if (!document.is_object()) return fail(ErrorCode::bad_data, "the answer is not a JSON object");
  Reader reader;
  auto answer = read(reader, document.get_object());
  if (reader.error()) return std::unexpected(*reader.error());
  return answer;
}

}  // namespace

template <>
Expected<NeighborsAnswer> answer_from_json(std::string_view text) {
  return read_answer(text, [](Reader& in, const json::object& answer) {
    return NeighborsAnswer{read_slice(in, answer, "slice"), in.single(answer, "uses"),
                           read_tokens(in, answer, "neighbors")};
  });
}

template <>
Expected<TranslationAnswer> answer_from_json(std::string_view text) {
  return read_answer(text, [](Reader& in, const json::object& answer) {
    return TranslationAnswer{read_slice(in, answer, "from"), read_slice(in, answer, "to"),
                             read_tokens(in, answer, "translate")};
  });
}

template <>
Expected<SimilarityAnswer> answer_from_json(std::string_view text) {
  return read_answer(text, [](Reader& in, const json::object& answer) {
    return SimilarityAnswer{read_slice(in, answer, "slice"), read_tokens(in, answer, "similarity", "other")};
  });
}

template <>
Expected<std::vector<TrajectoryPoint>> answer_from_json(std::string_view text) {
  return read_answer(text, [](Reader& in, const json::object& answer) {
    return in.list(answer, "trajectory", [&](const json::object& point) { return read_point(in, point); });
  });
}

template <>
Expected<DriftAnswer> answer_from_json(std::string_view text) {
  return read_answer(text, [](Reader& in, const json::object& answer) {
    return DriftAnswer{
        .from = read_slice(in, answer, "from"),
        .to = read_slice(in, answer, "to"),
        .overdispersion = in.number(answer, "overdispersion"),
        .compared = in.integer(answer, "compared"),
        .insufficient_data = in.integer(answer, "insufficient_data"),
        .evidence = read_evidence(in, answer),
        .tokens = in.list(answer, "drift", [&](const json::object& token) { return read_drifting(in, token); })};
  });
}

template <>
Expected<std::vector<DriftStep>> answer_from_json(std::string_view text) {
  return read_answer(text, [](Reader& in, const json::object& answer) {
    return in.list(answer, "drift", [&](const json::object& step) { return read_step(in, step); });
  });
}

template <>
Expected<ScoreAnswer> answer_from_json(std::string_view text) {
  return read_answer(text, [](Reader& in, const json::object& answer) {
    return ScoreAnswer{read_slice(in, answer, "slice"), in.list(answer, "score", [&](const json::object& context) {
                         return ScoredContext{in.text(context, "token"), in.number(context, "score")};
                       })};
  });
}

}  // namespace gaugeline::stream
