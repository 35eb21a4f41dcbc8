// The questions of query.hpp over HTTP.
#include <gaugeline/stream/answers_json.hpp>
#include <gaugeline/stream/query.hpp>

#include "http_answers.hpp"
#include "http_parameters.hpp"
#include "http_problem.hpp"

namespace gaugeline::stream {
namespace {

template <class Question, class Answer>
HttpResponse respond(const formats::SnapshotStore& store, const Question& question,
                     Expected<Answer> (*ask)(const formats::SnapshotStore&, const Question&)) {
  const auto answer = ask(store, question);
  if (!answer) return problem_of_question(answer.error());
  return json_response(to_json(question, *answer));
}

template <class Question, class Answer>
HttpAnswer answer_question(HttpHost& host, HttpRequest& request,
                           Expected<Answer> (*ask)(const formats::SnapshotStore&, const Question&)) {
  Question question;
  ParameterReader parameters(request.parameters);
  describe(question, parameters);
  if (const auto read = parameters.finish(); !read) co_return problem_of_question(read.error());
  const auto& store = host.snapshots();
  co_return co_await in_query_thread<HttpResponse>(host, [&] { return respond(store, question, ask); });
}

}  // namespace

HttpAnswer answer_neighbors(HttpHost& host, HttpRequest& request) {
  return answer_question(host, request, find_neighbors);
}
HttpAnswer answer_trajectory(HttpHost& host, HttpRequest& request) {
  return answer_question(host, request, follow_trajectory);
}
HttpAnswer answer_drift(HttpHost& host, HttpRequest& request) {
  const bool of_token = ParameterReader(request.parameters).has("token");
  return of_token ? answer_question(host, request, follow_drift) : answer_question(host, request, find_drift);
}
HttpAnswer answer_translate(HttpHost& host, HttpRequest& request) { return answer_question(host, request, translate); }
HttpAnswer answer_similarity(HttpHost& host, HttpRequest& request) {
  return answer_question(host, request, measure_similarity);
}
HttpAnswer answer_score(HttpHost& host, HttpRequest& request) { return answer_question(host, request, score_contexts); }

}  // namespace gaugeline::stream
