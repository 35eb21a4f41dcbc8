#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gaugeline/slice.hpp>
#include <gaugeline/stream/events.hpp>

namespace gaugeline::stream {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;

std::string refusal(std::string_view line, const EventLimits& limits = {}) {
  const auto event = parse_event(line, limits);
  if (event) return "taken";
  CHECK(event.error().code() == ErrorCode::bad_data);
  return std::string(event.error().message());
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

Expected<Event> event_at(std::string_view number) {
  return parse_event(R"({"text": "", "time": )" + std::string(number) + "}");
}

template <class Body>
Body body_of(std::string_view line) {
  const auto event = parse_event(line);
  REQUIRE_MESSAGE(event.has_value(), line);
  REQUIRE(std::holds_alternative<Body>(event->body));
  return std::get<Body>(event->body);
}

TEST_CASE("tokens with escapes are whole, and so are those beside them") {
  CHECK(body_of<TokensEvent>(R"({"time": 0, "tokens": ["caf\u00e9s", "plain", "\u00e9t\u00e9", "a\/b", "last"]})")
            .tokens == std::vector<std::string>{"caf\xC3\xA9s", "plain", "\xC3\xA9t\xC3\xA9", "a/b", "last"});
}

TEST_CASE("each form is read") {
  CHECK(body_of<TextEvent>(R"({"time": "1790-01-08T00:00:00Z", "text": "Fellow-Citizens"})").text == "Fellow-Citizens");
  CHECK(body_of<TokensEvent>(R"({"time": 0, "tokens": ["login", "open", "open"]})").tokens ==
        std::vector<std::string>{"login", "open", "open"});
  CHECK(body_of<BagEvent>(R"({"time": 0, "bag": ["lib/url.c", "lib/http.c"]})").tokens ==
        std::vector<std::string>{"lib/url.c", "lib/http.c"});
  const auto pair = body_of<PairEvent>(R"({"time": 0, "item": "user:17", "context": "film:42"})");
  CHECK(pair.item == "user:17");
  CHECK(pair.context == "film:42");
  const auto value = body_of<ValueEvent>(R"({"time": 0, "item": "user:17", "context": "film:42", "value": -4.5})");
  CHECK(value.item == "user:17");
  CHECK(value.context == "film:42");
  CHECK(value.value == -4.5);
  body_of<WatermarkEvent>(R"({"time": 0, "watermark": true})");
}

TEST_CASE("the end of a source needs no time, and stands alone") {
  CHECK(body_of<WatermarkEvent>(R"({"watermark": "end"})").end);
  CHECK(std::get<WatermarkEvent>(parse_event(R"({"watermark": "end", "source": "s"})").value().body).end);
  CHECK(parse_event(R"({"source": "s", "watermark": "end", "time": 7})").value().source == "s");
  CHECK_FALSE(body_of<WatermarkEvent>(R"({"time": 0, "watermark": true})").end);
  CHECK(contains(refusal(R"({"watermark": "end", "text": ""})"), "several of them"));
  CHECK(contains(refusal(R"({"time": "end", "watermark": true})"), "time"));
  CHECK(contains(refusal(R"({"source": "end", "watermark": true})"), "\"time\" is missing"));
}

TEST_CASE("a watermark is true, and stands alone") {
  CHECK(parse_event(R"({"time": 7, "watermark": true, "source": "s"})").value().source == "s");
  CHECK(contains(refusal(R"({"time": 1, "watermark": false})"), "\"watermark\" is false, not true or \"end\""));
  CHECK(contains(refusal(R"({"time": 1, "watermark": 1})"), "\"watermark\" is a number, not true or \"end\""));
  CHECK(contains(refusal(R"({"time": 1, "watermark": "true"})"), "\"watermark\" is a string, not true or \"end\""));
  CHECK(contains(refusal(R"({"time": 1, "watermark": null})"), "\"watermark\" is null, not true or \"end\""));
  CHECK(contains(refusal(R"({"watermark": true})"), "\"time\" is missing"));
  CHECK(contains(refusal(R"({"time": 1, "watermark": true, "text": ""})"), "several of them"));
}

TEST_CASE("source and id are kept, other keys are ignored whatever they hold") {
  const auto event = parse_event(
      R"({"note": {"time": [1, {"text": "x"}], "bag": null}, "source": "s", "list": [[1], "a", true], "id": "7",)"
      R"( "time": 1, "text": "t", "": 0})");
  REQUIRE(event.has_value());
  CHECK(event->source == "s");
  CHECK(event->id == "7");
  CHECK(event->time == Time{seconds{1}});
  CHECK(std::get<TextEvent>(event->body).text == "t");
}

TEST_CASE("numbers of seconds are read exactly, to the nearest microsecond") {
  const auto microseconds_of = [](std::string_view number) {
    return event_at(number).value().time.time_since_epoch().count();
  };
  CHECK(microseconds_of("1167609600") == 1167609600000000);
  CHECK(microseconds_of("1167609600.5") == 1167609600500000);
  CHECK(microseconds_of("-0.000001") == -1);
  CHECK(microseconds_of("-5679504000.25") == -5679504000250000);
  CHECK(microseconds_of("1.5e3") == 1500000000);
  CHECK(microseconds_of("15E-1") == 1500000);
  CHECK(microseconds_of("1e+2") == 100000000);
  CHECK(microseconds_of("0.0000004999999999999999999999") == 0);
  CHECK(microseconds_of("0.0000005") == 1);
  CHECK(microseconds_of("-0.0000005") == -1);
  // As a double, the nearest to this ends in .1000003814..., and neighbours are 7.6 microseconds apart.
  CHECK(microseconds_of("60000000000.100001") == 60000000000100001);
  CHECK(microseconds_of("0e99999") == 0);
  CHECK(microseconds_of("1e-99999") == 0);
}

TEST_CASE("a time outside the years 0001 to 9999 is refused") {
  for (const std::string_view number : {"253402300800", "-62135596800.000001", "1167609600000", "1e18", "-1e300",
                                        "1e999", "9223372036854775807", "18446744073709551615", "1e2147483647"}) {
    CAPTURE(number);
    CHECK(!event_at(number));
  }
  CHECK(event_at("253402300799.999999").value().time == latest_time);
  CHECK(event_at("-62135596800").value().time == earliest_time);
  CHECK(contains(refusal(R"({"time": 1167609600000, "text": ""})"), "in seconds since 1970?"));
}

TEST_CASE("an event is one JSON object") {
  CHECK(contains(refusal("[]"), "an event is a JSON object, not a list"));
  CHECK(contains(refusal("7"), "not a number"));
  CHECK(contains(refusal("\"text\""), "not a string"));
  CHECK(contains(refusal("null"), "not null"));
  for (const std::string_view line :
       {"", " ", "{", "{]", R"({"time": 1, "text": "x"}})", R"({"time": 1, "text": "x"} {})",
        R"({"time": 01, "text": ""})", R"({"time": 1, "text": "x",})", R"({'time': 1})", R"({"time": NaN, "text": ""})",
        "// {}", R"({"time": 1, "text": "x)"}) {
    CAPTURE(line);
    CHECK(refusal(line) != "taken");
  }
}

TEST_CASE("white space around the object is ordinary, a carriage return too") {
  CHECK(refusal("\t {\"time\": 1, \"text\": \"x\"} \r") == "taken");
}

TEST_CASE("a missing or ill-typed field is named") {
  CHECK(contains(refusal(R"({"text": "x"})"), "\"time\" is missing"));
  CHECK(contains(refusal(R"({"time": true, "text": "x"})"), "\"time\" is true or false"));
  CHECK(contains(refusal(R"({"time": {}, "text": "x"})"), "\"time\" is an object"));
  CHECK(contains(refusal(R"({"time": "soon", "text": "x"})"), "time \"soon\""));
  CHECK(contains(refusal(R"({"time": 1, "text": 5})"), "\"text\" is a number, not a string"));
  CHECK(contains(refusal(R"({"time": 1, "text": ["x"]})"), "\"text\" is a list"));
  CHECK(contains(refusal(R"({"time": 1, "tokens": "x"})"), "\"tokens\" is a string, not a list of strings"));
  CHECK(contains(refusal(R"({"time": 1, "bag": ["x", 5]})"), "\"bag\"[1] is a number"));
  CHECK(contains(refusal(R"({"time": 1, "bag": ["x", ["y"]]})"), "\"bag\"[1] is a list"));
  CHECK(contains(refusal(R"({"time": 1, "item": "i", "context": "c", "value": "5"})"), "\"value\" is a string"));
  CHECK(contains(refusal(R"({"time": 1, "text": "x", "id": 5})"), "\"id\" is a number"));
}

TEST_CASE("an event has exactly one form") {
  CHECK(contains(refusal(R"({"time": 1})"), "none of them"));
  CHECK(contains(refusal(R"({"time": 1, "text": "x", "bag": ["y"]})"), "several of them"));
  CHECK(contains(refusal(R"({"time": 1, "tokens": ["x"], "item": "i", "context": "c"})"), "several of them"));
  CHECK(contains(refusal(R"({"time": 1, "item": "i"})"), "\"context\" is missing"));
  CHECK(contains(refusal(R"({"time": 1, "context": "c"})"), "\"item\" is missing"));
  CHECK(contains(refusal(R"({"time": 1, "value": 2})"), "\"item\" is missing"));
  CHECK(contains(refusal(R"({"time": 1, "time": 2, "text": "x"})"), "\"time\" is given twice"));
}

TEST_CASE("tokens have 1 to 255 bytes and no control characters") {
  const auto bag_of = [](const std::string& token) { return R"({"time": 1, "bag": [")" + token + R"("]})"; };
  CHECK(contains(refusal(bag_of("")), "\"bag\"[0]: a token has 1 to 255 bytes, not 0"));
  CHECK(refusal(bag_of(std::string(255, 'x'))) == "taken");
  CHECK(contains(refusal(bag_of(std::string(256, 'x'))), "not 256"));
  CHECK(contains(refusal(bag_of("a\\nb")), "control characters"));
  CHECK(contains(refusal(bag_of("a\\u0000")), "control characters"));
  CHECK(contains(refusal(R"({"time": 1, "item": "", "context": "c"})"), "item: a token has"));
  CHECK(refusal(bag_of("two words, and \\u00fcml\\u00e4uts")) == "taken");
}

TEST_CASE("ill-formed UTF-8 is refused, in any string") {
  CHECK(refusal("{\"time\": 1, \"text\": \"\xff\"}") != "taken");
  CHECK(refusal("{\"time\": 1, \"text\": \"\xc3\"}") != "taken");
  CHECK(refusal("{\"time\": 1, \"bag\": [\"\xed\xa0\x80\"]}") != "taken");
  CHECK(refusal("{\"time\": 1, \"text\": \"x\", \"\xff\": 1}") != "taken");
  CHECK(refusal(R"({"time": 1, "text": "\ud800"})") != "taken");
}

TEST_CASE("escapes and long strings arrive whole") {
  CHECK(body_of<TextEvent>(R"({"time": 1, "\u0074ext": "a\"\\\n\u00df\ud83d\ude00"})").text ==
        "a\"\\\n\u00df\U0001F600");
  const std::string text(100000, 'x');
  CHECK(body_of<TextEvent>(R"({"time": 1, "text": ")" + text + "\\t" + text + R"("})").text == text + "\t" + text);
}

TEST_CASE("a value is one that a slice takes") {
  const auto with_value = [](const std::string& value) {
    return R"({"time": 1, "item": "i", "context": "c", "value": )" + value + "}";
  };
  CHECK(body_of<ValueEvent>(with_value("0.1")).value == 0.1);
  CHECK(body_of<ValueEvent>(with_value("-1e12")).value == -1e12);
  CHECK(refusal(with_value("1.00001e12")) == "\"value\": 1.00001e+12 is not a number of magnitude <= 1e+12");
  CHECK(contains(refusal(with_value("-1e999")), "out of the range of double"));
  CHECK(refusal(with_value("NaN")) != "taken");
  CHECK(refusal(with_value("Infinity")) != "taken");
}

TEST_CASE("limits hold: bytes of a line, tokens of a sequence, tokens of a bag") {
  const EventLimits limits{.line_bytes = 60, .tokens = 3, .bag = 2};
  CHECK(refusal(R"({"time": 1, "tokens": ["a", "b", "c"]})", limits) == "taken");
  CHECK(contains(refusal(R"({"time": 1, "tokens": ["a", "b", "c", "d"]})", limits), "\"tokens\" has more than 3"));
  CHECK(refusal(R"({"time": 1, "bag": ["a", "b"]})", limits) == "taken");
  CHECK(contains(refusal(R"({"time": 1, "bag": ["a", "b", "c"]})", limits), "\"bag\" has more than 2"));
  CHECK(contains(refusal(R"({"time": 1, "text": ")" + std::string(60, 'x') + "\"}", limits), "the limit is 60"));
}

TEST_CASE("deep nesting is refused, not followed") {
  const std::string deep(100000, '[');
  CHECK(refusal(R"({"time": 1, "text": "x", "other": )" + deep) != "taken");
}

TEST_CASE("lists without tokens, and of one, are ordinary") {
  CHECK(body_of<TokensEvent>(R"({"time": 1, "tokens": []})").tokens.empty());
  CHECK(body_of<BagEvent>(R"({"time": 1, "bag": ["alone"]})").tokens.size() == 1);
}

}  // namespace
}  // namespace gaugeline::stream
