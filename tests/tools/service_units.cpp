// What the units of systemd must say, so that the daemon is confined, watched and started again.
#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace {

// SECTION.KEY -> its values, in order.
using Unit = std::map<std::string, std::vector<std::string>>;

Unit read_unit(const std::string& file) {
  std::ifstream lines(file);
  REQUIRE(lines);
  Unit unit;
  std::string section;
  for (std::string line; std::getline(lines, line);) {
    if (line.empty() || line.front() == '#') continue;
    if (line.front() == '[') {
      REQUIRE(line.back() == ']');
      section = line.substr(1, line.size() - 2);
      continue;
    }
    const auto equals = line.find('=');
    REQUIRE(equals != std::string::npos);
    unit[section + "." + line.substr(0, equals)].push_back(line.substr(equals + 1));
  }
  return unit;
}

std::string only(const Unit& unit, const std::string& key) {
  CAPTURE(key);
  const auto found = unit.find(key);
  REQUIRE(found != unit.end());
  REQUIRE(found->second.size() == 1);
  return found->second.front();
}

}  // namespace

TEST_CASE("the service runs the installed command in its state directory") {
  const auto unit = read_unit(GAUGELINE_UNIT_FOLDER "gaugeline.service");
  const auto command = only(unit, "Service.ExecStart");
  CHECK(command.starts_with("/"));
  CHECK(command.find("/gaugeline serve ") != std::string::npos);
  CHECK(command.ends_with(" --data-dir ${STATE_DIRECTORY}"));
  CHECK(only(unit, "Service.StateDirectory") == "gaugeline");
}

TEST_CASE("the service tells when it is ready, is watched, reloads by SIGHUP and comes back") {
  const auto unit = read_unit(GAUGELINE_UNIT_FOLDER "gaugeline.service");
  CHECK(only(unit, "Service.Type") == "notify");
  CHECK(std::stoi(only(unit, "Service.WatchdogSec")) > 0);
  CHECK(only(unit, "Service.ExecReload") == "/bin/kill -HUP $MAINPID");
  CHECK(only(unit, "Service.Restart") == "on-failure");
}

TEST_CASE("the service may do little") {
  const auto unit = read_unit(GAUGELINE_UNIT_FOLDER "gaugeline.service");
  for (const auto* key : {"DynamicUser", "NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices",
                          "ProtectKernelModules", "ProtectKernelTunables", "ProtectControlGroups", "RestrictNamespaces",
                          "RestrictSUIDSGID", "LockPersonality", "MemoryDenyWriteExecute"}) {
    CHECK(only(unit, std::string("Service.") + key) == "yes");
  }
  CHECK(only(unit, "Service.ProtectSystem") == "strict");
  CHECK(only(unit, "Service.CapabilityBoundingSet").empty());
  CHECK(only(unit, "Service.RestrictAddressFamilies") == "AF_INET AF_INET6 AF_UNIX");
  CHECK(only(unit, "Service.SystemCallArchitectures") == "native");
  CHECK(unit.at("Service.SystemCallFilter").front() == "@system-service");
}

TEST_CASE("the sockets are on the loopback interface, and named as the daemon asks for them") {
  const std::map<std::string, std::string> names{{"gaugeline.socket", "listen"}, {"gaugeline-http.socket", "http"}};
  for (const auto& [file, name] : names) {
    const auto unit = read_unit(GAUGELINE_UNIT_FOLDER + file);
    CHECK(only(unit, "Socket.FileDescriptorName") == name);
    CHECK(only(unit, "Socket.Accept") == "no");
    CHECK(only(unit, "Socket.ListenStream").starts_with("127.0.0.1:"));
  }
}
