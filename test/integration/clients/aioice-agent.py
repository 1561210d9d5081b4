"""
ICE by aioice for one stream with RTP and RTCP on one component, with a relayed candidate alone; driven as nice-agent.py is:
its arguments and its lines are the same.
"""

import asyncio
import base64
import json
import ssl
import sys

import aioice

# The edge's certificate is its own.
ssl.create_default_context = ssl._create_unverified_context


def tell(**message):
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


def remote_candidate(line):
    return aioice.Candidate.from_sdp(line.removeprefix("a=candidate:"))


async def receive(connection):
    while True:
        tell(received=base64.b64encode(await connection.recv()).decode())


async def main(address, turn):
    host, port, user, password, secure = turn
    # The edge is ICE-lite: whoever called, the UE controls (RFC 8445 §6.1.1).
    connection = aioice.Connection(
        ice_controlling=True,
        components=1,
        turn_server=(host, int(port)),
        turn_username=user,
        turn_password=password,
        turn_ssl=secure == "tls",
        turn_transport="tcp",
        use_ipv6=False,
    )
    await connection.gather_candidates()
    relayed = [each for each in connection.local_candidates if each.type == "relay"]
    tell(
        ufrag=connection.local_username,
        pwd=connection.local_password,
        candidates=[f"a=candidate:{each.to_sdp()}" for each in relayed],
    )
    lines = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    receiving = None
    while line := await lines.readline():
        message = json.loads(line)
        if "send" in message:
            await connection.send(base64.b64decode(message["send"]))
            continue
        remote = message["remote"]
        connection.remote_username, connection.remote_password = remote["ufrag"], remote["pwd"]
        for candidate in map(remote_candidate, remote["candidates"]):
            # It takes those of TCP for UDP.
            if candidate.transport.lower() == "udp":
                await connection.add_remote_candidate(candidate)
        await connection.add_remote_candidate(None)
        await connection.connect()
        pair = connection._nominated[1]
        at = pair.remote_addr
        tell(selected={"transport": "udp", "remote": f"{at[0]}:{at[1]}"})
        receiving = asyncio.create_task(receive(connection))
    if receiving is not None:
        receiving.cancel()
    await connection.close()


asyncio.run(main(sys.argv[1], sys.argv[2:]))
