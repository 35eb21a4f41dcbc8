// The answers of the routes (http_routes.hpp), and where they work.
#pragma once

#include <functional>
#include <string>
#include <utility>

#include "http_host.hpp"
#include "http_message.hpp"

namespace gaugeline::stream {

using HttpAnswer = asio::awaitable<HttpResponse>;

// about the daemon
HttpAnswer answer_livez(HttpHost& host, HttpRequest& request);
HttpAnswer answer_readyz(HttpHost& host, HttpRequest& request);
HttpAnswer answer_metrics(HttpHost& host, HttpRequest& request);
HttpAnswer answer_openapi(HttpHost& host, HttpRequest& request);
HttpAnswer answer_status(HttpHost& host, HttpRequest& request);
// what was learnt
HttpAnswer answer_slices(HttpHost& host, HttpRequest& request);
HttpAnswer answer_watch(HttpHost& host, HttpRequest& request);
HttpAnswer answer_snapshots(HttpHost& host, HttpRequest& request);
HttpAnswer answer_latest_snapshot(HttpHost& host, HttpRequest& request);
HttpAnswer answer_snapshot(HttpHost& host, HttpRequest& request);
// questions
HttpAnswer answer_neighbors(HttpHost& host, HttpRequest& request);
HttpAnswer answer_trajectory(HttpHost& host, HttpRequest& request);
HttpAnswer answer_drift(HttpHost& host, HttpRequest& request);
HttpAnswer answer_translate(HttpHost& host, HttpRequest& request);
HttpAnswer answer_similarity(HttpHost& host, HttpRequest& request);
HttpAnswer answer_score(HttpHost& host, HttpRequest& request);
// intake
HttpAnswer take_events(HttpHost& host, HttpRequest& request);
HttpAnswer take_slice(HttpHost& host, HttpRequest& request);

// ---- where they work -----------------------------------------------------------------------------------------------
template <class Result>
asio::awaitable<Result> call(std::function<Result()> work) {
  co_return work();
}

// In one of the threads for queries; the network serves others meanwhile. It cannot be cancelled: whoever waits for it
// does so to its end, so that what it refers to lives as long.
template <class Result>
asio::awaitable<Result> in_query_thread(HttpHost& host, std::function<Result()> work) {
  co_return co_await asio::co_spawn(host.query_executor(), call<Result>(std::move(work)),
                                    asio::bind_cancellation_slot(asio::cancellation_slot(), asio::use_awaitable));
}

}  // namespace gaugeline::stream
