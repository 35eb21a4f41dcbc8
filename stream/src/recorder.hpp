// Takes messages, makes them durable, and turns them into slices for the learner: journal, then event time, then
// answer.
//
//   messages --> journal --sync--> windows of event time --> slices --> learner --> snapshot, then checkpoint
//                             \--> answers to the senders
//
// One after another, without clock, socket or thread: the same records in the same order give the same slices. A
// checkpoint goes with the last slice that a message gives, and is written once that slice is in a snapshot; what lies
// behind it in the journal is applied again at the next start. So the state on disk is always that of all messages up
// to some record, and whatever was acknowledged is in it or behind it in the journal.
//
// Thread-safety: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <gaugeline/error.hpp>
#include <gaugeline/formats/file_system.hpp>
#include <gaugeline/formats/journal.hpp>
#include <gaugeline/formats/slice_codec.hpp>
#include <gaugeline/stream/durability.hpp>
#include <gaugeline/stream/intake.hpp>
#include <gaugeline/stream/messages.hpp>

#include "checkpoint.hpp"
#include "event_lines.hpp"
#include "journal_message.hpp"
#include "late_file.hpp"

namespace gaugeline::stream {

// Among the sources of a run, these number the slices that events make, and the messages that came without a number.
// No sender may have a name that begins as they do.
inline constexpr std::string_view reserved_prefix = "gaugeline:";
inline constexpr std::string_view events_source = "gaugeline:events";
inline constexpr std::string_view unnumbered_source = "gaugeline:unnumbered";

// In the data directory.
inline constexpr std::string_view journal_folder = "journal";

// Messages of more sources than this are refused: how far each has come is remembered for good.
inline constexpr std::size_t max_recorded_sources = 65536;

// The body of a message of up to so many bytes is checked sooner than it is given to another thread and back.
inline constexpr std::size_t small_message = 4096;

// A slice as it came. decode_slice has taken it, so that it will again.
struct ReceivedSlice {
  std::vector<std::byte> encoded;  // as the learner gets it, empty if it is in the journal
  TimeInterval interval;
  std::optional<formats::JournalPlace> place = {};  // in the journal
};
struct IdleSource {};

// What became of a message.
struct Taken {
  std::size_t slices = 0;             // for the learner, whose verdict will follow if there are any
  std::optional<EventsTaken> events;  // of events; the refused ones from before the journal included
  std::vector<RefusedLine> told;
};

struct Incoming {
  std::string source;
  std::uint64_t sequence = 0;  // 0: not numbered; else messages up to the source's last one are acknowledged again only
  std::variant<ReceivedSlice, EventLines, IdleSource, Error> content;  // Error: cannot be used; answered in its turn
  std::function<void(const Expected<Taken>&)> answer;  // for who gave it, to be told what became of it; may be empty
  Expected<Taken> taken = {};                          // what became of it, once it is recorded
};

// For the learner. A slice that was received waits in the journal, and takes no memory until it is learnt.
struct Handover {
  std::variant<std::monostate, formats::SliceData, ReceivedSlice> slice;
  std::string source;
  std::uint64_t sequence = 0;
  // The message whose last slice this is: the sender that waits for the verdict; empty if none does.
  std::string origin;
  std::uint64_t origin_sequence = 0;
  std::optional<Checkpoint>
      checkpoint;  // to be written when the slice is on disk; how many there are then is not known
};

struct RecorderOptions {
  Durability durability = Durability::message;
  IntakeOptions intake;
  formats::JournalOptions journal;
  EventLimits events;  // of lines
};

class Recorder {
 public:
  // What is known of the data directory's run from its latest snapshot.
  struct Run {
    std::string identity;
    Positions positions;
    std::uint64_t slices = 0;
    std::optional<Time> learnt_until;
  };
  // Opens the journal and reads the checkpoint; replay() must follow. Errors name the file.
  [[nodiscard]] static Expected<Recorder> open(const std::filesystem::path& data_directory, RecorderOptions options,
                                               const Run& run, formats::FileSystem& files);

  // Applies what the journal holds behind the checkpoint; `hand_over` takes the slices as they come. no_space: may be
  // called again, and goes on.
  [[nodiscard]] Expected<> replay(const std::function<Expected<>(Handover)>& hand_over);

