#pragma once

#include <napi.h>

#include <memory>
#include <vector>

#include "worker.h"

namespace edge80 {

/** What JavaScript is shown, as lib/gateway/native-addon.ts has it. */
Napi::Object addressObject(Napi::Env env, const Address& address);
Napi::Object statusObject(Napi::Env env, const StatusValues& values);
Napi::Object eventObject(Napi::Env env, const Event& event);
/** Those of all workers together. */
Napi::Object countersObject(Napi::Env env, const std::vector<std::unique_ptr<Worker>>& workers);
/** Every list of names.h. */
Napi::Object namesObject(Napi::Env env);

}  // namespace edge80
