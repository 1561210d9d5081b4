"""
ICE by libnice for one stream with RTP and RTCP on one component, driven by JSON objects, one a line.

It writes   {"ufrag": …, "pwd": …, "candidates": ["a=candidate:…"]}   once it has gathered,
            {"selected": {"transport": "udp"|"tcp", "remote": "address:port"}}   for each pair that it selects, and
            {"received": base64}   for each packet.
It takes    {"remote": {"ufrag": …, "pwd": …, "candidates": […]}}   and   {"send": base64}.

Its arguments are its address and, for a relayed candidate alone, host, port, user, password and tcp or tls of a TURN
server. It ends with its input.
"""

import base64
import ctypes
import json
import os
import sys

import gi

gi.require_version("Nice", "0.1")
from gi.repository import GLib, Nice  # noqa: E402

COMPONENT = 1

# The bindings cannot hand packets out, and send text alone. A GObject's hash is its address.
Received = ctypes.CFUNCTYPE(
    None, ctypes.c_void_p, ctypes.c_uint, ctypes.c_uint, ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p
)
libnice = ctypes.CDLL("libnice.so.10")
attach_recv = libnice.nice_agent_attach_recv
attach_recv.argtypes = [ctypes.c_void_p, ctypes.c_uint, ctypes.c_uint, ctypes.c_void_p, Received, ctypes.c_void_p]
send = libnice.nice_agent_send
send.argtypes = [ctypes.c_void_p, ctypes.c_uint, ctypes.c_uint, ctypes.c_uint, ctypes.c_char_p]


def tell(**message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


class Session:
    def __init__(self, address, turn, loop):
        self.loop = loop
        self.input = b""
        self.agent = Nice.Agent.new_full(
            loop.get_context(),
            Nice.Compatibility.RFC5245,
            Nice.AgentOption.REGULAR_NOMINATION | Nice.AgentOption.CONSENT_FRESHNESS,
        )
        self.agent.set_property("ice-tcp", True)
        self.agent.set_property("ice-udp", True)
        self.agent.set_property("upnp", False)
        # The edge is ICE-lite: whoever called, the UE controls (RFC 8445 §6.1.1).
        self.agent.set_property("controlling-mode", True)
        own = Nice.Address.new()
        own.set_from_string(address)
        self.agent.add_local_address(own)
        self.agent.connect("candidate-gathering-done", self.gathered)
        self.agent.connect("new-selected-pair-full", self.selected)
        self.stream = self.agent.add_stream(1)
        if turn:
            self.relay(*turn)
        self.on_packet = Received(self.received)
        attach_recv(hash(self.agent), self.stream, COMPONENT, hash(loop.get_context()), self.on_packet, None)
        if not self.agent.gather_candidates(self.stream):
            raise RuntimeError("libnice gathers no candidates")

    def relay(self, host, port, user, password, secure):
        kind = Nice.RelayType.TLS if secure == "tls" else Nice.RelayType.TCP
        self.agent.set_property("force-relay", True)
        self.agent.set_relay_info(self.stream, COMPONENT, host, int(port), user, password, kind)

    def gathered(self, agent, stream):
        _, ufrag, pwd = agent.get_local_credentials(stream)
        candidates = agent.get_local_candidates(stream, COMPONENT)
        tell(ufrag=ufrag, pwd=pwd, candidates=[agent.generate_local_candidate_sdp(each) for each in candidates])

    def selected(self, agent, stream, component, local, remote):
        transport = "udp" if remote.transport == Nice.CandidateTransport.UDP else "tcp"
        tell(selected={"transport": transport, "remote": f"{remote.addr.dup_string()}:{remote.addr.get_port()}"})

    def received(self, agent, stream, component, length, packet, data):
        tell(received=base64.b64encode(ctypes.string_at(packet, length)).decode())

    def read(self, source, condition):
        chunk = os.read(0, 65536)
        if chunk == b"":
            self.loop.quit()
            return False
        *lines, self.input = (self.input + chunk).split(b"\n")
        for line in lines:
            self.obey(json.loads(line))
        return True

    def obey(self, message):
        if "send" in message:
            packet = base64.b64decode(message["send"])
            send(hash(self.agent), self.stream, COMPONENT, len(packet), packet)
            return
        remote = message["remote"]
        self.agent.set_remote_credentials(self.stream, remote["ufrag"], remote["pwd"])
        candidates = [self.agent.parse_remote_candidate_sdp(self.stream, each) for each in remote["candidates"]]
        self.agent.set_remote_candidates(self.stream, COMPONENT, candidates)


loop = GLib.MainLoop()
session = Session(sys.argv[1], sys.argv[2:], loop)
readable = GLib.IOCondition.IN | GLib.IOCondition.HUP
GLib.io_add_watch(GLib.IOChannel.unix_new(0), GLib.PRIORITY_DEFAULT, readable, session.read)
loop.run()