  // Makes all messages durable in one group commit, applies them in order, and leaves in each what became of it: now
  // they may be answered. ErrorCode::no_space: the same call may be tried again. Any other error is for good.
  [[nodiscard]] Expected<> record(std::vector<Incoming>& messages);
  // Slices of what was recorded, the oldest first.
  [[nodiscard]] std::optional<Handover> next_handover();
  // A checkpoint without a slice: of all that was recorded so far. no_space: may be tried again.
  [[nodiscard]] Expected<Handover> checkpoint();

  // The checkpoint that goes on from this record is on disk: earlier segments of the journal go.
  [[nodiscard]] Expected<> forget_before(std::uint64_t record);

  [[nodiscard]] Durability durability() const noexcept { return options_.durability; }
  // What the run is called: as the first checkpoint has it, which may be older than the first snapshot.
  [[nodiscard]] const std::string& run() const noexcept { return run_; }
  [[nodiscard]] const Positions& positions() const noexcept { return positions_; }
  [[nodiscard]] const Intake& intake() const noexcept { return intake_; }
  // Why the last window that was lost could not become a slice.
  [[nodiscard]] const std::string& last_dropped() const noexcept { return last_dropped_; }
  [[nodiscard]] std::uint64_t journal_bytes() const noexcept { return journal_->bytes(); }
  // What a crash had cut short at the end of the journal.
  [[nodiscard]] std::optional<formats::TornTail> torn_tail() const { return journal_->torn_tail(); }
  // Since the last checkpoint that was made.
  [[nodiscard]] std::uint64_t bytes_since_checkpoint() const noexcept { return since_checkpoint_; }

 private:
  Recorder(std::filesystem::path data_directory, RecorderOptions options, Intake intake,
           formats::FileSystem& files) noexcept;
  [[nodiscard]] Expected<> begin(const Run& run);
  [[nodiscard]] Expected<> restore(const Checkpoint& checkpoint, const Run& run);
  [[nodiscard]] Expected<> open_late(std::optional<std::uint64_t> bytes);
  [[nodiscard]] Expected<bool> append(const Incoming& message);
  [[nodiscard]] Expected<> make_durable(const std::vector<Incoming>& messages);
  [[nodiscard]] Expected<> apply_all(std::vector<Incoming>& messages);
  [[nodiscard]] bool is_new(const Incoming& message) const;
  [[nodiscard]] Expected<Taken> apply(Incoming& message);
  [[nodiscard]] Expected<Taken> take(ReceivedSlice& slice, std::string_view source, std::uint64_t sequence);
  [[nodiscard]] Expected<Taken> take(EventLines& lines, std::string_view sender);
  [[nodiscard]] Expected<Taken> take_idle(std::string_view source);
  void drain_windows();
  template <class Slice>
  void hand_over(Slice slice, std::string_view source, std::uint64_t sequence);
  [[nodiscard]] Expected<> seal(const Incoming& message);
  [[nodiscard]] Expected<> make_state_durable();
  [[nodiscard]] Expected<Checkpoint> state() const;
  [[nodiscard]] std::uint64_t next_record() const noexcept { return applied_record_ + 1; }
  [[nodiscard]] Expected<Incoming> read(const formats::JournalRecord& record);

  std::filesystem::path data_directory_;
  RecorderOptions options_;
  formats::FileSystem* files_;
  std::optional<formats::Journal> journal_;  // from open() on
  LateFile late_;
  Intake intake_;
  std::string run_;
  Positions positions_;
  std::uint64_t applied_record_ = 0;  // the last one; in the journal all later ones wait
  // Of the batch, which a full disk may hold up: which messages are in the journal, and whether all are applied.
  std::vector<bool> appended_;
  bool applied_ = false;
  std::uint64_t since_checkpoint_ = 0;
  std::deque<Handover> handovers_;
  std::string last_dropped_;
  std::size_t unsealed_ = 0;  // handovers of the message that is being applied
  MessageEncoder encoder_;
  formats::SliceData decoded_;  // work space of replay()
};

}  // namespace gaugeline::stream
