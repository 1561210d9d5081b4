"""
Media without ICE for one stream, by a relayed address of TURN over TCP (aioice); driven as nice-agent.py is. It tells
{"relayed": {"address": …, "port": …}} in place of candidates, and takes {"remote": {"address": …, "port": …}}.
"""

import asyncio
import base64
import json
import ssl
import sys

from aioice import turn

# The edge's certificate is its own.
ssl.create_default_context = ssl._create_unverified_context


def tell(**message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


class Media(asyncio.DatagramProtocol):
    def datagram_received(self, data, addr):
        tell(received=base64.b64encode(data).decode())


async def main(host, port, user, password, secure):
    transport, _ = await turn.create_turn_endpoint(
        Media, (host, int(port)), user, password, ssl=secure == "tls", transport="tcp"
    )
    address, relayed_port = transport.get_extra_info("sockname")
    tell(relayed={"address": address, "port": relayed_port})
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    remote = None
    while line := await lines.readline():
        message = json.loads(line)
        if "send" in message:
            transport.sendto(base64.b64decode(message["send"]), remote)
        else:
            remote = (message["remote"]["address"], message["remote"]["port"])
            tell(selected={"transport": "udp", "remote": f"{remote[0]}:{remote[1]}"})
    transport.close()


asyncio.run(main(*sys.argv[2:]))
