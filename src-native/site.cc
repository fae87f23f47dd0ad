#include "site.h"

#include <mutex>
#include <unordered_map>
#include <vector>

namespace famfs {

const char* StepName(Step step) {
  static const char* const names[kSteps] = {
      "publish.payload",
      "publish.payload-fence",
      "publish.word",
      "publish.word-fence",
      "begin.word",
      "begin.fence",
      "observe.fence-before",
      "observe.word",
      "observe.fence-after",
      "fetch.fence-before",
      "fetch.payload",
      "fetch.fence-after",
      "again.fence-before",
      "again.word",
      "again.fence-after",
      "write-back",
      "invalidate.fence-before",
      "invalidate",
      "invalidate.fence-after",
      "store-fence",
      "full-fence",
  };
  return names[static_cast<uint32_t>(step)];
}

namespace site {
namespace {

struct Registry {
  std::mutex mutex;
  std::vector<std::string> names{""};
  std::unordered_map<std::string, uint32_t> numbers{{"", 0}};
};

// Never destroyed: threads may ask while the process exits.
Registry& Get() {
  static auto& registry = *new Registry;
  return registry;
}

}  // namespace

uint32_t NumberOf(const std::string& name) {
  Registry& registry = Get();
  std::lock_guard lock(registry.mutex);
  auto [found, added] = registry.numbers.emplace(name, static_cast<uint32_t>(registry.names.size()));
  if (added) registry.names.push_back(name);
  return found->second;
}

std::string NameOf(uint32_t number) {
  Registry& registry = Get();
  std::lock_guard lock(registry.mutex);
  return number < registry.names.size() ? registry.names[number] : std::string();
}

uint32_t Count() {
  Registry& registry = Get();
  std::lock_guard lock(registry.mutex);
  return static_cast<uint32_t>(registry.names.size());
}

}  // namespace site
}  // namespace famfs
