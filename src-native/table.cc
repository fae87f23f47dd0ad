#include "table.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "commit.h"
#include "crc32.h"
#include "target.h"

// The slots of a map (docs/format/structures.md), found as lib/structures/map/table.ts finds them where it can do
// without a call. A slot has a word, how far the keys go whose home it is, the length of its key, a checksum for each
// half, its key, and two halves of which the word says which one is the value.
namespace famfs {
namespace {

// Offsets in a slot.
constexpr uint64_t kReach = 8;
constexpr uint64_t kLength = 12;
constexpr uint64_t kChecksums = 16;
constexpr uint64_t kKey = 24;
constexpr uint64_t kMostKey = 256;

// Bits of the word.
constexpr uint64_t kPresent = 2;
constexpr uint64_t kFirstHalf = 4;

// A reader whose slot is changed while it looks tries so often; each time the writer must have been faster.
constexpr int kAttempts = 1000;

constexpr uint64_t kTogether = 16;  // keys that are fetched at the same time
constexpr uint64_t kAhead = 128;    // bytes of a slot that are fetched ahead

enum Outcome : uint8_t { kAbsent, kFound, kChanging, kTooFar, kDamaged, kNoKey };

uint64_t UpTo8(uint64_t size) { return (size + 7) / 8 * 8; }

uint32_t Rotate(uint32_t word, int bits) { return word << bits | word >> (32 - bits); }

// MurmurHash3_x86_32; of bytes that are followed by zeros.
uint32_t Hash(const uint8_t* bytes, uint32_t length, uint32_t hash) {
  for (uint32_t at = 0; at < length; at += 4) {
    uint32_t word = 0;
    memcpy(&word, bytes + at, 4);
    hash ^= Rotate(word * 0xcc9e2d51, 15) * 0x1b873593;
    if (length - at >= 4) hash = Rotate(hash, 13) * 5 + 0xe6546b64;
  }
  hash ^= length;
  hash = (hash ^ hash >> 16) * 0x85ebca6b;
  hash = (hash ^ hash >> 13) * 0xc2b2ae35;
  return hash ^ hash >> 16;
}

// The table: numbers of the call, checked.
struct Table {
  Table(const Napi::CallbackInfo& info, const Target& target) {
    const double* all = ToNumbers(info, 2, 9);
    stride = static_cast<uint64_t>(all[1]);
    count = static_cast<uint64_t>(all[2]);
    key_size = static_cast<uint64_t>(all[3]);
    value_size = static_cast<uint64_t>(all[4]);
    most_reach = static_cast<uint64_t>(all[5]);
    seed = static_cast<uint32_t>(all[6]);
    checked = all[7] != 0;
    string_length = std::min(static_cast<uint64_t>(all[8]), key_size);
    bool right = stride % 8 == 0 && stride < UINT32_MAX && count > 0 && count < UINT32_MAX && most_reach < count &&
                 key_size > 0 && key_size <= kMostKey && value_size < stride &&
                 kKey + key_size + 2 * UpTo8(value_size) <= stride;
    if (!right) throw Napi::RangeError::New(info.Env(), "famfs addon: no such table");
    slots = target.RangeAt(static_cast<uint64_t>(all[0]), count * stride).at;
  }

  uint8_t* SlotAt(uint64_t index) const { return slots + index * stride; }

  uint8_t* slots;
  uint64_t stride;
  uint64_t count;
  uint64_t key_size;
  uint64_t value_size;
  uint64_t most_reach;
  uint32_t seed;
  bool checked;
  uint64_t string_length;
};

// A key, followed by zeros.
struct Key {
  uint64_t home;
  uint32_t length;
  Outcome known;  // kFound: has to be looked for
  uint8_t bytes[kMostKey];
};

// What is looked for: numbers, or one string.
struct Keys {
  Keys(const Table& table, const Bytes& bytes) : table_(table), bytes_(bytes) {
    is_string_ = bytes.type == napi_uint8_array;
    count = is_string_ ? 1 : bytes.length / 8;
  }

