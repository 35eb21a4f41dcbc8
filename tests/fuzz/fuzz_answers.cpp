// Answers as JSON, from a daemon that may be anything: what is read can be written, and read again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include <gaugeline/stream/answers_json.hpp>

using namespace gaugeline;
using namespace gaugeline::stream;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

template <class Answer, class Question>
void drive(std::string_view text, const Question& question) {
  const auto answer = answer_from_json<Answer>(text);
  if (!answer) return;
  if (!answer_from_json<Answer>(to_json(question, *answer))) std::abort();
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  drive<NeighborsAnswer>(text, NeighborsQuestion{.token = "a"});
  drive<TranslationAnswer>(text, TranslationQuestion{.token = "a"});
  drive<SimilarityAnswer>(text, SimilarityQuestion{.token = "a", .others = {}});
  drive<std::vector<TrajectoryPoint>>(text, TrajectoryQuestion{.token = "a", .others = {}});
  drive<DriftAnswer>(text, DriftQuestion{});
  drive<std::vector<DriftStep>>(text, TokenDriftQuestion{.token = "a"});
  drive<ScoreAnswer>(text, ScoreQuestion{.item = "a"});
  return 0;
}
