#include <napi.h>

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <memory>
#include <new>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "javascript-values.h"
#include "plane.h"

namespace {

using namespace edge80;

std::string bytesOf(const Napi::Value& value) {
  const auto buffer = value.As<Napi::Uint8Array>();
  return std::string(reinterpret_cast<const char*>(buffer.Data()), buffer.ByteLength());
}

ConnectionId idOf(const Napi::CallbackInfo& info) {
  return static_cast<ConnectionId>(info[0].As<Napi::Number>().Int64Value());
}

/** The plane as lib/gateway/native-forwarding-plane.ts sees it: nothing here decides or remembers anything. */
class PlaneObject final : public Napi::ObjectWrap<PlaneObject> {
 public:
  static Napi::Function define(Napi::Env env) {
    return DefineClass(env, "Plane",
                       {InstanceMethod<&PlaneObject::listen>("listen"), InstanceMethod<&PlaneObject::address>("address"),
                        InstanceMethod<&PlaneObject::take>("take"), InstanceMethod<&PlaneObject::admit>("admit"),
                        InstanceMethod<&PlaneObject::simple<Command::Kind::readMore>>("readMore"),
                        InstanceMethod<&PlaneObject::fromByte<Command::Kind::takeFrames>>("takeFrames"),
                        InstanceMethod<&PlaneObject::fromByte<Command::Kind::handOver>>("handOver"),
                        InstanceMethod<&PlaneObject::fromByte<Command::Kind::carryTurn>>("carryTurn"),
                        InstanceMethod<&PlaneObject::openRelay>("openRelay"),
                        InstanceMethod<&PlaneObject::simple<Command::Kind::closeRelay>>("closeRelay"),
                        InstanceMethod<&PlaneObject::permit>("permit"), InstanceMethod<&PlaneObject::forbid>("forbid"),
                        InstanceMethod<&PlaneObject::relay>("relay"),
                        InstanceMethod<&PlaneObject::simple<Command::Kind::listenForMedia>>("listenForMedia"),
                        InstanceMethod<&PlaneObject::simple<Command::Kind::handled>>("handled"),
                        InstanceMethod<&PlaneObject::withBytes<Command::Kind::send>>("send"),
                        InstanceMethod<&PlaneObject::openAnchor>("openAnchor"),
                        InstanceMethod<&PlaneObject::withBytes<Command::Kind::sendToAnchor>>("sendToAnchor"),
                        InstanceMethod<&PlaneObject::select>("select"),
                        InstanceMethod<&PlaneObject::giveWay>("giveWay"),
                        InstanceMethod<&PlaneObject::withBytes<Command::Kind::write>>("write"),
                        InstanceMethod<&PlaneObject::simple<Command::Kind::pause>>("pause"),
                        InstanceMethod<&PlaneObject::simple<Command::Kind::resume>>("resume"),
                        InstanceMethod<&PlaneObject::simple<Command::Kind::finish>>("finish"),
                        InstanceMethod<&PlaneObject::simple<Command::Kind::close>>("close"),
                        InstanceMethod<&PlaneObject::status>("status"), InstanceMethod<&PlaneObject::counters>("counters"),
                        InstanceMethod<&PlaneObject::stop>("stop")});
  }

  /** (limits, threads, wake): `wake` is called without arguments when there is something to `take`. */
  explicit PlaneObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<PlaneObject>(info) {
    const auto given = info[0].As<Napi::Object>();
#define EDGE80_READ(type, name) limits_.name = static_cast<type>(given.Get(#name).As<Napi::Number>().DoubleValue());
    EDGE80_LIMITS(EDGE80_READ)
#undef EDGE80_READ
    threads_ = info[1].As<Napi::Number>().Uint32Value();
    wake_ = Napi::Persistent(info[2].As<Napi::Function>());
  }

  ~PlaneObject() override { end(); }

 private:
  /**
   * (addresses, ipv6Only): undefined, or the system's error and the index of the address that it belongs to; that of
   * none if it belongs to none.
   */
  Napi::Value listen(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    std::vector<Address> addresses;
    const auto given = info[0].As<Napi::Array>();
    for (uint32_t i = 0; i < given.Length(); i++) {
      Address address;
      if (!readAddress(given.Get(i), address)) return failure(env, EINVAL, i);
      addresses.push_back(address);
    }
    wakeSafely_ = Napi::ThreadSafeFunction::New(env, wake_.Value(), "edge80 forwarding plane", 0, 1);
    isAwake_ = true;
    size_t failed = addresses.size();
    const int error = start(addresses, info[1].As<Napi::Boolean>(), failed);
    if (error == 0) {
      // Threads must not outlive the environment that they call into.
      napi_add_env_cleanup_hook(env, &PlaneObject::environmentEnds, this);
      isHooked_ = true;
      return env.Undefined();
    }
    end();
    plane_.reset();
    return failure(env, error, failed);
  }

  /** 0, or the system's error; `failed` is set if that belongs to an address. */
  int start(const std::vector<Address>& addresses, bool ipv6Only, size_t& failed) {
    try {
      plane_ = std::make_unique<Plane>(limits_, threads_, [this] { wakeSafely_.NonBlockingCall(); });
      size_t address = 0;
      const int error = plane_->listen(addresses, ipv6Only, address);
      if (error != 0) failed = address;
      return error;
    } catch (const std::system_error& error) {
      return error.code().value();
    } catch (const std::bad_alloc&) {
      return ENOMEM;
    }
  }

  Napi::Value address(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    const std::vector<Address> addresses = plane_ == nullptr ? std::vector<Address>() : plane_->addresses();
    const Napi::Array all = Napi::Array::New(env, addresses.size());
    for (size_t i = 0; i < addresses.size(); i++) {
      all.Set(static_cast<uint32_t>(i), addressObject(env, addresses[i]));
    }
    return all;
  }

