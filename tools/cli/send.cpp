// gaugeline send: streams slices to a daemon.
#include <chrono>
#include <iostream>
#include <optional>

#include <gaugeline/formats/slices_file.hpp>
#include <gaugeline/stream/client.hpp>
#include <gaugeline/stream/slicer.hpp>

#include "command.hpp"
#include "endpoint.hpp"
#include "json_writer.hpp"
#include "progress_bar.hpp"
#include "slice_input.hpp"

namespace gaugeline::cli {
namespace {

// The slices of a file by their number, from 1. Going back reads the file again from its start.
class NumberedSlices {
 public:
  explicit NumberedSlices(std::filesystem::path path) : path_(std::move(path)) {}

  Expected<std::optional<std::vector<std::byte>>> at(std::uint64_t sequence) {
    if (!reader_ || sequence < next_) {
      auto opened = formats::SlicesReader::open(path_);
      if (!opened) return std::unexpected(opened.error());
      reader_.emplace(std::move(*opened));
      next_ = 1;
    }
    while (true) {
      auto slice = reader_->next_encoded();
      if (!slice || !*slice || next_++ == sequence) return slice;
    }
  }

 private:
  std::filesystem::path path_;
  std::optional<formats::SlicesReader> reader_;
  std::uint64_t next_ = 1;
};

class SendCommand final : public Command {
 public:
  explicit SendCommand(CLI::App& parent)
      : Command(parent, "send", "  gaugeline send speeches.slices --server 127.0.0.1:7077",
                "Stream slices or events to a daemon; goes on after the last slice that the daemon has") {
    require(app().add_option("FILE", files_, "Files of slices or of events; - is standard input"));
    app().add_option("--server", server_, "The daemon")->type_name("HOST:PORT")->capture_default_str();
    app()
        .add_option("--source", source_, "Name of this stream of slices; without it, a digest of the file's content")
        ->type_name("NAME");
    app()
        .add_option("--reconnect", reconnect_, "Give up after so long without a connection")
        ->type_name("DURATION")
        ->capture_default_str();
    slicing_.add_to(app());
    add_json_flag();
  }

  Expected<ExitStatus> run() override {
    if (const auto usable = check_usage(); !usable) return std::unexpected(usable.error());
    const auto input = SliceInput::open(files_, slicing_);
    if (!input) return std::unexpected(input.error());
    if (!source_.empty() && input->files().size() > 1) {
      return fail(ErrorCode::invalid_argument, "--source names one stream of slices: give one file of slices");
    }
    stream::SendProgress total;
    for (const InputFile& file : input->files()) {
      const auto sent = send_file(file);
      if (!sent) return std::unexpected(sent.error().within(file.name));
      total.acknowledged += sent->acknowledged;
      total.refused += sent->refused;
    }
    std::cerr << total.acknowledged << " slices acknowledged, " << total.refused << " refused\n";
    if (json()) {
      JsonWriter(std::cout)
          .begin_object()
          .member("acknowledged", total.acknowledged)
          .member("refused", total.refused)
          .end_object();
    }
    return total.refused == 0 ? ExitStatus::done : ExitStatus::bad_data;
  }

 private:
  Expected<> check_usage() {
    const auto endpoint = parse_endpoint(server_);
    if (!endpoint) return std::unexpected(endpoint.error().within("--server"));
    const auto patience = stream::parse_duration(reconnect_);
    if (!patience) return std::unexpected(patience.error().within("--reconnect"));
    client_.host = endpoint->host;
    client_.port = std::to_string(endpoint->port);
    client_.reconnect_seconds = std::chrono::duration<double>(*patience).count();
    if (source_.empty() && std::ranges::find(files_, "-") != files_.end()) {
      return fail(ErrorCode::invalid_argument, "standard input needs a --source, which names it to the daemon");
    }
    return {};
  }

  Expected<stream::SendProgress> send_file(const InputFile& file) {
    const auto reader = formats::SlicesReader::open(file.path);
    if (!reader) return std::unexpected(reader.error());
    client_.source = source_;
    if (source_.empty()) {
      const auto digest = formats::content_digest(file.path);
      if (!digest) return std::unexpected(digest.error());
      client_.source = "file:" + *digest;
    }
    ProgressBar bar("sending " + file.name, reader->count());
    NumberedSlices slices(file.path);
    return stream::send_slices(
        client_, [&](std::uint64_t sequence) { return slices.at(sequence); },
        {.progress = [&](const stream::SendProgress& progress) { bar.show(progress.sequence); },
         .refused =
             [&](std::uint64_t sequence, std::string_view reason) {
               bar.say(file.name + ": slice " + std::to_string(sequence) + " refused: " + printable(reason));
             },
         .talk = [&](std::string_view line) { bar.say(printable(line)); }});
  }

  std::vector<std::string> files_;
  std::string server_ = "127.0.0.1:7077";
  std::string source_;
  std::string reconnect_ = "60s";
  SlicingFlags slicing_;
  stream::ClientOptions client_;
};

}  // namespace

void add_send(CLI::App& parent, Commands& commands) { commands.push_back(std::make_unique<SendCommand>(parent)); }

}  // namespace gaugeline::cli
