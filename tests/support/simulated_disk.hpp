// A disk in memory that can be crashed, filled up and made to fail, for tests of what writes files.
//
//   SimulatedDisk disk(seed);
//   disk.stop_after(n);     // the world stops after n more operations: each that changes something, and each sync
//   ... use it; from the stop on every call fails; let go of what used it ...
//   disk.crash();           // the power was lost: what the disk holds now is what a reopening finds
//
// What a crash leaves is drawn from the seed, within what FileSystem promises:
// - of a file: its bytes at the last sync, then any number of the changes since, in order, of which the last may be
//   torn anywhere. In half of the cases a range of the bytes since the last sync holds zeros or garbage, since the
//   blocks of a file reach the disk in any order.
// - of the folders: their entries at the last sync_folder, then any number of the changes since, in order. A rename is
//   one change, and syncing one of its two folders makes it durable in both, as in a journalling file system.
// A file whose bytes were synced is still lost if its entry was not.
//
// A sync that is made to fail takes the bytes that it should have written with it: no later sync brings them back.
// Paths are looked up from one root, whether they begin with "/" or not; ".." and symbolic links are not known.
// Thread-safety: the calls of FileSystem and of open files, and set_capacity, may come from several threads.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include <gaugeline/formats/file_system.hpp>
#include <gaugeline/random.hpp>

namespace gaugeline::test {

class SimulatedDisk final : public formats::FileSystem {
  using Path = std::filesystem::path;
  using Bytes = std::vector<std::byte>;
  using Guard = std::lock_guard<std::mutex>;

 public:
  explicit SimulatedDisk(std::uint64_t seed) : random_(seed) {}

  // The power goes: open files and locks end, and what was not durable is lost or not.
  void crash() {
    const Guard guard(mutex_);
    const std::size_t kept = below(pending_.size() + 1);
    for (std::size_t i = 0; i < kept; ++i) apply(pending_[i], &Node::durable_entries);
    pending_.clear();
    settle(*root_);
    restart();
  }
  // The process dies and the machine does not (SIGKILL): open files and locks end, and nothing else changes.
  void kill() {
    const Guard guard(mutex_);
    restart();
  }

  void stop_after(std::uint64_t operations) { left_ = operations; }
  [[nodiscard]] bool stopped() const { return left_ == 0U; }
  [[nodiscard]] std::uint64_t operations() const { return operations_; }  // so far
  // Of the files' bytes, at first without a limit. An append that does not fit writes what fits, and gives no_space.
  void set_capacity(std::uint64_t bytes) {
    const Guard guard(mutex_);
    capacity_ = bytes;
  }
  // Of files and folders alike; 1 is the next.
  void fail_sync(std::uint64_t number) { syncs_until_failure_ = number; }

  // What the file holds now, and a change of it behind everybody's back, which is durable at once.
  [[nodiscard]] Bytes content(const Path& path) const {
    const auto node = find(path);
    return node ? node->bytes : Bytes();
  }
  void overwrite(const Path& path, Bytes bytes) {
    const auto node = find(path);
    node->durable = node->bytes = std::move(bytes);
    node->pending.clear();
  }

  Expected<std::unique_ptr<formats::OutputFile>> create(const Path& path) override {
    const Guard guard(mutex_);
    if (auto going = change(path); !going) return std::unexpected(going.error());
    if (find(path)) return fail(ErrorCode::invalid_argument, path.native(), ": is there already");
    auto node = add(path, false);
    if (!node) return std::unexpected(node.error());
    return std::make_unique<Output>(*this, std::move(*node), path);
  }
  Expected<std::unique_ptr<formats::OutputFile>> open_to_append(const Path& path) override {
    const Guard guard(mutex_);
    if (auto going = running(path); !going) return std::unexpected(going.error());
    auto node = file(path);
    if (!node) return std::unexpected(node.error());
    return std::make_unique<Output>(*this, std::move(*node), path);
  }
  Expected<std::unique_ptr<formats::InputFile>> open_to_read(const Path& path) override {
    const Guard guard(mutex_);
    if (auto going = running(path); !going) return std::unexpected(going.error());
    auto node = file(path);
    if (!node) return std::unexpected(node.error());
    return std::make_unique<Input>(*this, std::move(*node), path);
  }

