// What was learnt: slices, and their snapshots as files.
#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>

#include <gaugeline/formats/snapshot_map.hpp>
#include <gaugeline/stream/answers_json.hpp>
#include <gaugeline/stream/json_writer.hpp>

#include "http_answers.hpp"
#include "http_parameters.hpp"
#include "http_problem.hpp"
#include "http_range.hpp"
#include "open_file.hpp"
#include "slice_json.hpp"

namespace gaugeline::stream {
namespace {

using formats::SnapshotMap;
using formats::SnapshotStore;
using formats::SnapshotSummary;
using formats::Verification;

constexpr std::size_t default_page = 1000;

std::string path_of(std::uint64_t slice) { return "/v1/snapshots/" + std::to_string(slice); }

// The slices of a page: from an index on, at most so many.
struct Page {
  std::uint64_t from = 0;
  std::size_t count = default_page;
};

Expected<Page> read_page(const HttpRequest& request) {
  Page page;
  ParameterReader parameters(request.parameters);
  parameters.index("from", page.from);
  parameters.count("k", page.count, 1);
  if (const auto read = parameters.finish(); !read) return std::unexpected(read.error());
  return page;
}

// {name: [...], "next": the index that the next page begins with, or null}. A snapshot that retention has removed in
// between is left out.
HttpResponse list(const SnapshotStore& store, const Page& page, std::string_view name,
                  void (*write)(JsonWriter&, const SnapshotSummary&)) {
  const auto slices = store.slices();
  if (!slices) return problem_of_question(slices.error());
  std::ostringstream out;
  JsonWriter json(out);
  json.begin_object().key(name).begin_array();
  auto slice = std::ranges::lower_bound(*slices, page.from);
  for (std::size_t i = 0; i < page.count && slice != slices->end(); ++i, ++slice) {
    const auto snapshot = SnapshotMap::open(store.file(*slice), Verification::summary);
    if (snapshot) {
      write(json, snapshot->summary());
    } else if (snapshot.error().code() != ErrorCode::not_found) {
      return problem_of_question(snapshot.error());
    }
  }
  json.end_array().key("next");
  slice == slices->end() ? json.null() : json.value(*slice);
  json.end_object();
  return json_response(std::move(out).str());
}

void write_snapshot(JsonWriter& json, const SnapshotSummary& summary) {
  json.begin_object()
      .member("index", summary.report.slice)
      .interval(summary.report.interval)
      .member("bytes", summary.bytes)
      .member("checksum", hexadecimal(summary.checksum))
      .member("run", summary.run)
      .member("smoothed", summary.smoothed)
      .member("path", path_of(summary.report.slice))
      .end_object();
}

HttpAnswer answer_list(HttpHost& host, HttpRequest& request, std::string_view name,
                       void (*write)(JsonWriter&, const SnapshotSummary&)) {
  const auto page = read_page(request);
  if (!page) co_return problem_of_question(page.error());
  const auto& store = host.snapshots();
  co_return co_await in_query_thread<HttpResponse>(host, [&] { return list(store, *page, name, write); });
}

// The file that was opened, with the checksum that is in it: the name may have been given to another one meanwhile.
struct OpenSnapshot {
  std::shared_ptr<const OpenFile> file;
  std::string tag;
};

Expected<OpenSnapshot> open_snapshot(const SnapshotStore& store, std::uint64_t slice) {
  const auto file = OpenFile::open(store.file(slice));
  if (!file && file.error().code() == ErrorCode::not_found)
    return fail(ErrorCode::not_found, "slice ", slice, " has no snapshot here; /v1/snapshots lists those that are");
  if (!file) return std::unexpected(file.error());
  const auto snapshot = SnapshotMap::open(store.file(slice), Verification::summary);
  if (!snapshot) return std::unexpected(snapshot.error());
  std::array<std::byte, 8> end{};
  const std::uint64_t size = (*file)->size();
  if (size < end.size()) return fail(ErrorCode::bad_data, "the snapshot of slice ", slice, " is cut off");
  if (const auto read = (*file)->read(size - end.size(), end); !read) return std::unexpected(read.error());
  std::uint64_t checksum = 0;
  for (std::size_t i = 0; i < end.size(); ++i) checksum |= std::to_integer<std::uint64_t>(end[i]) << (8 * i);
  if (checksum != snapshot->summary().checksum)
    return fail(ErrorCode::out_of_order, "the snapshot of slice ", slice, " has just changed: ask again");
  return OpenSnapshot{*file, '"' + hexadecimal(checksum) + '"'};
}

HttpResponse respond(const OpenSnapshot& snapshot, std::uint64_t slice, const HttpRequest& request) {
  HttpResponse response{.status = 200, .content_type = {}, .fields = {}, .body = {}};
  response.set("ETag", snapshot.tag);
  response.set("Accept-Ranges", "bytes");
  response.set("Content-Location", path_of(slice));
  if (none_match_names(request.field(http::field::if_none_match), snapshot.tag)) {
    response.status = 304;
    return response;
  }
  const std::uint64_t size = snapshot.file->size();
  const std::string_view condition = request.field(http::field::if_range);
  const bool ranged = request.method == http::verb::get && (condition.empty() || condition == snapshot.tag);
  const auto asked = ranged ? requested_range(request.field(http::field::range), size) : RequestedRange{};
  if (asked.kind == RangeKind::unsatisfiable) {
    auto refusal = problem(416, "the file has " + std::to_string(size) + " bytes: ask for a range within");
    refusal.set("Content-Range", "bytes */" + std::to_string(size));
    return refusal;
  }
  ByteRange range{0, size};
  if (asked.kind == RangeKind::part) {
    range = asked.range;
    response.status = 206;
    response.set("Content-Range", "bytes " + std::to_string(range.begin) + "-" + std::to_string(range.end - 1) + "/" +
                                      std::to_string(size));
  }
  response.content_type = "application/octet-stream";
  response.body = FilePart{snapshot.file, range.begin, range.end - range.begin};
  return response;
}

HttpResponse respond(const SnapshotStore& store, std::optional<std::uint64_t> slice, const HttpRequest& request) {
  if (!slice) {
    const auto slices = store.slices();
    if (!slices) return problem_of_question(slices.error());
    if (slices->empty()) return problem_of_question(Error(ErrorCode::not_found, "there is no snapshot yet"));
    slice = slices->back();
  }
  const auto snapshot = open_snapshot(store, *slice);
  if (!snapshot) return problem_of_question(snapshot.error());
  return respond(*snapshot, *slice, request);
}

HttpAnswer answer_file(HttpHost& host, HttpRequest& request, std::optional<std::uint64_t> slice) {
  if (const auto read = no_parameters(request); !read) co_return problem_of_question(read.error());
  const auto& store = host.snapshots();
  co_return co_await in_query_thread<HttpResponse>(host, [&] { return respond(store, slice, request); });
}

HttpAnswer answer_bad_slice(std::string_view place) {
  co_return problem(404, "'" + std::string(place) + "' is not the index of a slice: /v1/snapshots lists them");
}

}  // namespace

HttpAnswer answer_slices(HttpHost& host, HttpRequest& request) {
  return answer_list(host, request, "slices", write_slice);
}
HttpAnswer answer_snapshots(HttpHost& host, HttpRequest& request) {
  return answer_list(host, request, "snapshots", write_snapshot);
}
HttpAnswer answer_latest_snapshot(HttpHost& host, HttpRequest& request) {
  return answer_file(host, request, std::nullopt);
}

HttpAnswer answer_snapshot(HttpHost& host, HttpRequest& request) {
  std::uint64_t slice = 0;
  const std::string_view place = request.place;
  const auto [end, error] = std::from_chars(place.data(), place.data() + place.size(), slice);
  if (error != std::errc{} || end != place.data() + place.size()) return answer_bad_slice(place);
  return answer_file(host, request, slice);
}

// Which events a client has had is told by the field that browsers send when they connect again, or by the parameter;
// without either the next slice is the first event.
HttpAnswer answer_watch(HttpHost& host, HttpRequest& request) {
  std::uint64_t from = host.status().slices;
  ParameterReader parameters(request.parameters);
  parameters.index("from", from);
  if (const auto read = parameters.finish(); !read) co_return problem_of_question(read.error());
  if (const std::string_view last = request.field("Last-Event-ID"); !last.empty()) {
    std::uint64_t index = 0;
    const auto [end, error] = std::from_chars(last.data(), last.data() + last.size(), index);
    if (error != std::errc{} || end != last.data() + last.size() || index == UINT64_MAX)
      co_return problem(400, "Last-Event-ID is the index of a slice, a whole number");
    from = index + 1;
  }
  HttpResponse response{.status = 200, .content_type = "text/event-stream", .fields = {}, .body = SliceEvents{from}};
  response.set("Cache-Control", "no-store");
  co_return response;
}

}  // namespace gaugeline::stream
