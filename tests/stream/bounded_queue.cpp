#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "bounded_queue.hpp"

namespace gaugeline::stream {
namespace {

TEST_CASE("values come out in order, and no more go in than there is room for") {
  BoundedQueue<std::unique_ptr<int>> queue(2);
  auto one = std::make_unique<int>(1);
  auto two = std::make_unique<int>(2);
  auto three = std::make_unique<int>(3);
  CHECK(queue.try_push(one));
  CHECK(queue.try_push(two));
  CHECK(!queue.try_push(three));
  REQUIRE(three);
  CHECK(*three == 3);
  CHECK(**queue.pop() == 1);
  CHECK(queue.try_push(three));
  CHECK(**queue.pop() == 2);
  CHECK(**queue.pop() == 3);
}

TEST_CASE("there is room as long as the weights fit, and for anything in an empty queue") {
  BoundedQueue<int> queue(5);
  CHECK(queue.has_room(9));
  for (int value : {1, 2}) CHECK(queue.try_push(value, 2));
  CHECK(queue.has_room(1));
  CHECK(!queue.has_room(2));
  CHECK(queue.pop() == 1);
  CHECK(queue.has_room(3));
  CHECK(queue.pop_all(BoundedQueue<int>::Deadline::max()) == std::vector{2});
  CHECK(queue.has_room(9));
  queue.close();
  CHECK(!queue.has_room(0));
}

TEST_CASE("a closed queue drops what it holds and takes nothing") {
  BoundedQueue<int> queue(2);
  int value = 1;
  CHECK(queue.try_push(value));
  queue.close();
  CHECK(!queue.pop());
  CHECK(!queue.try_push(value));
}

TEST_CASE("closing wakes a consumer that waits") {
  BoundedQueue<int> queue(1);
  std::jthread consumer([&] { CHECK(!queue.pop()); });
  queue.close();
}

TEST_CASE("a consumer that waits for so many values goes on with them, at the deadline, and at the end") {
  using namespace std::chrono_literals;
  constexpr auto never = BoundedQueue<int>::Deadline::max();
  BoundedQueue<int> queue(3);
  std::jthread producer([&] {
    for (int value = 1; value <= 3; ++value) CHECK(queue.push(value));
  });
  queue.wait_for(3, never);
  CHECK(queue.size() == 3);
  queue.wait_for(4, std::chrono::steady_clock::now() + 1ms);
  CHECK(queue.size() == 3);
  queue.close();
  queue.wait_for(4, never);
}

TEST_CASE("one consumer gets everything that several producers push") {
  BoundedQueue<int> queue(3);
  constexpr int producers = 3;
  constexpr int values = 500;
  std::atomic<long> sum = 0;
  std::jthread consumer([&] {
    for (int i = 0; i < producers * values; ++i) sum += *queue.pop();
  });
  {
    std::vector<std::jthread> threads;
    for (int p = 0; p < producers; ++p) {
      threads.emplace_back([&] {
        for (int i = 1; i <= values; ++i) {
          int value = i;
          while (!queue.try_push(value)) std::this_thread::yield();
        }
      });
    }
  }
  consumer.join();
  CHECK(sum == producers * (values * (values + 1L) / 2));
}

}  // namespace
}  // namespace gaugeline::stream
