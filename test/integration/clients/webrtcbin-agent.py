"""Audio of GStreamer's webrtcbin for the tests: PCMU, a tone out, and what comes in as PCM.

    webrtcbin-agent.py FREQUENCY

A JSON object a line, in: {"offer": true}, {"remote": {"type": "offer", "sdp": …}}; end of input ends it. Out:
{"local": SDP} with all candidates, {"heard": 16-bit PCM at 8000 Hz in base64}, and for each pair that ICE selects
{"selected": {"transport": "udp"|"tcp", "remote": "address:port"}}.
"""

import base64
import json
import os
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
gi.require_version("Nice", "0.1")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC, Nice  # noqa: E402

Gst.init(None)
PCMU = "application/x-rtp,media=audio,encoding-name=PCMU,payload=0,clock-rate=8000"
pipeline = Gst.parse_launch(
    f"webrtcbin name=peer bundle-policy=max-bundle audiotestsrc is-live=true wave=sine freq={sys.argv[1]} volume=0.25 "
    f"! audio/x-raw,rate=8000,channels=1 ! mulawenc ! rtppcmupay ! {PCMU} ! peer."
)
peer = pipeline.get_by_name("peer")


def tell(message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def heard(sink):
    sample = sink.emit("pull-sample")
    data = sample.get_buffer().extract_dup(0, sample.get_buffer().get_size())
    tell({"heard": base64.b64encode(data).decode()})
    return Gst.FlowReturn.OK


def pad_added(_, pad):
    if pad.get_direction() != Gst.PadDirection.SRC:
        return
    hearing = Gst.parse_bin_from_description(
        "rtppcmudepay ! mulawdec ! audio/x-raw,format=S16LE,rate=8000,channels=1 "
        "! appsink name=sink emit-signals=true sync=false",
        True,
    )
    hearing.get_by_name("sink").connect("new-sample", heard)
    pipeline.add(hearing)
    hearing.sync_state_with_parent()
    pad.link(hearing.get_static_pad("sink"))


def selected(_, stream, component, local, remote):
    transport = "udp" if remote.transport == Nice.CandidateTransport.UDP else "tcp"
    tell({"selected": {"transport": transport, "remote": f"{remote.addr.dup_string()}:{remote.addr.get_port()}"}})


def described(promise, kind):
    """Sets what webrtcbin made as its own, which begins the gathering of candidates."""
    reply = promise.get_reply()
    description = reply.get_value(kind)
    peer.emit("set-local-description", description, Gst.Promise.new())


def gathering_changed(*_):
    if peer.get_property("ice-gathering-state") == GstWebRTC.WebRTCICEGatheringState.COMPLETE:
        tell({"local": peer.get_property("local-description").sdp.as_text()})


def offer():
    peer.emit("create-offer", None, Gst.Promise.new_with_change_func(lambda promise: described(promise, "offer")))


def take(remote):
    _, message = GstSdp.SDPMessage.new_from_text(remote["sdp"])
    is_offer = remote["type"] == "offer"
    kind = GstWebRTC.WebRTCSDPType.OFFER if is_offer else GstWebRTC.WebRTCSDPType.ANSWER
    description = GstWebRTC.WebRTCSessionDescription.new(kind, message)

    def taken(promise):
        error = promise.get_reply().get_value("error") if promise.get_reply() else None
        if error is not None:
            # Of a thread of GStreamer's, which sys.exit would not end.
            sys.stderr.write(f"webrtcbin refused: {error}\n")
            os._exit(1)
        if is_offer:
            answer = Gst.Promise.new_with_change_func(lambda made: described(made, "answer"))
            peer.emit("create-answer", None, answer)

    peer.emit("set-remote-description", description, Gst.Promise.new_with_change_func(taken))


def read(loop):
    for line in sys.stdin:
        message = json.loads(line)
        if "remote" in message:
            GLib.idle_add(take, message["remote"])
        else:
            GLib.idle_add(offer)
    GLib.idle_add(loop.quit)


peer.connect("pad-added", pad_added)
# Both are kept: the bindings take a reference that is not theirs, and webrtcbin would lose them.
ice = peer.get_property("ice-agent")
agent = ice.get_property("agent")
agent.connect("new-selected-pair-full", selected)
peer.connect("notify::ice-gathering-state", gathering_changed)
pipeline.set_state(Gst.State.PLAYING)
main_loop = GLib.MainLoop()
threading.Thread(target=read, args=(main_loop,), daemon=True).start()
main_loop.run()
pipeline.set_state(Gst.State.NULL)
