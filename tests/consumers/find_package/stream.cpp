// Reads one event, with gaugeline::stream.
#include <gaugeline/stream/events.hpp>

int main() {
  const auto event = gaugeline::stream::parse_event(R"({"time": "1970-01-01T00:00:01Z", "tokens": ["a", "b"]})");
  return event && gaugeline::stream::format_time(event->time) == "1970-01-01T00:00:01Z" ? 0 : 1;
}
