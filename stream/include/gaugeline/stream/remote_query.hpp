// The questions of query.hpp, asked of a daemon over HTTP (docs/openapi.json). The answer is the JSON of
// answers_json.hpp, as the daemon sends it.
//
// Blocks; one connection a question. Errors: those of query.hpp as the daemon tells them; io_error where there is no
// daemon, or none that answers in time; bad_data for an answer that is not HTTP; capacity_exceeded for one that is
// longer than max_answer_bytes. Any number of threads may ask at once.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include <gaugeline/error.hpp>
#include <gaugeline/stream/query.hpp>
#include <gaugeline/stream/tls.hpp>

namespace gaugeline::stream {

struct RemoteDaemon {
  std::string host = "127.0.0.1";  // a name or a numeric address
  std::string port;                // of HTTP
  double timeout_seconds = 60;     // for everything, from connecting to the last byte
  std::size_t max_answer_bytes = std::size_t{1} << 30U;
  std::shared_ptr<const TlsContext> tls = nullptr;  // if not null, the daemon must show a certificate for `host`
  std::string token = {};                           // shown to it, if not empty
};

[[nodiscard]] Expected<std::string> ask(const RemoteDaemon& daemon, NeighborsQuestion question);
[[nodiscard]] Expected<std::string> ask(const RemoteDaemon& daemon, TranslationQuestion question);
[[nodiscard]] Expected<std::string> ask(const RemoteDaemon& daemon, SimilarityQuestion question);
[[nodiscard]] Expected<std::string> ask(const RemoteDaemon& daemon, TrajectoryQuestion question);
[[nodiscard]] Expected<std::string> ask(const RemoteDaemon& daemon, DriftQuestion question);
[[nodiscard]] Expected<std::string> ask(const RemoteDaemon& daemon, TokenDriftQuestion question);
[[nodiscard]] Expected<std::string> ask(const RemoteDaemon& daemon, ScoreQuestion question);

}  // namespace gaugeline::stream
