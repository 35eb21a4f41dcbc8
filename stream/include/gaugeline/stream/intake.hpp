// Event time of a system that runs: events in, slices out, each as soon as its window of event time is over.
//
//   watermark of a source   its newest event's time less the lateness, or the newest WatermarkEvent's time as it stands
//   watermark               the least over the sources that are not idle; it never falls
//   window [begin, end)     is open until the watermark reaches its end; then it is closed, for good
//   event                   late if its window is closed
//
// An Intake is a state machine without clock, file or thread: equal calls in equal order give equal slices and equal
// encode() bytes. decode(encode(x)) goes on as x would, so a state and the calls that came after it are the state after
// them: what a journal needs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/slice_codec.hpp>
#include <gaugeline/stream/events.hpp>
#include <gaugeline/stream/slicer.hpp>
#include <gaugeline/types.hpp>

namespace gaugeline::stream {

enum class LatePolicy : std::uint8_t {
  open_slice,  // into the oldest window that is open, or if none is, into the one that the watermark lies in
  drop,
  aside,  // the caller keeps it elsewhere
};

struct IntakeOptions {
  // As of a Slicer, but min_count and vocabulary hold for each slice by itself, and no lateness means none.
  SlicerOptions slicing;
  LatePolicy late = LatePolicy::open_slice;
  // How many (source, id) are remembered, to recognise an event that comes again; 0: none. At most 2^24; 80 bytes each.
  std::size_t duplicate_horizon = 100'000;
  // An estimate of what the open windows take. Above it the oldest is closed early. 4 KiB to 2 GiB.
  std::size_t max_open_bytes = std::size_t{1} << 30U;
  std::size_t max_sources = 4096;  // 1 to 65536
};

enum class Fate : std::uint8_t { counted, late_counted, late_dropped, late_aside, duplicate, watermark };

struct IntakeCounts {
  std::uint64_t events = 0;  // in windows, late ones too
  std::uint64_t late = 0;    // whatever became of them
  std::uint64_t late_dropped = 0;
  std::uint64_t late_aside = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t oversized_tokens = 0;   // words of text longer than max_token_bytes: left out
  std::uint64_t slices = 0;             // that next_slice() gave
  std::uint64_t dropped_slices = 0;     // that would have passed formats::SliceLimits
  std::uint64_t closed_early = 0;       // windows, by max_open_bytes
  std::uint64_t forgotten_sources = 0;  // by max_sources
  friend bool operator==(const IntakeCounts&, const IntakeCounts&) = default;
};

// The kind of observation (tokens, pairs or values) is decided by the first event, for ever: slices go to one learner.
// Apart from that, a slice is what Slicer makes of the events of its window.
//
// Sources. An event's source is its own, or else its sender; all without either are one source. A source that is set
// idle holds nothing back until its next event, which may then be late. If all are idle, the watermark stays. Beyond
// max_sources a newcomer takes the place of the source with the lowest watermark, of an idle one if there is one; one
// that was forgotten may come back as a newcomer.
//
// The end of a source (WatermarkEvent::end) raises its watermark to the end of the window in which its newest event can
// lie, and it holds nothing back any more: what it has sent is in windows that the others close as they go on. Where no
// other is left that is not idle, the watermark rises to the greatest of all, and so closes the windows of all that
// have ended. Said again, the end changes nothing; an event takes it back.
//
// Duplicates. An event with an id and a source, of which the same pair came within the last `duplicate_horizon` such
// events, changes nothing but a count. Pairs are remembered as 128-bit XXH3 hashes: an event is taken for another one
// by chance with a probability of duplicate_horizon / 2^128 (3e-34 as by default). XXH3 is no defence against a sender
// that seeks collisions; such a sender can do no more than have events taken for duplicates.
//
// Memory: max_open_bytes and one event, the ids and sources, and the closed windows that next_slice() has not taken.
// Thread-safety: none.
class Intake {
 public:
  // ErrorCode::invalid_argument names the option that is out of range.
  [[nodiscard]] static Expected<Intake> create(IntakeOptions options);
  Intake(Intake&&) noexcept;
  Intake& operator=(Intake&&) noexcept;
  ~Intake();

  // ErrorCode::bad_data as of Slicer::add, for an event of another kind, and for a source that is not as
  // validate_source (messages.hpp) wants it; nothing has changed then. A WatermarkEvent says that nothing earlier than
  // its time, or nothing at all, will come from its source. Amortised O(tokens + log of windows and sources).
  [[nodiscard]] Expected<Fate> add(const Event& event, std::string_view sender);
  // The source holds nothing back until its next event. One that is not known is ignored.
  void set_idle(std::string_view source);
  // A finished slice that ends there was taken from elsewhere: raises the watermark to `end`. ErrorCode::bad_data if
  // that is past event time (the year 10000), which would make every event late for ever.
  [[nodiscard]] Expected<> close_until(Time end);

  // The slices of closed windows, the oldest first; nullopt if there is none. To be called until then after each of the
  // calls above. Windows without events give no slice. ErrorCode::capacity_exceeded for one that would pass
  // formats::SliceLimits: it is dropped, and the next call goes on. Cost as of Slicer::finish.
  [[nodiscard]] Expected<std::optional<formats::SliceData>> next_slice();

  [[nodiscard]] std::optional<Time> watermark() const noexcept;     // nullopt until there was an event
  [[nodiscard]] std::optional<Time> closed_until() const noexcept;  // windows that end by then are closed, others open
  [[nodiscard]] std::size_t open_windows() const noexcept;          // with events
  [[nodiscard]] std::size_t open_bytes() const noexcept;            // estimate; at most max_open_bytes
  [[nodiscard]] std::optional<Time> open_from() const;              // where the oldest open window with events begins
  [[nodiscard]] std::size_t sources() const noexcept;
  [[nodiscard]] std::vector<std::string> active_sources() const;  // that are not idle; "" is a name too
  [[nodiscard]] const IntakeCounts& counts() const noexcept;

  // The whole state: a checksum and a FlatBuffer (stream/schema/intake.fbs), smaller than the estimate of its windows.
  // ErrorCode::capacity_exceeded above 2 GiB, which only closed windows that were not taken can bring about.
  [[nodiscard]] Expected<std::vector<std::byte>> encode() const;
  // ErrorCode::checksum_mismatch or bad_data for bytes that encode() did not write; unsupported_version;
  // invalid_argument names an option that is not as it was. O(bytes), and no more memory than in proportion.
  [[nodiscard]] static Expected<Intake> decode(IntakeOptions options, std::span<const std::byte> bytes);

 private:
  struct Impl;
  explicit Intake(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gaugeline::stream