  Expected<> rename(const Path& from, const Path& to) override {
    const Guard guard(mutex_);
    if (auto going = change(to); !going) return going;
    const auto node = find(from);
    const auto source = find(from.parent_path());
    const auto target = find(to.parent_path());
    if (!node || !target) return missing(node ? to : from);
    const auto old = find(to);
    if (old && (old->is_folder != node->is_folder || !old->entries.empty()))
      return fail(ErrorCode::io_error, to.native(), ": cannot be put in place");
    commit({{source, from.filename(), nullptr}, {target, to.filename(), node}});
    return {};
  }
  Expected<> remove(const Path& path) override {
    const Guard guard(mutex_);
    if (auto going = change(path); !going) return going;
    const auto node = file(path);
    if (!node) return std::unexpected(node.error());
    commit({{find(path.parent_path()), path.filename(), nullptr}});
    return {};
  }
  Expected<> make_folder(const Path& path) override {
    const Guard guard(mutex_);
    if (auto going = change(path); !going) return going;
    const auto node = find(path);
    if (node && !node->is_folder) return fail(ErrorCode::io_error, path.native(), ": is a file");
    const Expected<NodePointer> made = node ? node : add(path, true);
    return made ? Expected<>() : std::unexpected(made.error());
  }
  Expected<> sync_folder(const Path& path) override {
    const Guard guard(mutex_);
    if (auto going = change(path); !going) return going;
    const auto node = find(path);
    if (!node || !node->is_folder) return missing(path);
    if (sync_fails()) return fail(ErrorCode::io_error, path.native(), ": cannot be synced");
    make_durable(node);
    return {};
  }
  Expected<std::vector<std::string>> list(const Path& path) override {
    const Guard guard(mutex_);
    if (auto going = running(path); !going) return std::unexpected(going.error());
    const auto node = find(path);
    if (!node || !node->is_folder) return missing(path);
    std::vector<std::string> names;
    for (const auto& entry : node->entries) names.push_back(entry.first);
    return names;
  }
  Expected<formats::FileKind> kind(const Path& path) override {
    const Guard guard(mutex_);
    if (auto going = running(path); !going) return std::unexpected(going.error());
    const auto node = find(path);
    if (!node) return formats::FileKind::none;
    return node->is_folder ? formats::FileKind::folder : formats::FileKind::regular;
  }
  Expected<std::unique_ptr<formats::FileLock>> lock(const Path& path) override {
    const Guard guard(mutex_);
    if (auto going = change(path); !going) return std::unexpected(going.error());
    const auto there = find(path);
    Expected<NodePointer> node = there ? there : add(path, false);
    if (!node) return std::unexpected(node.error());
    if ((*node)->locked_in == life_) return nullptr;
    (*node)->locked_in = life_;
    return std::make_unique<Lock>(*this, std::move(*node), path);
  }

 private:
  struct Node;
  using NodePointer = std::shared_ptr<Node>;
  using Entries = std::map<std::string, NodePointer>;

  // A change of a file since its last sync: a cut, or bytes at its end.
  struct DataChange {
    std::optional<std::uint64_t> cut_to;
    Bytes appended;
  };
  struct Node {
    bool is_folder = false;
    Bytes bytes{}, durable{};
    std::vector<DataChange> pending{};
    Entries entries{}, durable_entries{};
    std::uint64_t locked_in = 0;  // the life in which it was locked; 0: it is free
  };
  // What one operation changes in folders: all of it or nothing. No node: the entry goes.
  struct EntryChange {
    NodePointer folder;
    std::string name;
    NodePointer node;
  };
  using FolderChange = std::vector<EntryChange>;

