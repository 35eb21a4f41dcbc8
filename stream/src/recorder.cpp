#include "recorder.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <gaugeline/formats/atomic_file.hpp>

#include "overloaded.hpp"

namespace gaugeline::stream {
namespace {

std::span<const std::byte> bytes_of(std::string_view text) { return std::as_bytes(std::span(text)); }

MessageKind kind_of(const Incoming& message) {
  return std::visit(
      Overloaded{[](const ReceivedSlice&) { return MessageKind::slice; },
                 [](const EventLines&) { return MessageKind::events; }, [](const auto&) { return MessageKind::idle; }},
      message.content);
}

std::span<const std::byte> body_of(const Incoming& message) {
  return std::visit(Overloaded{[](const ReceivedSlice& slice) { return std::span<const std::byte>(slice.encoded); },
                               [](const EventLines& lines) { return bytes_of(lines.text); },
                               [](const auto&) { return std::span<const std::byte>(); }},
                    message.content);
}

}  // namespace

Recorder::Recorder(std::filesystem::path data_directory, RecorderOptions options, Intake intake,
                   formats::FileSystem& files) noexcept
    : data_directory_(std::move(data_directory)),
      options_(std::move(options)),
      files_(&files),
      intake_(std::move(intake)) {}

Expected<Recorder> Recorder::open(const std::filesystem::path& data_directory, RecorderOptions options, const Run& run,
                                  formats::FileSystem& files) {
  const auto checkpoint = read_checkpoint(data_directory, files);
  if (!checkpoint) return std::unexpected(checkpoint.error());
  auto intake = Intake::create(options.intake);
  if (!intake) return std::unexpected(intake.error());
  Recorder recorder(data_directory, std::move(options), std::move(*intake), files);
  // Without durability, too: an earlier run may have left records that are in no checkpoint.
  auto journal = formats::Journal::open(data_directory / journal_folder, recorder.options_.journal, files);
  if (!journal) return std::unexpected(journal.error());
  recorder.journal_.emplace(std::move(*journal));
  const auto removed = formats::remove_temporary_files(data_directory, files);
  if (!removed) return std::unexpected(removed.error());
  const auto restored = *checkpoint ? recorder.restore(**checkpoint, run) : recorder.begin(run);
  if (!restored) return std::unexpected(restored.error());
  return recorder;
}

// The first checkpoint is there before the first message: so whoever finds none finds no journal either, and a replay
// never has to guess what a run stood at when it began.
Expected<> Recorder::begin(const Run& run) {
  if (journal_->next_number() != 1)
    return fail(ErrorCode::not_found, (data_directory_ / checkpoint_file).native(),
                ": is missing, but there is a journal: without it, what the journal holds cannot be told from what is "
                "learnt already");
  run_ = run.identity;
  positions_ = run.positions;
  if (run.learnt_until) {
    if (const auto closed = intake_.close_until(*run.learnt_until); !closed) return closed;
  }
  if (const auto opened = open_late(std::nullopt); !opened) return opened;
  auto now = state();
  if (!now) return std::unexpected(now.error());
  now->slices = run.slices;
  return write_checkpoint(data_directory_, encode_checkpoint(*now), *files_);
}

Expected<> Recorder::restore(const Checkpoint& checkpoint, const Run& run) {
  const std::string file = (data_directory_ / checkpoint_file).native();
  // Before its first snapshot, a run has its name from here.
  if (run.learnt_until && checkpoint.run != run.identity)
    return fail(ErrorCode::bad_data, file, ": belongs to run ", checkpoint.run, ", the snapshots to run ",
                run.identity);
  auto intake = Intake::decode(options_.intake, checkpoint.intake);
  if (!intake) return std::unexpected(intake.error().within(file));
  intake_ = std::move(*intake);
  run_ = checkpoint.run;
  positions_ = checkpoint.positions;
  if (run.slices < checkpoint.slices)
    return fail(ErrorCode::not_found, file, ": belongs to the snapshot of slice ", checkpoint.slices - 1,
                ", which is missing: there are ", run.slices, " slices");
  const std::uint64_t next = checkpoint.next_record;
  if (next < journal_->first_number() || next > journal_->next_number())
    return fail(ErrorCode::bad_data, file, ": goes on from record ", next, " of the journal, which holds ",
                journal_->first_number(), " to ", journal_->next_number() - 1);
  applied_record_ = next - 1;
  return open_late(checkpoint.late_bytes);
}

Expected<> Recorder::open_late(std::optional<std::uint64_t> bytes) {
  return late_.open(data_directory_, bytes, options_.intake.late == LatePolicy::aside, *files_);
}

Expected<> Recorder::replay(const std::function<Expected<>(Handover)>& hand_over) {
  const auto hand_over_all = [&]() -> Expected<> {
    if (handovers_.empty()) return {};
    if (const auto durable = make_state_durable(); !durable) return durable;
    while (auto handover = next_handover()) {
      if (const auto taken_over = hand_over(std::move(*handover)); !taken_over) return taken_over;
    }
    return {};
  };
  if (const auto handed = hand_over_all(); !handed) return handed;  // what a full disk has held up
  return journal_->replay(applied_record_ + 1, [&](const formats::JournalRecord& record) -> Expected<> {
    auto message = read(record);
    if (!message) return std::unexpected(message.error());
    applied_record_ = record.number;
    since_checkpoint_ += record.body.size();
    if (!is_new(*message)) return {};    // it had come twice at once
    static_cast<void>(apply(*message));  // what was refused then is refused again
    const auto sealed = seal(*message);
    return sealed ? hand_over_all() : sealed;
  });
}

Expected<Incoming> Recorder::read(const formats::JournalRecord& record) {
  auto message = decode_message(record.body);
  const auto within = [&](const Error& error) {
    return std::unexpected(error.within("journal record " + std::to_string(record.number)));
  };
  if (!message) return within(message.error());
  Incoming incoming{.source = std::move(message->source), .sequence = message->sequence, .content = {}, .answer = {}};
  switch (static_cast<MessageKind>(record.kind)) {
    case MessageKind::slice: {
      if (const auto decoded = formats::decode_slice(message->body, decoded_); !decoded) return within(decoded.error());
      incoming.content =
          ReceivedSlice{.encoded = {message->body.begin(), message->body.end()}, .interval = decoded_.interval};
      return incoming;
    }
    case MessageKind::events:
      incoming.content = read_event_lines({reinterpret_cast<const char*>(message->body.data()), message->body.size()},
                                          options_.events);
      return incoming;
    case MessageKind::idle:
      incoming.content = IdleSource{};
      return incoming;
  }
  return within(Error(ErrorCode::unsupported_version, "is of the unknown kind ", record.kind));
}

bool Recorder::is_new(const Incoming& message) const {
  if (std::holds_alternative<Error>(message.content)) return false;
  if (message.sequence == 0) return true;
  const auto position = positions_.find(message.source);
  return position == positions_.end() || message.sequence > position->second;
}

// False for one that the journal need not have.
Expected<bool> Recorder::append(const Incoming& message) {
  if (!is_new(message)) return false;
  const auto body = body_of(message);
  const auto number =
      journal_->append(std::to_underlying(kind_of(message)), encoder_.encode(message.source, message.sequence, body));
  if (!number) return std::unexpected(number.error());
  since_checkpoint_ += body.size();
  return true;
}

Expected<> Recorder::record(std::vector<Incoming>& messages) {
  if (!applied_) {
    if (const auto durable = make_durable(messages); !durable) return durable;
    if (const auto applied = apply_all(messages); !applied) return applied;
    applied_ = true;
  }
  if (!handovers_.empty()) {
    if (const auto durable = make_state_durable(); !durable) return durable;
  }
  applied_ = false;
  appended_.clear();
  return {};
}

Expected<> Recorder::make_durable(const std::vector<Incoming>& messages) {
  if (options_.durability == Durability::none) return {};
  while (appended_.size() < messages.size()) {
    const auto appended = append(messages[appended_.size()]);
    if (!appended) return std::unexpected(appended.error());
    appended_.push_back(*appended);
  }
  const bool now = options_.durability == Durability::message;
  return journal_->commit(now ? formats::JournalSync::now : formats::JournalSync::later);
}

Expected<> Recorder::apply_all(std::vector<Incoming>& messages) {
  auto place = journal_->last_committed().begin();
  for (std::size_t i = 0; i < messages.size(); ++i) {
    Incoming& message = messages[i];
    if (i < appended_.size() && appended_[i]) {
      ++applied_record_;
      if (auto* slice = std::get_if<ReceivedSlice>(&message.content)) {
        slice->place = *place;
      }
      ++place;
    }
    if (is_new(message)) {
      message.taken = apply(message);
      if (const auto sealed = seal(message); !sealed) return sealed;
    } else if (const auto* why = std::get_if<Error>(&message.content)) {
      message.taken = std::unexpected(*why);
    }
  }
  return {};
}

// What a checkpoint counts on is durable before one can be written.
Expected<> Recorder::make_state_durable() {
  if (options_.durability == Durability::slice) {
    if (const auto synced = journal_->commit(formats::JournalSync::now); !synced) return synced;
  }
  return late_.write();
}

Expected<Taken> Recorder::apply(Incoming& message) {
  const std::string source(message.sequence == 0 ? unnumbered_source : message.source);
  if (positions_.size() >= max_recorded_sources && !positions_.contains(source))
    return fail(ErrorCode::capacity_exceeded, "source ", source, " is one more than the ", max_recorded_sources,
                " whose messages are numbered here");
  auto& position = positions_.try_emplace(source, 0).first->second;
  position = message.sequence == 0 ? position + 1 : message.sequence;
  return std::visit(Overloaded{[&](ReceivedSlice& slice) {
                                 return message.sequence == 0 ? take(slice, unnumbered_source, position)
                                                              : take(slice, message.source, message.sequence);
                               },
                               [&](EventLines& lines) { return take(lines, message.source); },
                               [&](IdleSource&) { return take_idle(message.source); },
                               [](Error& why) { return Expected<Taken>(std::unexpected(why)); }},
                    message.content);
}

Expected<Taken> Recorder::take(ReceivedSlice& slice, std::string_view source, std::uint64_t sequence) {
  const TimeInterval interval = slice.interval;
  if (const auto open = intake_.open_from(); open && *open < interval.end)
    return fail(ErrorCode::out_of_order, "the slice ends at ", format_time(interval.end), ", but events from ",
                format_time(*open), " on are being counted into slices");
  if (const auto until = intake_.closed_until(); until && interval.begin < *until)
    return fail(ErrorCode::out_of_order, "the slice begins at ", format_time(interval.begin), ", before ",
                format_time(*until), ", up to which all is learnt");
  if (const auto closed = intake_.close_until(interval.end); !closed) return std::unexpected(closed.error());
  // Windows of events that end before it come first.
  drain_windows();
  if (slice.place) {
    hand_over(ReceivedSlice{.encoded = {}, .interval = interval, .place = slice.place}, source, sequence);
  } else {
    hand_over(std::move(slice), source, sequence);
  }
  return Taken{.slices = unsealed_, .events = {}, .told = {}};
}

Expected<Taken> Recorder::take(EventLines& lines, std::string_view sender) {
  Taken taken{.slices = 0, .events = EventsTaken(), .told = std::move(lines.told)};
  EventsTaken& counts = *taken.events;
  counts.refused = lines.refused;
  for (const EventLines::Line& line : lines.lines) {
    const auto fate = intake_.add(line.event, sender);
    if (!fate) {
      ++counts.refused;
      if (taken.told.size() < max_told_lines) taken.told.push_back({line.number, std::string(fate.error().message())});
      continue;
    }
    switch (*fate) {
      case Fate::counted:
        ++counts.counted;
        break;
      case Fate::late_aside:
        late_.append(std::string_view(lines.text).substr(line.begin, line.end - line.begin));
        [[fallthrough]];
      case Fate::late_counted:
      case Fate::late_dropped:
        ++counts.late;
        break;
      case Fate::duplicate:
        ++counts.duplicates;
        break;
      case Fate::watermark:
        break;
    }
    drain_windows();
  }
  if (!taken.told.empty()) {
    std::ranges::sort(taken.told, {}, &RefusedLine::line);
    counts.first_refused_line = taken.told.front().line;
    counts.first_reason = taken.told.front().reason;
  }
  counts.slices = taken.slices = unsealed_;
  return taken;
}

Expected<Taken> Recorder::take_idle(std::string_view source) {
  intake_.set_idle(source);
  drain_windows();
  return Taken{};
}

// A window that cannot become a slice (too large) is counted by the intake, and lost.
void Recorder::drain_windows() {
  while (true) {
    auto slice = intake_.next_slice();
    if (!slice) {
      last_dropped_ = slice.error().message();
      continue;
    }
    if (!*slice) return;
    const std::uint64_t sequence = ++positions_.try_emplace(std::string(events_source), 0).first->second;
    hand_over(std::move(**slice), events_source, sequence);
  }
}

template <class Slice>
void Recorder::hand_over(Slice slice, std::string_view source, std::uint64_t sequence) {
  handovers_.push_back({.slice = std::move(slice),
                        .source = std::string(source),
                        .sequence = sequence,
                        .origin = {},
                        .origin_sequence = 0,
                        .checkpoint = {}});
  ++unsealed_;
}

// After a message: its last slice takes the checkpoint along.
Expected<> Recorder::seal(const Incoming& message) {
  if (unsealed_ == 0) return {};
  unsealed_ = 0;
  auto now = state();
  if (!now) return std::unexpected(now.error());
  since_checkpoint_ = 0;
  Handover& last = handovers_.back();
  last.checkpoint = std::move(*now);
  if (message.sequence != 0) {
    last.origin = message.source;
    last.origin_sequence = message.sequence;
  }
  return {};
}

Expected<Checkpoint> Recorder::state() const {
  auto windows = intake_.encode();
  if (!windows) return std::unexpected(windows.error());
  return Checkpoint{.run = run_,
                    .slices = 0,
                    .next_record = next_record(),
                    .late_bytes = late_.bytes(),
                    .positions = positions_,
                    .intake = std::move(*windows)};
}

Expected<Handover> Recorder::checkpoint() {
  if (const auto durable = make_state_durable(); !durable) return std::unexpected(durable.error());
  auto now = state();
  if (!now) return std::unexpected(now.error());
  since_checkpoint_ = 0;
  return Handover{
      .slice = {}, .source = {}, .sequence = 0, .origin = {}, .origin_sequence = 0, .checkpoint = std::move(*now)};
}

std::optional<Handover> Recorder::next_handover() {
  if (handovers_.empty()) return std::nullopt;
  std::optional<Handover> next(std::move(handovers_.front()));
  handovers_.pop_front();
  return next;
}

Expected<> Recorder::forget_before(std::uint64_t record) { return journal_->remove_before(record); }

}  // namespace gaugeline::stream
