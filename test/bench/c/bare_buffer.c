// A Node addon that does nothing but the bare Node-API calls over memory that the library has mapped.
#include <node_api.h>
#include <stddef.h>

// create(source, length): an external ArrayBuffer of `length` bytes at the address of the ArrayBuffer `source`.
static napi_value create(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  size_t count = 2;
  void* data = NULL;
  size_t ignored;
  double length = 0;
  napi_value buffer = NULL;
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  napi_get_arraybuffer_info(env, arguments[0], &data, &ignored);
  napi_get_value_double(env, arguments[1], &length);
  napi_create_external_arraybuffer(env, data, (size_t)length, NULL, NULL, &buffer);
  return buffer;
}

// detach(buffer)
static napi_value detach(napi_env env, napi_callback_info info) {
  napi_value buffer;
  size_t count = 1;
  napi_get_cb_info(env, info, &count, &buffer, NULL, NULL);
  napi_detach_arraybuffer(env, buffer);
  return NULL;
}

NAPI_MODULE_INIT() {
  napi_value function;
  napi_create_function(env, "create", NAPI_AUTO_LENGTH, create, NULL, &function);
  napi_set_named_property(env, exports, "create", function);
  napi_create_function(env, "detach", NAPI_AUTO_LENGTH, detach, NULL, &function);
  napi_set_named_property(env, exports, "detach", function);
  return exports;
}
