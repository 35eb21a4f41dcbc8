#include <doctest/doctest.h>

#include <gaugeline/stream/access.hpp>

#include "credential_files.hpp"
#include "loopback.hpp"
#include "server_log.hpp"

namespace gaugeline::stream {
namespace {

const std::string reader = "reader-0123456789";
const std::string writer = "writer+0123456789/==";
const std::string stranger = "stranger-0123456789";

struct Files {
  TemporaryDirectory directory;
  std::filesystem::path read_file =
      write_file(directory / "read.tokens", "# those who may read\n\nanother-0123456789\r\n" + reader + "\n");
  std::filesystem::path write_file_path = write_file(directory / "write.tokens", writer);

  [[nodiscard]] std::shared_ptr<AccessList> open() const {
    return AccessList::open({.read_tokens = read_file, .write_tokens = write_file_path}).value();
  }
  [[nodiscard]] Error refusal_of(const std::string& text, ::mode_t mode = 0600) const {
    const auto opened =
        AccessList::open({.read_tokens = write_file(directory / "x", text, mode), .write_tokens = write_file_path});
    REQUIRE(!opened);
    return opened.error();
  }
};

TEST_CASE("without a file everything is allowed") {
  const auto access = AccessList::open({}).value();
  CHECK(!access->needs_tokens());
  CHECK(access->allows("", Access::write));
  CHECK(access->allows(stranger, Access::read));
}

TEST_CASE_FIXTURE(Files, "a token may do what its file says; whoever may write may read; nobody else may do anything") {
  const auto access = open();
  CHECK(access->needs_tokens());
  CHECK(access->allows(reader, Access::read));
  CHECK(!access->allows(reader, Access::write));
  CHECK(access->allows("another-0123456789", Access::read));
  CHECK(access->allows(writer, Access::read));
  CHECK(access->allows(writer, Access::write));
  for (const auto& wrong : {std::string(), stranger, reader + "x", reader.substr(0, reader.size() - 1), "# " + reader,
                            reader + "\n", std::string("# those who may read")}) {
    CHECK(!access->allows(wrong, Access::read));
    CHECK(!access->allows(wrong, Access::write));
  }
}

TEST_CASE_FIXTURE(Files, "what no file gives nobody may do") {
  const auto only_reading = AccessList::open({.read_tokens = read_file, .write_tokens = {}}).value();
  CHECK(only_reading->allows(reader, Access::read));
  CHECK(!only_reading->allows("", Access::write));
  CHECK(!only_reading->allows(writer, Access::write));
  const auto only_writing = AccessList::open({.read_tokens = {}, .write_tokens = write_file_path}).value();
  CHECK(only_writing->allows(writer, Access::read));
  CHECK(!only_writing->allows("", Access::read));
}

TEST_CASE_FIXTURE(Files, "errors name file and line, and never show a token") {
  const auto file = (directory / "x").native();
  const std::string secret = "secret secret secret";
  const auto error = refusal_of("# one\n" + reader + "\n" + secret + "\n");
  CHECK(error.code() == ErrorCode::bad_data);
  CHECK(error.message() == file + ": line 3: byte 6 of a token is none that a token can have: letters, digits and " +
                               "-._~+/, with = at the end");
  CHECK(refusal_of("short").message() == file + ": line 1: a token has 5 bytes; 16 to 512 are allowed");
  CHECK(refusal_of(std::string(513, 'x')).message() == file + ": line 1: a token has 513 bytes; 16 to 512 are allowed");
  CHECK(refusal_of("# nobody\n").message() == file + ": holds no token");
  CHECK(refusal_of("").message() == file + ": holds no token");
  std::filesystem::remove(read_file);
  const auto missing = AccessList::open({.read_tokens = read_file, .write_tokens = {}});
  CHECK(missing.error().code() == ErrorCode::io_error);
  CHECK(missing.error().message() == read_file.native() + ": cannot be read: No such file or directory");
}

TEST_CASE_FIXTURE(Files, "a file that every user can read is refused") {
  CHECK(refusal_of(reader, 0644).message().starts_with((directory / "x").native() + ": every user"));
  CHECK(refusal_of(reader, 0602).code() == ErrorCode::bad_data);
  CHECK(AccessList::open({.read_tokens = write_file(directory / "x", reader, 0640), .write_tokens = {}}));
}

TEST_CASE_FIXTURE(Files, "a reload takes the new tokens; one that fails keeps the old ones, of both files") {
  const auto access = open();
  write_file(read_file, stranger);
  CHECK(access->reload());
  CHECK(access->allows(stranger, Access::read));
  CHECK(!access->allows(reader, Access::read));
  write_file(read_file, reader);
  write_file(write_file_path, "?");
  CHECK(!access->reload());
  CHECK(access->allows(stranger, Access::read));
  CHECK(access->allows(writer, Access::write));
  CHECK(!access->allows(reader, Access::read));
}

TEST_CASE_FIXTURE(Files, "a client shows the only token of its file") {
  CHECK(read_token(write_file_path).value() == writer);
  CHECK(read_token(read_file).error().message() == read_file.native() + ": holds 2 tokens; a client shows one");
}

struct GuardedServer : Files {
  ServerLog log;
  TemporaryDirectory data;
  RunningServer server{options(), {.log = [this](std::string_view line) { log.add(line); }}};

