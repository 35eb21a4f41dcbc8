#include "http_reader.hpp"

#include <doctest/doctest.h>

#include "http_range.hpp"
#include "http_target.hpp"

namespace gaugeline::stream {
namespace {

struct Read {
  std::vector<std::string> requests;  // method, path, parameters and body of each
  unsigned refused = 0;               // status
};

// What comes out if the bytes come in pieces of this size.
Read read_in_pieces(std::string_view text, std::size_t piece) {
  HttpLimits limits;
  limits.header_bytes = 300;
  HttpReader reader(limits);
  Read read;
  const auto advance = [&] {
    while (reader.has_head() && !reader.refusal()) {
      reader.accept_body(20);
      reader.receive({});
      if (!reader.complete() || reader.refusal()) return;
      std::string line(http::to_string(reader.request().method));
      line += ' ' + reader.request().path;
      for (const auto& [name, value] : reader.request().parameters)
        line.append(" ").append(name).append("=").append(value);
      read.requests.push_back(line + ' ' + reader.request().body);
      reader.next();
      reader.receive({});
    }
  };
  for (std::size_t at = 0; at < text.size() && !reader.refusal(); at += piece) {
    reader.receive(std::as_bytes(std::span(text.substr(at, piece))));
    advance();
  }
  reader.end();
  if (reader.refusal()) read.refused = reader.refusal()->status;
  return read;
}

TEST_CASE("requests are the same however their bytes are cut") {
  const std::string text =
      "\r\n\r\nGET /a?b=c%20d HTTP/1.1\r\nHost: x\r\n\r\n"
      "POST /p HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
      "POST /q HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nT: 1\r\n\r\n"
      "HEAD / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n";
  for (std::size_t piece = 1; piece <= text.size(); ++piece) {
    CAPTURE(piece);
    const auto read = read_in_pieces(text, piece);
    CHECK(read.refused == 0);
    CHECK(read.requests == std::vector<std::string>{"GET /a b=c d ", "POST /p hello", "POST /q abcdefg", "HEAD / "});
  }
}

TEST_CASE("what is too long or cut off is refused, however it is cut") {
  const std::string head = "POST /q HTTP/1.1\r\nHost: x\r\n";
  for (const std::size_t piece : {1U, 7U, 1000U}) {
    CAPTURE(piece);
    CHECK(read_in_pieces(head + "Content-Length: 21\r\n\r\n", piece).refused == 413);
    CHECK(read_in_pieces(head + "Transfer-Encoding: chunked\r\n\r\n15\r\n" + std::string(21, 'a'), piece).refused ==
          413);
    CHECK(read_in_pieces("GET /" + std::string(400, 'a'), piece).refused == 414);
    CHECK(read_in_pieces(head + "A: " + std::string(400, 'a'), piece).refused == 431);
    CHECK(read_in_pieces(head + "Transfer-Encoding: chunked\r\n\r\n1;" + std::string(1500, 'a'), piece).refused == 400);
    CHECK(read_in_pieces(head + "Content-Length: 5\r\n\r\nabc", piece).refused == 400);
    CHECK(read_in_pieces("GET", piece).refused == 400);
    CHECK(read_in_pieces("", piece).refused == 0);
  }
}

TEST_CASE("a target is decoded, and refused if it is none") {
  const auto target = parse_target("/v1/a%20b?token=%C3%A9+x&k=%2B1&flag&other=a%26b=c").value();
  CHECK(target.path == "/v1/a b");
  CHECK(target.parameters == HttpParameters{{"token", "\xC3\xA9 x"}, {"k", "+1"}, {"flag", ""}, {"other", "a&b=c"}});
  CHECK(parse_target("/?").value().parameters.empty());
  for (const char* bad :
       {"", "a", "*", "http://x/y", "/%", "/%4", "/%00", "/a?b=%c3", "/a?%0a=b", "/a b", "/\xC3\xA9"}) {
    CAPTURE(bad);
    CHECK(!parse_target(bad));
  }
  for (const std::string text : {"a b+c&d=e/f?\xC3\xA9%", "", "~-._"}) {
    CHECK(parse_target("/?q=" + percent_encoded(text)).value().parameters[0].second == text);
  }
}

TEST_CASE("a range is a part of the file, or the whole where it need not be understood") {
  const auto part = [](std::string_view field) {
    const auto range = requested_range(field, 100);
    REQUIRE(range.kind == RangeKind::part);
    return range.range;
  };
  CHECK(part("bytes=0-0") == ByteRange{0, 1});
  CHECK(part("bytes=10-19") == ByteRange{10, 20});
  CHECK(part("bytes=90-1000") == ByteRange{90, 100});
  CHECK(part("bytes=99-") == ByteRange{99, 100});
  CHECK(part("bytes=-1") == ByteRange{99, 100});
  CHECK(part("bytes=-1000") == ByteRange{0, 100});
  for (const char* whole : {"", "bytes=", "bytes=-", "bytes=2-1", "bytes=a-b", "lines=0-1", "bytes=0-1,3-4",
                            "bytes=0- 1", "bytes=99999999999999999999-"}) {
    CAPTURE(whole);
    CHECK(requested_range(whole, 100).kind == RangeKind::whole);
  }
  CHECK(requested_range("bytes=100-", 100).kind == RangeKind::unsatisfiable);
  CHECK(requested_range("bytes=-0", 100).kind == RangeKind::unsatisfiable);
  CHECK(requested_range("bytes=0-0", 0).kind == RangeKind::unsatisfiable);
  CHECK(none_match_names("*", "\"a\""));
  CHECK(none_match_names("\"b\", W/\"a\"", "\"a\""));
  CHECK(!none_match_names("\"b\"", "\"a\""));
  CHECK(!none_match_names("", "\"a\""));
}

}  // namespace
}  // namespace gaugeline::stream
