// gaugeline serve: the daemon.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <span>
#include <sstream>
#include <string_view>

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <gaugeline/formats/atomic_file.hpp>
#include <gaugeline/stream/json_writer.hpp>
#include <gaugeline/stream/server.hpp>

#include "command.hpp"
#include "configuration.hpp"
#include "endpoint.hpp"
#include "learner_flags.hpp"
#include "slice_report.hpp"
#include "slicing_flags.hpp"
#include "text_output.hpp"

namespace gaugeline::cli {
namespace {

// The text of a line as a JSON string.
class JsonText final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm& /*when*/, spdlog::memory_buf_t& to) override {
    std::ostringstream quoted;
    stream::JsonWriter(quoted).begin_array().value(std::string_view(message.payload.data(), message.payload.size()));
    const std::string_view text = std::string_view(quoted.view()).substr(1);  // without the bracket
    to.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<JsonText>(); }
};

std::shared_ptr<spdlog::logger> make_logger(bool as_json, const std::string& level) {
  auto logger = std::make_shared<spdlog::logger>("gaugeline", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  auto formatter = std::make_unique<spdlog::pattern_formatter>(spdlog::pattern_time_type::utc);
  formatter->add_flag<JsonText>('*').set_pattern(
      as_json ? R"({"time": "%Y-%m-%dT%H:%M:%S.%eZ", "level": "%l", "message": %*})" : "%Y-%m-%dT%H:%M:%S.%eZ %l %v");
  logger->set_formatter(std::move(formatter));
  logger->flush_on(spdlog::level::trace);
  logger->set_level(spdlog::level::from_str(level));
  return logger;
}

const std::vector<std::string> log_levels{"debug", "info", "warning", "error"};

// In one step, so that nobody reads half a line.
Expected<> write_port_file(const std::filesystem::path& file, const stream::ServerPorts& ports) {
  std::string line = "listen " + std::to_string(ports.listen) + "\n";
  if (ports.http) line += "http " + std::to_string(*ports.http) + "\n";
  auto atomic = formats::AtomicFile::create(file);
  if (!atomic) return std::unexpected(atomic.error());
  if (const auto written = atomic->write(std::as_bytes(std::span(line))); !written) return written;
  return atomic->commit();
}

class ServeCommand final : public Command {
 public:
  explicit ServeCommand(CLI::App& parent)
      : Command(parent, "serve", "  gaugeline serve --data-dir run --listen 127.0.0.1:7077",
                "Run the daemon: take slices and events that arrive, learn slice after slice, and leave a snapshot of "
                "each") {
    require(app().add_option("--data-dir", options_.data_directory, "The data directory")->type_name("DIR"));
    app()
        .add_option("--listen", listen_, "Where to listen for framed TCP; port 0: the system picks one")
        ->type_name("ADDR:PORT")
        ->capture_default_str();
    app().add_option("--http", http_, "Where to listen for HTTP, too")->type_name("ADDR:PORT");
    app()
        .add_option("--port-file", port_file_, "Write 'listen PORT' and 'http PORT' here, one a line, when ready")
        ->type_name("FILE");
    app()
        .add_option("--queue", options_.queue_slices, "Slices that may wait for the learner")
        ->type_name("NUMBER")
        ->check(CLI::Range(1, 1 << 20))
        ->capture_default_str();
    app()
        .add_option("--max-frame-bytes", options_.max_frame_bytes, "Longest message that is accepted")
        ->type_name("NUMBER")
        ->check(CLI::Range(1024, 2147418112))
        ->capture_default_str();
    app()
        .add_option("--body-bytes", options_.body_bytes,
                    "Memory for large messages that come in at the same time; at least --max-frame-bytes")
        ->type_name("NUMBER")
        ->check(CLI::Range(std::size_t{1024}, std::size_t{1} << 40U))
        ->capture_default_str();
    app()
        .add_option("--keep-snapshots", options_.keep_snapshots, "Keep those of the last so many slices; 0: of all")
        ->type_name("NUMBER")
        ->capture_default_str();
    app()
        .add_option("--max-connections", options_.max_connections, "Of each protocol")
        ->type_name("NUMBER")
        ->check(CLI::Range(1, 65536))
        ->capture_default_str();
    app()
        .add_option("--max-event-bytes", options_.max_event_bytes, "Longest HTTP request of events that is accepted")
        ->type_name("NUMBER")
        ->check(CLI::Range(1024, 2147418112))
        ->capture_default_str();
    app().add_flag("--check-config", check_only_, "Check the options and the files that they name, and stop");
    add_security();
    add_log();
    add_durability();
    add_event_time();
    add_lag_flag(app(), options_.lag);
    learner_.add_to(app(), "of a new data directory", Likelihood::skipgram);
  }

  std::optional<std::string> default_value(const CLI::Option& option) const override {
    return learner_.default_value(option);
  }

  Expected<ExitStatus> run() override {
    const auto endpoint = parse_endpoint(listen_);
    if (!endpoint) return std::unexpected(endpoint.error().within("--listen"));
    if (!http_.empty()) {
      const auto http = parse_endpoint(http_);
      if (!http) return std::unexpected(http.error().within("--http"));
      options_.http = {.address = http->host, .port = http->port};
    }
    const auto learner = learner_.options(*learner_.model());
    if (!learner) return std::unexpected(learner.error());
    options_.listen_address = endpoint->host;
    options_.listen_port = endpoint->port;
    options_.learner = *learner;
    options_.threads = learner_.threads();
    if (const auto set = set_event_time(); !set) return std::unexpected(set.error());

    if (const auto set = set_security(); !set) return std::unexpected(set.error());
    if (check_only_) return check();

    const auto logger = make_logger(log_format_ == "json", log_level_);
    warn(*logger, *endpoint);
    const auto served = stream::serve(options_, callbacks(*logger));
    if (!served) {
      logger->error("{}", served.error().message());
      return exit_status(served.error().code());
    }
    logger->info("stopped");
    return ExitStatus::done;
  }

 private:
  void add_security() {
    constexpr const char* group = "Security";
    app()
        .add_option("--tls-certificate", tls_files_.certificate_chain,
                    "Speak TLS on both ports, with this certificate and those between it and the root (PEM)")
        ->type_name("FILE")
        ->group(group);
    app().add_option("--tls-key", tls_files_.private_key, "Its private key (PEM)")->type_name("FILE")->group(group);
    app()
        .add_option("--tls-client-ca", tls_files_.client_authorities,
                    "Ask clients for a certificate that leads to one of these (PEM)")
        ->type_name("FILE")
        ->group(group);
    app()
        .add_option("--read-tokens", token_files_.read_tokens, "Who shows one of these tokens, one a line, may read")
        ->type_name("FILE")
        ->group(group);
    app()
        .add_option("--write-tokens", token_files_.write_tokens,
                    "Who shows one of these may write and read; with either file, nobody may without a token")
        ->type_name("FILE")
        ->group(group);
    app()
        .add_option("--http-host", options_.http_hosts,
                    "A name under which HTTP is asked, besides IP addresses and localhost; may be given again, or "
                    "several separated by commas")
        ->type_name("NAME")
        ->delimiter(',')
        ->allow_extra_args(false)
        ->group(group);
  }

  void add_log() {
    constexpr const char* group = "Log";
    app()
        .add_option("--log-format", log_format_, "text, or json: an object a line")
        ->type_name("NAME")
        ->check(CLI::IsMember({"text", "json"}))
        ->capture_default_str()
        ->group(group);
    log_level_option_ = app().add_option("--log-level", log_level_, "The least that is told");
    log_level_option_->type_name("NAME")->check(CLI::IsMember(log_levels))->capture_default_str()->group(group);
  }

  Expected<> set_security() {
    if (!tls_files_.certificate_chain.empty() || !tls_files_.private_key.empty() ||
        !tls_files_.client_authorities.empty()) {
      auto tls = stream::TlsContext::for_server(tls_files_);
      if (!tls) return std::unexpected(tls.error());
      options_.tls = tls_ = *tls;
    }
    if (!token_files_.read_tokens.empty() || !token_files_.write_tokens.empty()) {
      auto access = stream::AccessList::open(token_files_);
      if (!access) return std::unexpected(access.error());
      options_.access = access_ = *access;
    }
    return {};
  }

  Expected<ExitStatus> check() const {
    if (const auto valid = stream::Server::validate(options_); !valid) return std::unexpected(valid.error());
    std::cerr << "the configuration can be used\n";
    return ExitStatus::done;
  }

  void warn(spdlog::logger& logger, const Endpoint& endpoint) const {
    const bool beyond = !is_loopback(endpoint) || (options_.http && !is_loopback({options_.http->address, 0}));
    if (beyond && !access_)
      logger.warn("listening beyond this machine without tokens: whoever reaches the port can feed the model");
    if (beyond && !tls_)
      logger.warn("listening beyond this machine without TLS: whoever is on the way can read and change");
    if (tls_) {
      for (const std::string& line : tls_->warnings()) logger.warn("{}", line);
    }
  }

  void reload(spdlog::logger& logger) const {
    const auto told = [&](const char* what, const Expected<>& reloaded) {
      if (reloaded) {
        logger.info("{} are read again", what);
      } else {
        logger.error("{} stay as they were: {}", what, reloaded.error().message());
      }
    };
    if (const auto set = reload_log_level(logger); !set)
      logger.error("the log level stays as it was: {}", set.error().message());
    if (tls_) told("certificates", tls_->reload());
    if (access_) told("tokens", access_->reload());
  }

  Expected<> reload_log_level(spdlog::logger& logger) const {
    const auto level = value_in_file_now(*this, *log_level_option_);
    if (!level) return std::unexpected(level.error());
    if (!*level) return {};
    if (std::ranges::find(log_levels, **level) == log_levels.end())
      return fail(ErrorCode::invalid_argument, configuration_file(), ": log-level = ", **level, " is none of ",
                  CLI::detail::join(log_levels, ", "));
    logger.set_level(spdlog::level::from_str(**level));
    return {};
  }

  void add_durability() {
    constexpr const char* group = "Durability";
    app()
        .add_option("--durability", durability_,
                    "What an acknowledgement promises. message: synced to disk, survives power loss; slice: survives a "
                    "crash of the daemon, and is synced when a slice ends; none: what has come since the last slice "
                    "ended is lost in a crash")
        ->type_name("NAME")
        ->check(CLI::IsMember({"message", "slice", "none"}))
        ->capture_default_str()
        ->group(group);
    app()
        .add_option("--queue-bytes", options_.queue_bytes, "Messages that may wait to be recorded")
        ->type_name("NUMBER")
        ->check(CLI::Range(std::size_t{1} << 16U, std::size_t{1} << 36U))
        ->capture_default_str()
        ->group(group);
    app()
        .add_option("--checkpoint-bytes", options_.checkpoint_bytes,
                    "Make a checkpoint after so many bytes of the journal, if no slice has ended")
        ->type_name("NUMBER")
        ->check(CLI::Range(std::uint64_t{1} << 16U, std::uint64_t{1} << 40U))
        ->capture_default_str()
        ->group(group);
    app()
        .add_option("--journal-segment-bytes", options_.journal_segment_bytes, "Size of the journal's files")
        ->type_name("NUMBER")
        ->check(CLI::Range(std::size_t{1} << 16U, std::size_t{1} << 32U))
        ->capture_default_str()
        ->group(group);
  }

  void add_event_time() {
    slicing_.add_to_daemon(app());
    constexpr const char* group = "Events to slices";
    app()
        .add_option("--late", late_,
                    "What becomes of events whose slice is over. open-slice: counted into the oldest open one; drop; "
                    "aside: written to DIR/late.ndjson")
        ->type_name("NAME")
        ->check(CLI::IsMember({"open-slice", "drop", "aside"}))
        ->capture_default_str()
        ->group(group);
    app()
        .add_option("--idle", idle_, "A source without events for so long holds no slice open; 0s: it does for ever")
        ->type_name("DURATION")
        ->capture_default_str()
        ->group(group);
    app()
        .add_option("--max-ahead", max_ahead_,
                    "An event whose time lies further ahead of the clock is refused; 0s: none is")
        ->type_name("DURATION")
        ->capture_default_str()
        ->group(group);
    app()
        .add_option("--duplicate-horizon", options_.intake.duplicate_horizon,
                    "So many ids of events are remembered, to recognise what is sent again; 0: none")
        ->type_name("NUMBER")
        ->check(CLI::Range(std::size_t{0}, std::size_t{1} << 24U))
        ->capture_default_str()
        ->group(group);
    app()
        .add_option("--max-open-bytes", options_.intake.max_open_bytes,
                    "Above this estimate of what open slices take, the oldest is closed early")
        ->type_name("NUMBER")
        ->check(CLI::Range(std::size_t{4096}, std::size_t{1} << 31U))
        ->capture_default_str()
        ->group(group);
  }

  Expected<> set_event_time() {
    auto slicing = slicing_.options(slicing_.every.value_or(stream::Period{stream::CalendarUnit::day}));
    if (!slicing) return std::unexpected(slicing.error());
    options_.intake.slicing = std::move(*slicing);
    options_.intake.late = late_ == "drop"    ? stream::LatePolicy::drop
                           : late_ == "aside" ? stream::LatePolicy::aside
                                              : stream::LatePolicy::open_slice;
    const auto idle = stream::parse_duration(idle_);
    if (!idle) return std::unexpected(idle.error().within("--idle"));
    options_.idle_seconds = std::chrono::duration<double>(*idle).count();
    const auto ahead = stream::parse_duration(max_ahead_);
    if (!ahead) return std::unexpected(ahead.error().within("--max-ahead"));
    options_.max_ahead_seconds = std::chrono::duration<double>(*ahead).count();
    options_.durability = *stream::parse_durability(durability_);
    return {};
  }

  stream::ServerCallbacks callbacks(spdlog::logger& logger) const {
    return {.ready =
                [this, &logger](const stream::ServerPorts& ports) {
                  if (!port_file_.empty()) {
                    const auto written = write_port_file(port_file_, ports);
                    if (!written) logger.error("--port-file: {}", written.error().message());
                  }
                  logger.info("ready: data in {}, listening on port {}{}", options_.data_directory.native(),
                              ports.listen, ports.http ? ", HTTP on port " + std::to_string(*ports.http) : "");
                },
            .learnt = [&logger](const SliceReport& report,
                                double seconds) { logger.info("learnt {}", slice_report_line(report, seconds)); },
            .log = [&logger](std::string_view line) { logger.info("{}", line); },
            .reload = [this, &logger] { reload(logger); }};
  }

  stream::ServerOptions options_;
  std::string listen_ = "127.0.0.1:7077";
  std::string http_;
  std::string port_file_;
  stream::TlsServerOptions tls_files_;
  stream::AccessOptions token_files_;
  std::shared_ptr<stream::TlsContext> tls_;
  std::shared_ptr<stream::AccessList> access_;
  std::string log_format_ = "text";
  std::string log_level_ = "info";
  CLI::Option* log_level_option_ = nullptr;
  bool check_only_ = false;
  std::string durability_ = "message";
  std::string late_ = "open-slice";
  std::string idle_ = "60s";
  std::string max_ahead_ = "1d";
  SlicingFlags slicing_;
  LearnerFlags learner_;
};

}  // namespace

void add_serve(CLI::App& parent, Commands& commands) { commands.push_back(std::make_unique<ServeCommand>(parent)); }

}  // namespace gaugeline::cli