  [[nodiscard]] ServerOptions options() const {
    auto made = server_options(data);
    made.access = open();
    return made;
  }
  [[nodiscard]] Expected<SendProgress> send_with(const std::string& token) const {
    auto made = client_options(server.port());
    made.token = token;
    return send_messages(made, small_slices(2), {});
  }
};

TEST_CASE_FIXTURE(GuardedServer, "a token that may write writes") {
  CHECK(send_with(writer).value().acknowledged == 2);
  CHECK(server.stop());
  CHECK(holds_slices(data.path(), 2));
}

TEST_CASE_FIXTURE(GuardedServer, "without a token, with a wrong one, and with one that only reads, nothing is taken") {
  for (const auto& token : {std::string(), stranger, reader}) {
    const auto sent = send_with(token);
    REQUIRE(!sent);
    CHECK(sent.error().code() == ErrorCode::permission_denied);
    CHECK(sent.error().message() == (token.empty() ? "the server: the hello has no token; to write, one is needed"
                                                   : "the server: the token of the hello may not write"));
  }
  CHECK(server.stop());
  for (const auto& token : {stranger, reader, writer}) CHECK(!log.has(token));
  CHECK(!formats::SnapshotStore::open(data.path()).value().load_latest().value().has_value());
}

TEST_CASE_FIXTURE(GuardedServer, "a hello that is refused does not end the connection of the source that it names") {
  RawClient rightful(server.port());
  rightful.send(FrameType::hello, 0, encode(Hello{.source = "here", .token = writer}));
  CHECK(rightful.receive().value().type == FrameType::welcome);
  RawClient thief(server.port());
  thief.send(FrameType::hello, 0, encode(Hello{.source = "here", .token = reader}));
  CHECK(thief.farewell().code() == ErrorCode::permission_denied);
  rightful.send_slice(1);
  CHECK(rightful.receive().value().type == FrameType::ack);
}

TEST_CASE_FIXTURE(GuardedServer, "a slice right behind a hello without a token is refused by its header") {
  RawClient client(server.port());
  Bytes bytes;
  append_frame(bytes, FrameType::hello, 0, encode(Hello{.source = "here"}));
  append_frame(bytes, FrameType::slice, 1, Bytes(max_control_bytes + 1));
  client.send(bytes);
  CHECK(client.farewell().code() == ErrorCode::permission_denied);
}

TEST_CASE("a token that is none is not sent") {
  auto options = client_options(1);
  options.token = "not a token at all";
  CHECK(send_messages(options, small_slices(1), {}).error().code() == ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace gaugeline::stream