  void Get(uint64_t i, Key& key) const {
    key.known = kFound;
    memset(key.bytes, 0, table_.key_size);
    if (is_string_) {
      key.length = static_cast<uint32_t>(table_.string_length);
      memcpy(key.bytes, bytes_.data, std::min<uint64_t>(bytes_.length, key.length));
    } else {
      key.length = 8;
      int64_t number = NumberAt(i, key.known);
      memcpy(key.bytes, &number, 8);
    }
    key.home = Hash(key.bytes, key.length, table_.seed) % static_cast<uint32_t>(table_.count);
  }

  uint64_t count;

 private:
  int64_t NumberAt(uint64_t i, Outcome& known) const {
    int64_t number = 0;
    memcpy(&number, bytes_.data + 8 * i, 8);
    if (bytes_.type == napi_biguint64_array && number < 0) known = kAbsent;
    if (bytes_.type != napi_float64_array) return number;
    double value = 0;
    memcpy(&value, bytes_.data + 8 * i, 8);
    if (std::trunc(value) == value && std::fabs(value) <= kMaxSafeInteger) return static_cast<int64_t>(value);
    known = kNoKey;
    return 0;
  }

  const Table& table_;
  const Bytes& bytes_;
  bool is_string_;
};

// Coherent memory for one who only loads: that loads stay in order is all it takes, and no publication of its own is
// held back.
class LoadsOnly : public RealMemory {
 public:
  void Invalidate(Range, Step) {}
  void FullFence(Step) { std::atomic_thread_fence(std::memory_order_acquire); }
  void CopyOut(uint8_t* to, Range from) {
    std::atomic_thread_fence(std::memory_order_acquire);
    memcpy(to, from.at, from.length);
    std::atomic_thread_fence(std::memory_order_acquire);
  }
};

template <typename Memory>
void FetchAfter(Memory& memory, Word word, Range range) {
  if (!commit::SharesLine(word, range)) commit::Fetch(memory, range);
}

// Of the key and the value, each followed by zeros up to a multiple of 8.
bool IsWhole(const Table& table, const Key& key, const uint8_t* value, uint32_t checksum) {
  uint64_t whole = table.value_size / 8 * 8;
  uint32_t sum = Crc32(value, whole, Crc32(key.bytes, table.key_size));
  if (whole < table.value_size) {
    uint8_t rest[8] = {};
    memcpy(rest, value + whole, table.value_size - whole);
    sum = Crc32(rest, 8, sum);
  }
  return sum == checksum;
}

// A slot with a key, under its word (R3): kFound, kAbsent where it has another key, kChanging where its word changed.
template <typename Memory>
__attribute__((noinline)) Outcome Look(Memory& memory, const Table& table, const Key& key, Word word, uint64_t state,
                                       uint8_t* out) {
  uint8_t* slot = word.at;
  if (memory.Load({slot + kLength, false}) != key.length) return kAbsent;
  uint8_t bytes[kMostKey];
  Range at{slot + kKey, table.key_size};
  FetchAfter(memory, word, at);
  memory.CopyOut(bytes, at);
  if (memcmp(bytes, key.bytes, table.key_size) != 0) return kAbsent;
  uint64_t half = (state & kFirstHalf) != 0 ? 0 : 1;
  Range value{at.at + table.key_size + half * UpTo8(table.value_size), out == nullptr ? 0 : table.value_size};
  uint64_t checksum = memory.Load({slot + kChecksums + 4 * half, false});
  if (out != nullptr) {
    FetchAfter(memory, word, value);
    memory.CopyOut(out, value);
  }
  bool one_line = commit::SharesLine(word, at) && commit::SharesLine(word, value);
  if ((one_line ? memory.Load(word) : commit::LookAgain(memory, word)) != state) return kChanging;
  bool whole = out == nullptr || !table.checked || IsWhole(table, key, out, static_cast<uint32_t>(checksum));
  return whole ? kFound : kDamaged;
}

template <typename Memory>
Outcome Find(Memory& memory, const Table& table, const Key& key, uint8_t* out) {
  uint64_t reach = 0;
  uint64_t index = key.home;
  int attempts = 0;
  for (uint64_t distance = 0; distance <= reach;) {
    Word word{table.SlotAt(index), true};
    uint64_t state = commit::Observe(memory, word);
    if (distance == 0) reach = memory.Load({word.at + kReach, false});
    if (reach > table.most_reach) return kTooFar;
    Outcome outcome = (state & kPresent) == 0 ? kAbsent : Look(memory, table, key, word, state, out);
    if (outcome == kFound) return kFound;
    if (outcome != kAbsent) {
      if (++attempts == kAttempts) return outcome;
      continue;
    }
    distance++;
    if (++index == table.count) index = 0;
  }
  return kAbsent;
}

// Finds one key on the memory of a call, whichever mode that is of.
struct Finder {
  void* memory;
  bool ahead;  // whether lines that are fetched early are still good later
  Outcome (*find)(void* memory, const Table& table, const Key& key, uint8_t* out);
};

template <typename Memory>
Finder FinderOn(Memory& memory) {
  return {&memory, std::is_same_v<Memory, LoadsOnly>, [](void* at, const Table& table, const Key& key, uint8_t* out) {
            return Find(*static_cast<Memory*>(at), table, key, out);
          }};
}

// Each key's slot is fetched while those before it are looked at.
void FindAll(const Finder& finder, const Table& table, const Keys& keys, uint8_t* out, uint8_t* found) {
  Key together[kTogether];
  for (uint64_t i = 0; i < keys.count + kTogether; i++) {
    Key& key = together[i % kTogether];
    if (i >= kTogether) {
      uint64_t done = i - kTogether;
      uint8_t* to = out == nullptr ? nullptr : out + done * table.value_size;
      Outcome outcome = key.known;
      if (outcome == kFound) outcome = finder.find(finder.memory, table, key, to);
      if (outcome != kFound && to != nullptr) memset(to, 0, table.value_size);
      found[done] = outcome;
    }
    if (i >= keys.count) continue;
    keys.Get(i, key);
    const uint8_t* slot = table.SlotAt(key.home);
    uint64_t ahead = finder.ahead ? std::min(table.stride, kAhead) : 0;
    for (uint64_t at = 0; at < ahead; at += 64) __builtin_prefetch(slot + at);
  }
}

}  // namespace

// findKeys(mapping, treatment, table, keys, out, found)
Napi::Value FindKeys(const Napi::CallbackInfo& info) {
  Target target(info, 0, 1);
  Table table(info, target);
  Bytes bytes = ToBytes(info, 3);
  Keys keys(table, bytes);
  Bytes out = ToBytes(info, 4);
  Bytes found = ToBytes(info, 5);
  bool copies = out.length > 0;
  if (found.length < keys.count || (copies && out.length / std::max<uint64_t>(table.value_size, 1) < keys.count))
    throw Napi::RangeError::New(info.Env(), "famfs addon: too little room for what is found");
  uint8_t* to = copies ? out.data : nullptr;
  const Treatment& treatment = target.treatment();
  if (treatment.mode == Mode::kCoherent) {
    LoadsOnly memory;
    FindAll(FinderOn(memory), table, keys, to, found.data);
  } else if (treatment.mode == Mode::kIncoherent) {
    IncoherentMemory memory;
    FindAll(FinderOn(memory), table, keys, to, found.data);
  } else {
    SimulatedMemory memory(treatment);
    FindAll(FinderOn(memory), table, keys, to, found.data);
  }
  return Napi::Value();
}

}  // namespace famfs
