#include <doctest/doctest.h>

#include <string>
#include <vector>

#include <gaugeline/vocabulary.hpp>

#include "../../lib/src/arena.hpp"

using namespace gaugeline;

namespace {

struct Room {
  std::vector<std::max_align_t> memory;
  Vocabulary vocabulary;

  Room(std::size_t rows, std::size_t bytes) {
    Arena measure;
    vocabulary.reserve(measure, rows, bytes);
    memory.resize(measure.used() / sizeof(std::max_align_t) + arena_alignment);
    Arena arena(reinterpret_cast<std::byte*>(memory.data()));
    vocabulary.reserve(arena, rows, bytes);
  }
};

}  // namespace

TEST_CASE("tokens keep the row that they are given, in the order of admission") {
  Room room(1000, 8000);
  for (std::uint32_t i = 0; i < 1000; ++i) CHECK(room.vocabulary.admit("token" + std::to_string(i)) == i);
  for (std::uint32_t i = 0; i < 1000; ++i) {
    CHECK(room.vocabulary.find("token" + std::to_string(i)) == i);
    CHECK(room.vocabulary.admit("token" + std::to_string(i)) == i);
    CHECK(room.vocabulary.tokens()[i] == "token" + std::to_string(i));
  }
  CHECK(room.vocabulary.find("token1000") == no_row);
  CHECK(room.vocabulary.size() == 1000);
}

TEST_CASE("a full vocabulary admits no one, and still finds its own") {
  Room rows(3, 100);
  for (const char* token : {"a", "b", "c"}) CHECK(rows.vocabulary.admit(token) != no_row);
  CHECK(rows.vocabulary.admit("d") == no_row);
  CHECK(rows.vocabulary.find("b") == 1);

  Room bytes(10, 5);
  CHECK(bytes.vocabulary.admit("abc") == 0);
  CHECK(bytes.vocabulary.admit("def") == no_row);
  CHECK(bytes.vocabulary.admit("de") == 1);
  CHECK(bytes.vocabulary.admit("f") == no_row);
}

TEST_CASE("truncating undoes the last admissions and nothing else") {
  Room room(500, 4000);
  for (int i = 0; i < 200; ++i) REQUIRE(room.vocabulary.admit("kept" + std::to_string(i)) != no_row);
  for (int i = 0; i < 300; ++i) REQUIRE(room.vocabulary.admit("gone" + std::to_string(i)) != no_row);
  room.vocabulary.truncate(200);
  CHECK(room.vocabulary.size() == 200);
  for (std::uint32_t i = 0; i < 200; ++i) CHECK(room.vocabulary.find("kept" + std::to_string(i)) == i);
  for (int i = 0; i < 300; ++i) CHECK(room.vocabulary.find("gone" + std::to_string(i)) == no_row);
  CHECK(room.vocabulary.admit("new") == 200);
}
