#include "javascript-values.h"

#include <iterator>

namespace edge80 {

namespace {

#define EDGE80_LIMIT_NAME(type, name) #name,
constexpr const char* limitNames[] = {EDGE80_LIMITS(EDGE80_LIMIT_NAME)};
#undef EDGE80_LIMIT_NAME
constexpr const char* eventKinds[] = {EDGE80_EVENTS(EDGE80_TEXT)};
constexpr const char* statusNames[] = {EDGE80_STATUS(EDGE80_TEXT)};
constexpr const char* counterNames[] = {EDGE80_DIRECTIONS(EDGE80_TEXT) EDGE80_ERRORS(EDGE80_TEXT) "drops"};

template <size_t length>
Napi::Array textArray(Napi::Env env, const char* const (&texts)[length]) {
  const Napi::Array all = Napi::Array::New(env, length);
  for (uint32_t i = 0; i < length; i++) all.Set(i, texts[i]);
  return all;
}

template <typename Of>
double sum(const std::vector<std::unique_ptr<Worker>>& workers, Of of) {
  uint64_t total = 0;
  for (const auto& worker : workers) total += of(worker->counters()).value();
  return static_cast<double>(total);
}

}  // namespace

Napi::Object addressObject(Napi::Env env, const Address& address) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("address", address.text());
  object.Set("port", static_cast<double>(address.port()));
  return object;
}

Napi::Object statusObject(Napi::Env env, const StatusValues& values) {
  Napi::Object status = Napi::Object::New(env);
#define EDGE80_SET(name) status.Set(#name, static_cast<double>(values.name));
  EDGE80_STATUS(EDGE80_SET)
#undef EDGE80_SET
  return status;
}

Napi::Object eventObject(Napi::Env env, const Event& event) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("id", static_cast<double>(event.id));
  object.Set("kind", eventKinds[static_cast<size_t>(event.kind)]);
  switch (event.kind) {
    case Event::Kind::accepted:
      object.Set("remote", addressObject(env, event.remote));
      object.Set("local", addressObject(env, event.local));
      break;
    case Event::Kind::handedOver:
      object.Set("fd", event.fd);
      object.Set("status", statusObject(env, event.status));
      [[fallthrough]];
    case Event::Kind::opening:
    case Event::Kind::controlFrame:
    case Event::Kind::anchorDatagram:
      object.Set("bytes", Napi::Buffer<char>::Copy(env, event.bytes.data(), event.bytes.size()));
      break;
    case Event::Kind::relayed:
      if (event.local.family() != AF_UNSPEC) object.Set("address", addressObject(env, event.local));
      break;
    case Event::Kind::mediaHeard:
    case Event::Kind::drained: break;
    case Event::Kind::closed:
      object.Set("reason", closeReasons[static_cast<size_t>(event.reason)]);
      object.Set("status", statusObject(env, event.status));
      break;
  }
  return object;
}

Napi::Object countersObject(Napi::Env env, const std::vector<std::unique_ptr<Worker>>& workers) {
  Napi::Object all = Napi::Object::New(env);
  const auto traffic = [&](const char* name, Traffic Counters::*direction) {
    Napi::Object object = Napi::Object::New(env);
    for (size_t kind = 0; kind < std::size(packetKinds); kind++) {
      const auto of = [&](const Counters& of) -> const Count& { return (of.*direction).packets[kind]; };
      object.Set(packetKinds[kind], sum(workers, of));
    }
    object.Set("bytes", sum(workers, [&](const Counters& of) -> const Count& { return (of.*direction).bytes; }));
    all.Set(name, object);
  };
#define EDGE80_SET(name) traffic(#name, &Counters::name);
  EDGE80_DIRECTIONS(EDGE80_SET)
#undef EDGE80_SET
  Napi::Object drops = Napi::Object::New(env);
  for (size_t reason = 0; reason < std::size(dropReasons); reason++) {
    const auto of = [&](const Counters& of) -> const Count& { return of.drops[reason]; };
    drops.Set(dropReasons[reason], sum(workers, of));
  }
  all.Set("drops", drops);
#define EDGE80_SET(name) all.Set(#name, sum(workers, [](const Counters& of) -> const Count& { return of.name; }));
  EDGE80_ERRORS(EDGE80_SET)
#undef EDGE80_SET
  return all;
}

Napi::Object namesObject(Napi::Env env) {
  Napi::Object names = Napi::Object::New(env);
  names.Set("packetKinds", textArray(env, packetKinds));
  names.Set("contents", textArray(env, contents));
  names.Set("dropReasons", textArray(env, dropReasons));
  names.Set("closeReasons", textArray(env, closeReasons));
  names.Set("limits", textArray(env, limitNames));
  names.Set("events", textArray(env, eventKinds));
  names.Set("status", textArray(env, statusNames));
  names.Set("counters", textArray(env, counterNames));
  return names;
}

}  // namespace edge80
