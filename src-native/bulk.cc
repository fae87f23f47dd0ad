#include "bulk.h"

#include <cstring>

#include "commit.h"
#include "crc32.h"
#include "target.h"

// A record that is moved is its payload, its number and a checksum of both: 16 bytes more than the payload,
// little-endian as every CPU that the addon is built for. Records are copied without fences: they lie where nobody else
// is, and the word that publishes or frees them orders them.
namespace famfs {
namespace {

struct Trailer {
  uint64_t number;
  uint64_t checksum;
};

// Where records are, and the private memory with their payloads.
struct Records {
  Records(Napi::Env env, const Target& target, const double* where, Bytes payloads)
      : size(static_cast<uint64_t>(where[1])), number(static_cast<uint64_t>(where[2])), bytes(payloads) {
    if (size <= sizeof(Trailer) || size % 8 != 0) throw Napi::RangeError::New(env, "famfs addon: no size of a record");
    payload = size - sizeof(Trailer);
    count = bytes.length / payload;
    all = target.RangeAt(static_cast<uint64_t>(where[0]), count * size);
  }

  uint8_t* RecordAt(uint64_t i) const { return all.at + i * size; }
  uint8_t* PayloadAt(uint64_t i) const { return bytes.data + i * payload; }

  uint64_t size;
  uint64_t number;
  Bytes bytes;
  uint64_t payload;
  uint64_t count;
  Range all;
};

// Of what is stored, not of what it was copied from: that may be memory which others change.
template <typename Memory>
void Store(Memory& memory, const Records& records, uint64_t i) {
  uint8_t* to = records.RecordAt(i);
  Trailer trailer{records.number + i, 0};
  memory.PlainCopyIn({to, records.payload}, records.PayloadAt(i));
  memory.PlainCopyIn({to + records.payload, 8}, reinterpret_cast<const uint8_t*>(&trailer.number));
  trailer.checksum = Crc32(to, records.payload + 8);
  memory.PlainCopyIn({to + records.payload + 8, 8}, reinterpret_cast<const uint8_t*>(&trailer.checksum));
}

// False: not this record, or not whole.
template <typename Memory>
bool Load(Memory& memory, const Records& records, uint64_t i) {
  uint8_t* from = records.RecordAt(i);
  uint8_t* to = records.PayloadAt(i);
  Trailer trailer;
  memory.PlainCopyOut(to, {from, records.payload});
  memory.PlainCopyOut(reinterpret_cast<uint8_t*>(&trailer), {from + records.payload, sizeof trailer});
  uint32_t sum = Crc32(to, records.payload);
  sum = Crc32(reinterpret_cast<const uint8_t*>(&trailer.number), 8, sum);
  return trailer.number == records.number + i && trailer.checksum == sum;
}

}  // namespace

// publishRecords(mapping, treatment, numbers, payloads); numbers: offset, size and number of the first record, offset
// of the counter, offset of the word, its value. R2 but for its last fence, which keeps this thread's later loads
// behind the publication: whoever moves a ring's word looks at nothing for which that matters, and a full fence takes
// as long as all the rest.
Napi::Value PublishRecords(const Napi::CallbackInfo& info) {
  Target target(info, 0, 1);
  target.CheckWritable();
  const double* numbers = ToNumbers(info, 2, 6);
  Records records(info.Env(), target, numbers, ToBytes(info, 3));
  Word counter = target.WordAt(static_cast<uint64_t>(numbers[3]));
  Word word = target.WordAt(static_cast<uint64_t>(numbers[4]));
  auto value = static_cast<uint64_t>(numbers[5]);
  WithMemory(target.treatment(), [&](auto memory) {
    for (uint64_t i = 0; i < records.count; i++) Store(memory, records, i);
    if (records.count > 0) {
      memory.WriteBack(records.all, Step::kPublishPayload);
      memory.StoreFence(Step::kPublishPayloadFence);
    }
    memory.Store(counter, records.number + records.count);
    memory.Store(word, value);
    memory.WriteBack(commit::LineOf(counter), Step::kWriteBack);
    memory.WriteBack(commit::LineOf(word), Step::kPublishWord);
    memory.StoreFence(Step::kPublishWordFence);
  });
  return Napi::Value();
}

// fetchRecords(mapping, treatment, numbers, payloads): how many, from the first on, were right. numbers: offset, size
// and number of the first record.
Napi::Value FetchRecords(const Napi::CallbackInfo& info) {
  Target target(info, 0, 1);
  Records records(info.Env(), target, ToNumbers(info, 2, 3), ToBytes(info, 3));
  uint64_t right = WithMemory(target.treatment(), [&](auto memory) {
    commit::Fetch(memory, records.all);
    uint64_t i = 0;
    while (i < records.count && Load(memory, records, i)) i++;
    return i;
  });
  return Napi::Number::New(info.Env(), static_cast<double>(right));
}

// findRecord(mapping, treatment, offset, size, count, bytes): the index of the first record that begins with the bytes,
// or -1. Only what is compared has to be inside the mapping.
Napi::Value FindRecord(const Napi::CallbackInfo& info) {
  Target target(info, 0, 1);
  uint64_t offset = ToUint(info, 2);
  uint64_t size = ToUint(info, 3);
  uint64_t count = ToUint(info, 4);
  Bytes wanted = ToBytes(info, 5);
  uint8_t found[256];
  if (wanted.length > sizeof found || wanted.length > size)
    throw Napi::RangeError::New(info.Env(), "famfs addon: too many bytes to look for");
  uint64_t index = WithMemory(target.treatment(), [&](auto memory) {
    uint64_t i = 0;
    for (; i < count; i++) {
      memory.PlainCopyOut(found, target.RangeAt(offset + i * size, wanted.length));
      if (memcmp(found, wanted.data, wanted.length) == 0) break;
    }
    return i;
  });
  return Napi::Number::New(info.Env(), index < count ? static_cast<double>(index) : -1);
}

}  // namespace famfs