  // What an open file and a lock have in common: they end with the life in which they were opened.
  struct Handle {
    Handle(SimulatedDisk& on, NodePointer of, Path where)
        : disk(&on), node(std::move(of)), path(std::move(where)), life(on.life_) {}
    [[nodiscard]] Expected<> alive() const {
      if (life == disk->life_) return disk->running(path);
      return fail(ErrorCode::io_error, path.native(), ": whoever opened it has died");
    }
    [[nodiscard]] Expected<> change() const {
      if (life == disk->life_) return disk->change(path);
      return alive();
    }
    SimulatedDisk* disk;
    NodePointer node;
    Path path;
    std::uint64_t life;
  };

  class Output final : public formats::OutputFile, private Handle {
   public:
    using Handle::Handle;
    Expected<> append(std::span<const std::byte> bytes) override {
      const Guard guard(disk->mutex_);
      if (auto going = change(); !going) return going;
      const auto fitting = bytes.first(std::min<std::uint64_t>(bytes.size(), disk->room()));
      node->bytes.insert(node->bytes.end(), fitting.begin(), fitting.end());
      node->pending.push_back({{}, {fitting.begin(), fitting.end()}});
      if (fitting.size() == bytes.size()) return {};
      return fail(ErrorCode::no_space, path.native(), ": cannot be written: the disk is full");
    }
    Expected<> sync() override {
      const Guard guard(disk->mutex_);
      if (auto going = change(); !going) return going;
      if (disk->sync_fails()) {
        for (auto& lost : node->pending) std::ranges::fill(lost.appended, std::byte{});
        return fail(ErrorCode::io_error, path.native(), ": cannot be synced");
      }
      for (const auto& done : node->pending) apply(done, node->durable);
      node->pending.clear();
      return {};
    }
    Expected<> truncate(std::uint64_t bytes) override {
      const Guard guard(disk->mutex_);
      if (auto going = change(); !going) return going;
      node->pending.push_back({bytes, {}});
      apply(node->pending.back(), node->bytes);
      return {};
    }
  };

  class Input final : public formats::InputFile, private Handle {
   public:
    using Handle::Handle;
    Expected<std::uint64_t> size() const override {
      const Guard guard(disk->mutex_);
      if (auto going = alive(); !going) return std::unexpected(going.error());
      return node->bytes.size();
    }
    Expected<std::size_t> read(std::uint64_t offset, std::span<std::byte> bytes) const override {
      const Guard guard(disk->mutex_);
      if (auto going = alive(); !going) return std::unexpected(going.error());
      const auto rest = std::span(node->bytes).subspan(std::min<std::uint64_t>(offset, node->bytes.size()));
      const auto part = rest.first(std::min(rest.size(), bytes.size()));
      std::ranges::copy(part, bytes.begin());
      return part.size();
    }
  };

  class Lock final : public formats::FileLock, private Handle {
   public:
    using Handle::Handle;
    ~Lock() override {
      const Guard guard(disk->mutex_);
      if (node->locked_in == life) node->locked_in = 0;
    }
  };

  static void apply(const DataChange& change, Bytes& bytes) {
    if (change.cut_to) bytes.resize(*change.cut_to);
    bytes.insert(bytes.end(), change.appended.begin(), change.appended.end());
  }
  static void apply(const FolderChange& change, Entries Node::* entries) {
    for (const auto& [folder, name, node] : change) {
      ((*folder).*entries).erase(name);
      if (node) ((*folder).*entries).emplace(name, node);
    }
  }

  void commit(FolderChange change) {
    apply(change, &Node::entries);
    pending_.push_back(std::move(change));
  }

  // The changes that touch the folder, and those that touch a folder which one of them touches too, up to it.
  void make_durable(const NodePointer& synced) {
    std::vector<NodePointer> folders{synced};
    std::vector<FolderChange> taken, left;
    for (auto change = pending_.rbegin(); change != pending_.rend(); ++change) {
      const bool touches = std::ranges::any_of(
          *change, [&](const EntryChange& entry) { return std::ranges::count(folders, entry.folder) != 0; });
      if (touches) std::ranges::transform(*change, std::back_inserter(folders), &EntryChange::folder);
      (touches ? taken : left).push_back(std::move(*change));
    }
    for (auto change = taken.rbegin(); change != taken.rend(); ++change) apply(*change, &Node::durable_entries);
    pending_.assign(std::make_move_iterator(left.rbegin()), std::make_move_iterator(left.rend()));
  }

