// What an Intake remembers, and how that becomes bytes and comes back.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include <gaugeline/error.hpp>
#include <gaugeline/stream/intake.hpp>

#include "checked_event.hpp"
#include "duplicate_filter.hpp"
#include "event_tables.hpp"
#include "slice_builder.hpp"
#include "source_watermarks.hpp"

namespace gaugeline::stream {

struct IntakeWindow {
  Time end;
  EventTables tables{};
  Bucket bucket{};
  std::size_t bytes = 0;  // estimated_bytes() as of the last addition
};

// What a window takes in memory, by what is in it and not by how it came there: a state that was restored counts the
// same. Growing vectors hold up to twice what they need.
[[nodiscard]] std::size_t estimated_bytes(const IntakeWindow& window) noexcept;

class IntakeState {
 public:
  using Windows = std::map<Time, IntakeWindow>;  // by their begin; those of the end by the watermark are closed

  InputKind kind = InputKind::undecided;
  SourceWatermarks sources;
  DuplicateFilter duplicates;
  IntakeCounts counts;

  [[nodiscard]] const std::optional<Time>& watermark() const noexcept { return watermark_; }
  [[nodiscard]] bool closed(Time end) const noexcept { return watermark_ && end <= *watermark_; }
  // Closes the windows that end by then. A lower time than before changes nothing.
  void raise_watermark(Time time);
  // To that of the sources.
  void follow_sources();

  [[nodiscard]] const Windows& windows() const noexcept { return windows_; }
  [[nodiscard]] std::size_t open_windows() const noexcept { return open_windows_; }
  [[nodiscard]] std::size_t open_bytes() const noexcept { return open_bytes_; }
  // The oldest window that is open and has events, or nullptr.
  [[nodiscard]] const Windows::value_type* oldest_open();
  // To a window that is open.
  void add(const CheckedEvent& event, TimeInterval window);
  // A window that is not there yet.
  void insert(Time begin, IntakeWindow window);
  // The oldest window, if it is closed, else NULL.
  [[nodiscard]] const Windows::value_type* oldest_closed() const noexcept;
  // Precondition: there is one.
  void drop_oldest_closed() noexcept { windows_.erase(windows_.begin()); }

 private:
  [[nodiscard]] Windows::iterator first_open();

  std::optional<Time> watermark_;
  Windows windows_;
  std::size_t open_windows_ = 0;
  std::size_t open_bytes_ = 0;
};

// As of Intake::encode and Intake::decode. The options have been checked.
[[nodiscard]] Expected<std::vector<std::byte>> encode_state(const IntakeState& state, const IntakeOptions& options);
[[nodiscard]] Expected<IntakeState> decode_state(std::span<const std::byte> bytes, const IntakeOptions& options);

}  // namespace gaugeline::stream
