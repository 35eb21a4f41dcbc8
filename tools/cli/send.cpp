// gaugeline send: streams slices to a daemon.
#include <chrono>
#include <functional>
#include <iostream>
#include <optional>

#include <gaugeline/formats/slices_file.hpp>
#include <gaugeline/stream/client.hpp>
#include <gaugeline/stream/json_writer.hpp>
#include <gaugeline/stream/slicer.hpp>

#include "client_flags.hpp"
#include "command.hpp"
#include "endpoint.hpp"
#include "numbered_messages.hpp"
#include "progress_bar.hpp"
#include "slice_input.hpp"

namespace gaugeline::cli {
namespace {

class SendCommand final : public Command {
 public:
  explicit SendCommand(CLI::App& parent)
      : Command(
            parent, "send", "  gaugeline send speeches.slices --server 127.0.0.1:7077",
            "Stream slices or events to a daemon; goes on after the last message that the daemon has. The daemon cuts "
            "events into slices, in event time, or send does if one of the options for that is given") {
    require(app().add_option("FILE", files_, "Files of slices or of events; - is standard input"));
    app().add_option("--server", server_, "The daemon")->type_name("HOST:PORT")->capture_default_str();
    app()
        .add_option("--source", source_, "Name of this stream of messages; without it, a digest of the file's content")
        ->type_name("NAME");
    app()
        .add_option("--reconnect", reconnect_, "Give up after so long without a connection")
        ->type_name("DURATION")
        ->capture_default_str();
    app().add_flag("--no-wait", no_wait_, "End when all is acknowledged, not only when all slices are learnt");
    app().add_flag("--end", end_,
                   "Say after each file of events that no more will come from its sources: their last windows close");
    flags_.add_to(app());
    slicing_.add_to(app());
    add_json_flag();
  }

  Expected<ExitStatus> run() override {
    if (const auto usable = prepare(); !usable) return std::unexpected(usable.error());
    const auto sent = slicing_.given() ? send_sliced() : send_as_they_are();
    if (!sent) return std::unexpected(sent.error());
    return total_.refused == 0 && total_.events.refused == 0 ? ExitStatus::done : ExitStatus::bad_data;
  }

 private:
  Expected<> prepare() {
    const auto endpoint = parse_endpoint(server_);
    if (!endpoint) return std::unexpected(endpoint.error().within("--server"));
    const auto patience = stream::parse_duration(reconnect_);
    if (!patience) return std::unexpected(patience.error().within("--reconnect"));
    client_.host = endpoint->host;
    client_.port = std::to_string(endpoint->port);
    client_.wait_until_learnt = !no_wait_;
    client_.reconnect_seconds = std::chrono::duration<double>(*patience).count();
    const auto tls = flags_.tls();
    if (!tls) return std::unexpected(tls.error());
    const auto token = flags_.token();
    if (!token) return std::unexpected(token.error());
    client_.tls = *tls;
    client_.token = *token;
    if (end_ && slicing_.given())
      return fail(ErrorCode::invalid_argument, "--end is for events, and these are sent as slices");
    if (source_.empty() && std::ranges::find(files_, "-") != files_.end()) {
      return fail(ErrorCode::invalid_argument, "standard input needs a --source, which names it to the daemon");
    }
    return {};
  }

  Expected<> send_sliced() {
    const auto input = SliceInput::open(files_, slicing_);
    if (!input) return std::unexpected(input.error());
    return send_files(input->files(), [](const InputFile&) { return true; });
  }

  Expected<> send_as_they_are() {
    std::vector<HeldFile> held;
    const auto files = hold_inputs(files_, held);
    if (!files) return std::unexpected(files.error());
    return send_files(*files, holds_slices);
  }

  Expected<> send_files(const std::vector<InputFile>& files, const std::function<bool(const InputFile&)>& of_slices) {
    if (!source_.empty() && files.size() > 1)
      return fail(ErrorCode::invalid_argument, "--source names one stream of messages: give one file");
    for (const InputFile& file : files) {
      const auto sent = of_slices(file) ? send_slices(file) : send_events(file);
      if (!sent) return std::unexpected(sent.error().within(file.name));
      total_.acknowledged += sent->acknowledged;
      total_.refused += sent->refused;
      total_.events.counted += sent->events.counted;
      total_.events.late += sent->events.late;
      total_.events.duplicates += sent->events.duplicates;
      total_.events.refused += sent->events.refused;
    }
    report();
    return {};
  }

  void report() const {
    const auto& events = total_.events;
    std::cerr << total_.acknowledged << (of_events_ ? " messages" : " slices") << " acknowledged, " << total_.refused
              << " refused\n";
    if (of_events_)
      std::cerr << events.counted << " events counted, " << events.late << " late, " << events.duplicates
                << " duplicates, " << events.refused << " refused\n";
    if (!json()) return;
    stream::JsonWriter writer(std::cout);
    writer.begin_object().member("acknowledged", total_.acknowledged).member("refused", total_.refused);
    if (of_events_)
      writer.member("events_counted", events.counted)
          .member("events_late", events.late)
          .member("events_duplicate", events.duplicates)
          .member("events_refused", events.refused);
    writer.end_object();
  }

  Expected<stream::SendProgress> send_slices(const InputFile& file) {
    const auto reader = formats::SlicesReader::open(file.path);
    if (!reader) return std::unexpected(reader.error());
    NumberedSlices slices(file.path);
    return send_file(file, reader->count(), [&](std::uint64_t sequence) { return slices.at(sequence); });
  }

  Expected<stream::SendProgress> send_events(const InputFile& file) {
    of_events_ = true;
    NumberedEvents events(file.path, end_);
    return send_file(file, std::nullopt, [&](std::uint64_t sequence) { return events.at(sequence); });
  }

  Expected<stream::SendProgress> send_file(const InputFile& file, std::optional<std::uint64_t> count,
                                           const stream::MessageSource& messages) {
    client_.source = source_;
    if (source_.empty()) {
      const auto digest = formats::content_digest(file.path);
      if (!digest) return std::unexpected(digest.error());
      client_.source = "file:" + *digest;
    }
    ProgressBar bar("sending " + file.name, count);
    return stream::send_messages(
        client_, messages,
        {.progress = [&](const stream::SendProgress& progress) { bar.show(progress.sequence); },
         .refused =
             [&](std::uint64_t sequence, std::string_view reason) {
               bar.say(file.name + ": " + (count ? "slice " : "message ") + std::to_string(sequence) +
                       " refused: " + stream::printable(reason));
             },
         .refused_events =
             [&](std::uint64_t sequence, const stream::EventsTaken& taken) {
               bar.say(file.name + ": message " + std::to_string(sequence) + ": " + std::to_string(taken.refused) +
                       " events refused, the first in its line " + std::to_string(taken.first_refused_line) + ": " +
                       stream::printable(taken.first_reason));
             },
         .talk = [&](std::string_view line) { bar.say(stream::printable(line)); }});
  }

  std::vector<std::string> files_;
  std::string server_ = "127.0.0.1:7077";
  std::string source_;
  std::string reconnect_ = "60s";
  ClientFlags flags_;
  SlicingFlags slicing_;
  bool no_wait_ = false;
  bool end_ = false;
  stream::SendProgress total_;
  bool of_events_ = false;  // messages are, even if all have come before
  stream::ClientOptions client_;
};

}  // namespace

void add_send(CLI::App& parent, Commands& commands) { commands.push_back(std::make_unique<SendCommand>(parent)); }

}  // namespace gaugeline::cli
