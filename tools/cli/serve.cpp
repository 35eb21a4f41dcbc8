// gaugeline serve: the daemon.
#include <filesystem>
#include <span>

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <gaugeline/formats/atomic_file.hpp>
#include <gaugeline/stream/server.hpp>

#include "command.hpp"
#include "endpoint.hpp"
#include "learner_flags.hpp"
#include "slice_report.hpp"
#include "text_output.hpp"

namespace gaugeline::cli {
namespace {

std::shared_ptr<spdlog::logger> make_logger() {
  auto logger = std::make_shared<spdlog::logger>("gaugeline", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
  logger->flush_on(spdlog::level::trace);
  return logger;
}

// In one step, so that nobody reads half a line.
Expected<> write_port_file(const std::filesystem::path& file, std::uint16_t port) {
  const std::string line = "listen " + std::to_string(port) + "\n";
  auto atomic = formats::AtomicFile::create(file);
  if (!atomic) return std::unexpected(atomic.error());
  if (const auto written = atomic->write(std::as_bytes(std::span(line))); !written) return written;
  return atomic->commit();
}

class ServeCommand final : public Command {
 public:
  explicit ServeCommand(CLI::App& parent)
      : Command(parent, "serve", "  gaugeline serve --data-dir run --listen 127.0.0.1:7077",
                "Run the daemon: learn slices that arrive over TCP, and leave a snapshot per slice") {
    require(app().add_option("--data-dir", options_.data_directory, "The data directory")->type_name("DIR"));
    app()
        .add_option("--listen", listen_, "Where to listen for framed TCP; port 0: the system picks one")
        ->type_name("ADDR:PORT")
        ->capture_default_str();
    app().add_option("--port-file", port_file_, "Write 'listen PORT' here when ready")->type_name("FILE");
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
    add_lag_flag(app(), options_.lag);
    learner_.add_to(app(), "of a new data directory", Likelihood::skipgram);
  }

  std::optional<std::string> default_value(const CLI::Option& option) const override {
    return learner_.default_value(option);
  }

  Expected<ExitStatus> run() override {
    const auto endpoint = parse_endpoint(listen_);
    if (!endpoint) return std::unexpected(endpoint.error().within("--listen"));
    const auto learner = learner_.options(*learner_.model());
    if (!learner) return std::unexpected(learner.error());
    options_.listen_address = endpoint->host;
    options_.listen_port = endpoint->port;
    options_.learner = *learner;
    options_.threads = learner_.threads();

    const auto logger = make_logger();
    if (!is_loopback(*endpoint)) {
      logger->warn("listening on {}: whoever reaches this address can feed the model; there is no password", listen_);
    }
    const auto served = stream::serve(options_, callbacks(*logger));
    if (!served) {
      logger->error("{}", served.error().message());
      return exit_status(served.error().code());
    }
    logger->info("stopped");
    return ExitStatus::done;
  }

 private:
  stream::ServerCallbacks callbacks(spdlog::logger& logger) const {
    return {.ready =
                [this, &logger](std::uint16_t port) {
                  if (!port_file_.empty()) {
                    const auto written = write_port_file(port_file_, port);
                    if (!written) logger.error("--port-file: {}", written.error().message());
                  }
                  logger.info("ready: data in {}, listening on port {}", options_.data_directory.native(), port);
                },
            .learnt = [&logger](const SliceReport& report,
                                double seconds) { logger.info("learnt {}", slice_report_line(report, seconds)); },
            .log = [&logger](std::string_view line) { logger.info("{}", line); }};
  }

  stream::ServerOptions options_;
  std::string listen_ = "127.0.0.1:7077";
  std::string port_file_;
  LearnerFlags learner_;
};

}  // namespace

void add_serve(CLI::App& parent, Commands& commands) { commands.push_back(std::make_unique<ServeCommand>(parent)); }

}  // namespace gaugeline::cli