  // After a crash: what is durable is what there is.
  void settle(Node& node) {
    node.entries = node.durable_entries;
    for (const auto& entry : node.entries) settle(*entry.second);
    if (node.is_folder) return;
    std::uint64_t untouched = node.durable.size();
    const std::size_t kept = below(node.pending.size() + 1);
    for (std::size_t i = 0; i < kept; ++i) {
      untouched = std::min(untouched, node.pending[i].cut_to.value_or(untouched));
      apply(node.pending[i], node.durable);
    }
    if (kept < node.pending.size()) {
      const Bytes& torn = node.pending[kept].appended;
      const auto end = torn.begin() + static_cast<std::ptrdiff_t>(below(torn.size() + 1));
      node.durable.insert(node.durable.end(), torn.begin(), end);
    }
    garble(std::span(node.durable).subspan(untouched));
    node.bytes = node.durable;
    node.pending.clear();
  }
  void garble(std::span<std::byte> unsynced) {
    if (unsynced.empty() || below(2) == 0) return;
    const bool zeros = below(2) == 0;
    const std::size_t begin = below(unsynced.size());
    const std::size_t size = 1 + below(unsynced.size() - begin);
    for (auto& byte : unsynced.subspan(begin, size)) byte = zeros ? std::byte{} : static_cast<std::byte>(below(256));
  }

  void restart() {
    ++life_;
    left_.reset();
    syncs_until_failure_ = 0;
  }

  [[nodiscard]] Expected<> running(const Path& path) const {
    if (left_ != 0U) return {};
    return fail(ErrorCode::io_error, path.native(), ": the power is off");
  }
  Expected<> change(const Path& path) {
    if (auto going = running(path); !going) return going;
    ++operations_;
    if (left_) --*left_;
    return {};
  }
  bool sync_fails() { return syncs_until_failure_ != 0 && --syncs_until_failure_ == 0; }
  std::uint64_t below(std::uint64_t bound) { return random_.bits() % bound; }

  [[nodiscard]] std::uint64_t room() const {
    if (capacity_ == UINT64_MAX) return capacity_;
    return capacity_ - std::min(capacity_, bytes_below(*root_));
  }
  static std::uint64_t bytes_below(const Node& node) {
    std::uint64_t bytes = node.bytes.size();
    for (const auto& entry : node.entries) bytes += bytes_below(*entry.second);
    return bytes;
  }

  [[nodiscard]] NodePointer find(const Path& path) const {
    NodePointer node = root_;
    for (const auto& part : path) {
      if (part == "/" || part == "." || part.empty()) continue;
      const auto entry = node->entries.find(part.native());
      if (entry == node->entries.end()) return nullptr;
      node = entry->second;
    }
    return node;
  }
  static std::unexpected<Error> missing(const Path& path) {
    return fail(ErrorCode::not_found, path.native(), ": cannot be found");
  }
  [[nodiscard]] Expected<NodePointer> file(const Path& path) const {
    auto node = find(path);
    if (!node) return missing(path);
    if (node->is_folder) return fail(ErrorCode::io_error, path.native(), ": is not a regular file");
    return node;
  }
  Expected<NodePointer> add(const Path& path, bool is_folder) {
    const auto folder = find(path.parent_path());
    if (!folder || !folder->is_folder) return missing(path);
    auto node = std::make_shared<Node>();
    node->is_folder = is_folder;
    commit({{folder, path.filename(), node}});
    return node;
  }

  mutable std::mutex mutex_;
  Random random_;
  NodePointer root_ = std::make_shared<Node>(Node{.is_folder = true});
  std::vector<FolderChange> pending_;
  std::uint64_t life_ = 1;
  std::uint64_t operations_ = 0;
  std::optional<std::uint64_t> left_;
  std::uint64_t capacity_ = UINT64_MAX;
  std::uint64_t syncs_until_failure_ = 0;
};

}  // namespace gaugeline::test
