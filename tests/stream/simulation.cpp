// Clients, network, daemon and disk in one process, on virtual time, from a seed: connections that are cut and
// overtaken, messages that come again, crashes at any operation, torn and lost writes, full disks. In the end
// everything that was ever acknowledged is in, nothing twice, and the state is bit for bit that of the plain model.
//
// GAUGELINE_SIMULATION_SEEDS is how many seeds run, from GAUGELINE_SIMULATION_FIRST on: to run a failing seed again,
//   GAUGELINE_SIMULATION_FIRST=17 GAUGELINE_SIMULATION_SEEDS=1 build/dev/tests/stream/test_stream_simulation
#include <doctest/doctest.h>

#include <cstdlib>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gaugeline/random.hpp>
#include <gaugeline/stream/client_session.hpp>
#include <gaugeline/stream/server_session.hpp>

#include "simulated_daemon.hpp"
#include "small_stream.hpp"

namespace gaugeline::stream {
namespace {

using Bytes = std::vector<std::byte>;

std::size_t below(Random& random, std::size_t bound) { return static_cast<std::size_t>(random.bits() % bound); }
bool chance(Random& random, double probability) { return random.uniform() < probability; }

// One direction of a connection: bytes on their way.
struct Pipe {
  std::deque<std::byte> bytes;
  void push(const Bytes& more) { bytes.insert(bytes.end(), more.begin(), more.end()); }
  [[nodiscard]] Bytes take(std::size_t most) {
    const auto count = static_cast<std::ptrdiff_t>(std::min(most, bytes.size()));
    Bytes piece(bytes.begin(), bytes.begin() + count);
    bytes.erase(bytes.begin(), bytes.begin() + count);
    return piece;
  }
};

struct Link;
struct Queued : SentMessage {
  std::weak_ptr<Link> from;
};

// The daemon's end may outlive the client's: bytes of an older connection come after those of a newer one.
struct Link {
  std::size_t client = 0;
  ServerSession session{{.credit = 4, .max_frame_bytes = 1U << 16U}};
  Pipe to_daemon, to_client;
  bool client_gone = false;
  bool greeted = false;
};

struct Client {
  std::string source;
  std::vector<SentMessage> messages;
  std::unique_ptr<ClientSession> session;
  std::shared_ptr<Link> link;
  std::uint64_t acknowledged = 0;  // all up to here were answered
  std::uint64_t taken = 0;         // the last of these that was not refused
  [[nodiscard]] bool done() const { return acknowledged == messages.size(); }
};

std::string event_line(Random& random, int minute, const std::string& source) {
  if (chance(random, .05)) return "not an event\n";
  std::string line = "{\"time\": " + std::to_string(60 * minute + static_cast<int>(below(random, 60)));
  if (chance(random, .3)) line += ", \"id\": \"" + std::to_string(below(random, 40)) + "\"";
  if (chance(random, .2)) line += ", \"source\": \"" + source + "-sensor\"";
  line += ", \"tokens\": [";
  for (std::size_t i = 0, count = 2 + below(random, 4); i < count; ++i)
    line += (i == 0 ? "\"w" : ", \"w") + std::to_string(below(random, 20)) + "\"";
  return line + "]}\n";
}

Client make_client(Random& random, std::size_t number, bool sends_slices) {
  Client client;
  client.source = "client" + std::to_string(number);
  const std::size_t count = 3 + below(random, 10);
  int minute = static_cast<int>(below(random, 60));
  for (std::uint64_t sequence = 1; sequence <= count; ++sequence) {
    SentMessage message{.source = client.source, .sequence = sequence, .body = {}};
    if (sends_slices && chance(random, .3)) {
      message.kind = MessageKind::slice;
      // Days are 1970's first: some slices are behind the events, and refused.
      const auto bytes = encoded_slice(static_cast<std::int64_t>(below(random, 3)));
      message.body.assign(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    } else {
      for (std::size_t i = 0, lines = 1 + below(random, 5); i < lines; ++i) {
        minute += static_cast<int>(below(random, 25));
        message.body += event_line(random, std::max(0, minute - static_cast<int>(below(random, 60))), client.source);
      }
    }
    client.messages.push_back(std::move(message));
  }
  return client;
}

class World {
 public:
  explicit World(std::uint64_t seed)
      : random_(seed),
        power_is_safe_(chance(random_, .8)),
        options_(simulated_recorder(power_is_safe_ ? Durability::message : Durability::slice)),
        disk_(seed) {
    const bool slices = chance(random_, .3);
    const std::size_t count = 1 + below(random_, 4);
    for (std::size_t i = 0; i < count; ++i) clients_.push_back(make_client(random_, i, slices));
    start_daemon();
  }

  void run() {
    for (int step = 0; step < 600; ++step) {
      if (chance(random_, .01)) disk_.stop_after(below(random_, 40));
      if (chance(random_, .01)) disk_.set_capacity(below(random_, 20'000));
      if (chance(random_, .05)) disk_.set_capacity(std::uint64_t{1} << 40U);
      if (chance(random_, .005)) crash();
      act();
    }
    disk_.set_capacity(std::uint64_t{1} << 40U);
    if (disk_.stopped()) crash();
    calm_ = true;
    for (int step = 0; !all_done(); ++step) {
      REQUIRE(step < 200'000);
      act();
    }
    check_against_model(*daemon_, history_, options_, executor_);
  }

 private:
  [[nodiscard]] bool all_done() const {
    return std::ranges::all_of(clients_, &Client::done) && queue_.empty() && !daemon_->has_handovers();
  }

  void act() {
    now_ += std::chrono::seconds{below(random_, 120)};
    Client& client = clients_[below(random_, clients_.size())];
    switch (below(random_, 9)) {
      case 0:
        if (!client.session && !client.done()) connect(client);
        break;
      case 1:
        send(client);
        break;
      case 2:
      case 3:
        if (!links_.empty()) receive(below(random_, links_.size()));
        break;
      case 4:
        answer(client);
        break;
      case 5:
        record();
        break;
      case 6:
      case 7:
        learn();
        break;
      case 8:
        if (!calm_ && client.session && chance(random_, .2)) cut(client);
        if (chance(random_, .05)) queue_.push_back({{MessageKind::idle, client.source, 0, {}}, {}});
        if (chance(random_, .05)) checkpoint();
        break;
      default:
        break;
    }
  }

  void start_daemon() {
    for (int attempt = 0; !daemon_; ++attempt) {
      REQUIRE(attempt < 1000);
      auto started = SimulatedDaemon::start(disk_, options_, executor_);
      if (started) {
        daemon_.emplace(std::move(*started));
      } else {
        // Only because the disk stopped again, or is full.
        INFO(started.error().message());
        REQUIRE((disk_.stopped() || started.error().code() == ErrorCode::no_space));
        if (!disk_.stopped()) disk_.set_capacity(std::uint64_t{1} << 40U);
        lose_power_or_process();
      }
    }
    history_.note(in_flight_, *daemon_);
    in_flight_.clear();
    for (const Client& client : clients_) CHECK(daemon_->position(client.source) >= client.taken);
  }

  void lose_power_or_process() {
    if (power_is_safe_ && chance(random_, .6)) {
      disk_.crash();
    } else {
      disk_.kill();
    }
  }

  void crash() {
    for (Client& client : clients_) {
      client.session.reset();
      client.link.reset();
    }
    links_.clear();
    queue_.clear();
    daemon_.reset();
    lose_power_or_process();
    start_daemon();
  }

  void connect(Client& client) {
    client.session = std::make_unique<ClientSession>(client.source);
    client.link = std::make_shared<Link>();
    client.link->client = static_cast<std::size_t>(&client - clients_.data());
    links_.push_back(client.link);
  }

  void send(Client& client) {
    if (!client.session) return;
    while (client.session->can_send() && client.session->next_sequence() <= client.messages.size() &&
           chance(random_, .7)) {
      const SentMessage& message = client.messages[client.session->next_sequence() - 1];
      REQUIRE(client.session->send(message.kind == MessageKind::slice ? FrameType::slice : FrameType::events,
                                   std::as_bytes(std::span(message.body))));
    }
    client.link->to_daemon.push(client.session->take_output());
  }

  // The daemon reads a piece of what a connection has sent.
  void receive(std::size_t at) {
    const auto link = links_[at];
    const Bytes piece = link->to_daemon.take(1 + below(random_, 2000));
    if (piece.empty()) {
      if (link->client_gone) links_.erase(links_.begin() + static_cast<std::ptrdiff_t>(at));
      return;
    }
    std::span<const std::byte> rest(piece);
    while (!rest.empty()) {
      auto event = link->session.receive(rest);
      REQUIRE(event);
      if (!*event) continue;
      if (const auto* greeting = std::get_if<Greeting>(&**event)) {
        link->greeted = true;
        link->session.welcome(daemon_->position(greeting->source), 0);
      } else {
        auto& message = std::get<DataMessage>(**event);
        const auto kind = message.type == FrameType::slice ? MessageKind::slice : MessageKind::events;
        std::string body(reinterpret_cast<const char*>(message.body.data()), message.body.size());
        // What lies too far ahead of the clock is refused when it comes, and nobody ever sees it again.
        if (kind == MessageKind::events) body = read_event_lines(body, {.latest = now_ + std::chrono::hours{2}}).text;
        queue_.push_back({{kind, clients_[link->client].source, message.sequence, body}, link});
      }
    }
    link->to_client.push(link->session.take_output());
  }

  // The client reads a piece of what the daemon has sent.
  void answer(Client& client) {
    if (!client.session) return;
    const Bytes piece = client.link->to_client.take(1 + below(random_, 300));
    std::span<const std::byte> rest(piece);
    while (!rest.empty()) {
      const auto event = client.session->receive(rest);
      REQUIRE(event);
      if (!*event) continue;
      if (const auto* told = std::get_if<Welcome>(&**event)) {
        client.acknowledged = std::max(client.acknowledged, told->last_sequence);
      }
      if (const auto* told = std::get_if<Acknowledged>(&**event)) {
        client.acknowledged = std::max(client.acknowledged, told->sequence);
        client.taken = std::max(client.taken, told->sequence);
      }
      if (const auto* told = std::get_if<Refused>(&**event))
        client.acknowledged = std::max(client.acknowledged, told->sequence);
    }
  }

  void cut(Client& client) {
    client.session.reset();
    client.link->client_gone = true;
    if (chance(random_, .5)) client.link->to_daemon.bytes.clear();  // lost on the way
    client.link.reset();
  }

  void record() {
    if (queue_.empty()) return;
    const std::size_t count = 1 + below(random_, queue_.size());
    std::vector<Incoming> batch;
    std::vector<SentMessage> given;
    for (std::size_t i = 0; i < count; ++i) {
      Queued& queued = queue_[i];
      batch.push_back(incoming(queued));
      batch.back().answer = [link = queued.from, sequence = queued.sequence](const Expected<Taken>& taken) {
        const auto to = link.lock();
        if (!to) return;
        if (!taken) {
          to->session.refuse(sequence, taken.error());
        } else if (!taken->events && taken->slices > 0) {
          to->session.acknowledge(sequence);
        } else {
          to->session.acknowledge(sequence, taken->events.value_or(EventsTaken{}));
        }
        to->to_client.push(to->session.take_output());
      };
      given.push_back(queued);
    }
    queue_.erase(queue_.begin(), queue_.begin() + static_cast<std::ptrdiff_t>(count));
    in_flight_ = given;
    if (persist([&] { return daemon_->record(batch); })) {
      history_.note(given, *daemon_);
      in_flight_.clear();
    }
  }

  void learn() {
    static_cast<void>(persist([&] { return daemon_->learn_one(); }));
  }
  void checkpoint() {
    static_cast<void>(persist([&] { return daemon_->make_checkpoint(); }));
  }

  // Until there is room; false if the daemon died of it.
  template <class Call>
  bool persist(Call call) {
    while (true) {
      const Expected<> done = call();
      if (done) return true;
      INFO(done.error().message());
      if (done.error().code() == ErrorCode::no_space && !disk_.stopped()) {
        if (chance(random_, .5)) disk_.set_capacity(std::uint64_t{1} << 40U);
        continue;
      }
      REQUIRE(disk_.stopped());
      crash();
      return false;
    }
  }

  Random random_;
  bool power_is_safe_;
  RecorderOptions options_;
  SimulatedDisk disk_;
  SerialExecutor executor_;
  std::vector<Client> clients_;
  std::vector<std::shared_ptr<Link>> links_;
  std::deque<Queued> queue_;
  std::vector<SentMessage> in_flight_;  // given to a daemon that has not said what became of them
  History history_;
  std::optional<SimulatedDaemon> daemon_;
  bool calm_ = false;
  Time now_{};
};

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

TEST_CASE("whatever happens, what was acknowledged is in, once, and the state is that of the plain model") {
  const std::uint64_t first = number_from_environment("GAUGELINE_SIMULATION_FIRST", 0);
  const std::uint64_t count = number_from_environment("GAUGELINE_SIMULATION_SEEDS", 500);
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    CAPTURE(seed);
    World(seed).run();
  }
}

}  // namespace
}  // namespace gaugeline::stream
