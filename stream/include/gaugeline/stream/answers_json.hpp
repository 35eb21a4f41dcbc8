// The answers of query.hpp as JSON, and back: what `gaugeline query --json` prints, what the HTTP server sends, and
// what its client reads. One object on one line; the list has the name of the question.
//
// answer_from_json(to_json(question, answer)) is the answer; a double may differ by one unit in the last place (that is
// how exactly Boost.JSON reads them), and tokens that are not UTF-8 come back with U+FFFD in place of the bytes that
// are not. Members that are not known are ignored.
//
// Thread-safety: the functions are pure. Cost: the length of the text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <gaugeline/error.hpp>
#include <gaugeline/learner_state.hpp>
#include <gaugeline/stream/json_writer.hpp>
#include <gaugeline/stream/query.hpp>
#include <gaugeline/stream/snapshot_difference.hpp>

namespace gaugeline::stream {

[[nodiscard]] std::string to_json(const NeighborsQuestion& question, const NeighborsAnswer& answer);
[[nodiscard]] std::string to_json(const TranslationQuestion& question, const TranslationAnswer& answer);
[[nodiscard]] std::string to_json(const SimilarityQuestion& question, const SimilarityAnswer& answer);
[[nodiscard]] std::string to_json(const TrajectoryQuestion& question, const std::vector<TrajectoryPoint>& points);
[[nodiscard]] std::string to_json(const DriftQuestion& question, const DriftAnswer& answer);
[[nodiscard]] std::string to_json(const SnapshotDifference& difference);
[[nodiscard]] std::string to_json(const TokenDriftQuestion& question, const std::vector<DriftStep>& steps);
[[nodiscard]] std::string to_json(const ScoreQuestion& question, const ScoreAnswer& answer);

// Of any of the seven answers above. ErrorCode::bad_data where the text is not JSON, or lacks something: the message
// names it.
template <class Answer>
[[nodiscard]] Expected<Answer> answer_from_json(std::string_view json);
template <>
Expected<NeighborsAnswer> answer_from_json(std::string_view json);
template <>
Expected<TranslationAnswer> answer_from_json(std::string_view json);
template <>
Expected<SimilarityAnswer> answer_from_json(std::string_view json);
template <>
Expected<std::vector<TrajectoryPoint>> answer_from_json(std::string_view json);
template <>
Expected<DriftAnswer> answer_from_json(std::string_view json);
template <>
Expected<std::vector<DriftStep>> answer_from_json(std::string_view json);
template <>
Expected<ScoreAnswer> answer_from_json(std::string_view json);

// What happened in a slice, as members of the object that is open: `train --json`, GET /v1/slices and GET /v1/watch.
void write_slice_report(JsonWriter& json, const SliceReport& report);

// Why there is no p-value, in words; empty if there is one. min_uses is that of the question.
[[nodiscard]] std::string reason(Evidence evidence, float min_uses);

}  // namespace gaugeline::stream