  /** (events, bulkBytes). */
  Napi::Value take(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    const auto most = [&](size_t i) { return static_cast<size_t>(info[i].As<Napi::Number>().Int64Value()); };
    const std::vector<Event> events = plane_ == nullptr ? std::vector<Event>() : plane_->take(most(0), most(1));
    const Napi::Array all = Napi::Array::New(env, events.size());
    for (size_t i = 0; i < events.size(); i++) all.Set(static_cast<uint32_t>(i), eventObject(env, events[i]));
    return all;
  }

  void order(Command command) {
    if (plane_ != nullptr) plane_->command(std::move(command));
  }

  template <Command::Kind kind>
  void simple(const Napi::CallbackInfo& info) {
    order({kind, idOf(info)});
  }

  template <Command::Kind kind>
  void withBytes(const Napi::CallbackInfo& info) {
    order({kind, idOf(info), bytesOf(info[1])});
  }

  template <Command::Kind kind>
  void fromByte(const Napi::CallbackInfo& info) {
    Command command{kind, idOf(info)};
    command.from = info[1].As<Napi::Number>().Uint32Value();
    order(std::move(command));
  }

  void admit(const Napi::CallbackInfo& info) {
    const std::string content = info[1].As<Napi::String>();
    Command command{Command::Kind::admit, idOf(info)};
    const auto* known = std::find(std::begin(contents), std::end(contents), content);
    command.content = static_cast<Content>(known - std::begin(contents));
    order(std::move(command));
  }

  void openAnchor(const Napi::CallbackInfo& info) {
    Command command{Command::Kind::openAnchor, idOf(info)};
    // One that is no address has no way to it either, which is counted.
    readAddress(info[1], command.address);
    order(std::move(command));
  }

  void openRelay(const Napi::CallbackInfo& info) {
    Command command{Command::Kind::openRelay, idOf(info)};
    readAddress(info[1], command.address);
    if (info[2].IsArray()) {
      const auto given = info[2].As<Napi::Array>();
      for (uint32_t i = 0; i < given.Length(); i++) command.avoid.ports.push_back(portOf(given.Get(i)));
      std::sort(command.avoid.ports.begin(), command.avoid.ports.end());
    } else {
      command.avoid.isAlone = true;
    }
    order(std::move(command));
  }

  void permit(const Napi::CallbackInfo& info) {
    Command command{Command::Kind::permit, idOf(info)};
    readAddress(info[1], command.named);
    readAddress(info[2], command.address);
    command.channel = portOf(info[3]);
    order(std::move(command));
  }

  void forbid(const Napi::CallbackInfo& info) {
    Command command{Command::Kind::forbid, idOf(info)};
    readAddress(info[1], command.named);
    order(std::move(command));
  }

  void relay(const Napi::CallbackInfo& info) {
    Command command{Command::Kind::relay, idOf(info), bytesOf(info[2])};
    readAddress(info[1], command.named);
    order(std::move(command));
  }

  void select(const Napi::CallbackInfo& info) {
    Command command{Command::Kind::select, idOf(info)};
    command.maxAge = info[1].As<Napi::Number>();
    order(std::move(command));
  }

  void giveWay(const Napi::CallbackInfo& info) {
    Command command{Command::Kind::giveWay, idOf(info)};
    command.selected = static_cast<ConnectionId>(info[1].As<Napi::Number>().Int64Value());
    command.maxAge = info[2].As<Napi::Number>();
    order(std::move(command));
  }

  Napi::Value status(const Napi::CallbackInfo& info) {
    const Napi::Env env = info.Env();
    StatusValues values;
    if (plane_ == nullptr || !plane_->status(idOf(info), values)) return env.Undefined();
    return statusObject(env, values);
  }

  Napi::Value counters(const Napi::CallbackInfo& info) {
    static const std::vector<std::unique_ptr<Worker>> none;
    return countersObject(info.Env(), plane_ == nullptr ? none : plane_->workers());
  }

  void stop(const Napi::CallbackInfo&) {
    end();
  }

  static void environmentEnds(void* object) {
    auto* self = static_cast<PlaneObject*>(object);
    self->isHooked_ = false;
    self->end();
  }

  void end() {
    if (isHooked_) napi_remove_env_cleanup_hook(Env(), &PlaneObject::environmentEnds, this);
    isHooked_ = false;
    if (plane_ != nullptr) plane_->stop();
    if (isAwake_) wakeSafely_.Release();
    isAwake_ = false;
  }

  /** False of what has no IP address. */
  static bool readAddress(const Napi::Value& value, Address& address) {
    const auto given = value.As<Napi::Object>();
    return address.parse(given.Get("address").As<Napi::String>(), portOf(given.Get("port")));
  }

  static uint16_t portOf(const Napi::Value& value) {
    return static_cast<uint16_t>(value.As<Napi::Number>().Uint32Value());
  }

  static Napi::Value failure(Napi::Env env, int error, size_t index) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("errno", error);
    object.Set("index", static_cast<double>(index));
    return object;
  }

  Limits limits_{};
  size_t threads_ = 1;
  Napi::FunctionReference wake_;
  Napi::ThreadSafeFunction wakeSafely_;
  bool isAwake_ = false;
  bool isHooked_ = false;
  std::unique_ptr<Plane> plane_;
};

Napi::Object start(Napi::Env env, Napi::Object exports) {
  exports.Set("Plane", PlaneObject::define(env));
  exports.Set("names", namesObject(env));
  return exports;
}

}  // namespace

NODE_API_MODULE(edge80, start)
