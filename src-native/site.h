#pragma once

#include <cstdint>
#include <string>

namespace famfs {

// The steps of the protocols that move lines or order them. Together with the name of the place that runs it, a step
// names one write-back, invalidate or fence: "queue.tail/publish.word". Simulated memory can leave one out by name.
enum class Step : uint8_t {
  kPublishPayload,
  kPublishPayloadFence,
  kPublishWord,
  kPublishWordFence,
  kBegin,
  kBeginFence,
  kObserveFenceBefore,
  kObserve,
  kObserveFenceAfter,
  kFetchFenceBefore,
  kFetch,
  kFetchFenceAfter,
  kAgainFenceBefore,
  kAgain,
  kAgainFenceAfter,
  kWriteBack,
  kInvalidateFenceBefore,
  kInvalidate,
  kInvalidateFenceAfter,
  kStoreFence,
  kFullFence,
};

constexpr uint32_t kSteps = static_cast<uint32_t>(Step::kFullFence) + 1;

// What a step is called behind the name of its place, such as "publish.word".
const char* StepName(Step step);

namespace site {

// The number of a place's name, the same in all threads of the process. Only simulated memory asks for it; 0 is the
// place without a name.
uint32_t NumberOf(const std::string& name);
std::string NameOf(uint32_t number);
uint32_t Count();

}  // namespace site
}  // namespace famfs
