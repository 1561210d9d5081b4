import { nonstandard, RTCPeerConnection } from '@roamhq/wrtc';
import { serveParent } from './remote-calls';

/*
 * A real libwebrtc whose offers and answers the test carries; in a process of its own, as it crashes when that exits. One
 * connection at a time.
 */

export type LibwebrtcKind = 'audio' | 'video' | 'data';

/** What the test may call here. */
export type LibwebrtcFunctions = typeof functions;

let connection: RTCPeerConnection | undefined;

const functions = {
  /** A new connection, with these lines. */
  open(bundlePolicy: RTCBundlePolicy, kinds: LibwebrtcKind[]): void {
    connection?.close();
    connection = new RTCPeerConnection({ bundlePolicy });
    for (const kind of kinds) functions.add(kind);
  },
  add(kind: LibwebrtcKind): void {
    if (kind === 'data') opened().createDataChannel('data');
    else opened().addTrack(track(kind));
  },
  direct(line: number, direction: RTCRtpTransceiverDirection): void {
    transceiver(line).direction = direction;
  },
  /** From the next offer on its line is not used. */
  stop(line: number): void {
    transceiver(line).stop();
  },
  async offer(iceRestart: boolean): Promise<string> {
    await opened().setLocalDescription(await opened().createOffer({ iceRestart }));
    return await gathered();
  },
  async accept(answer: string): Promise<void> {
    await opened().setRemoteDescription({ type: 'answer', sdp: answer });
  },
  async take(offer: string): Promise<void> {
    await opened().setRemoteDescription({ type: 'offer', sdp: offer });
  },
  async answer(): Promise<string> {
    await opened().setLocalDescription(await opened().createAnswer());
    return await gathered();
  },
  /** Takes back its own offer, or refuses that of the other end. */
  async rollback(): Promise<void> {
    const { signalingState } = opened();
    if (signalingState === 'have-remote-offer') await opened().setRemoteDescription({ type: 'rollback', sdp: '' });
    else await opened().setLocalDescription({ type: 'rollback', sdp: '' });
  },
};

serveParent(functions);

function opened(): RTCPeerConnection {
  if (connection === undefined) throw new Error('There is no connection yet');
  return connection;
}

function track(kind: 'audio' | 'video'): MediaStreamTrack {
  return kind === 'audio'
    ? new nonstandard.RTCAudioSource().createTrack()
    : new nonstandard.RTCVideoSource().createTrack();
}

function transceiver(line: number): RTCRtpTransceiver {
  const found = opened().getTransceivers()[line];
  if (found === undefined) throw new Error(`There is no transceiver ${line}`);
  return found;
}

/** What it said last, with all its candidates. */
async function gathered(): Promise<string> {
  const own = opened();
  await new Promise<void>((resolve) => {
    const look = () => own.iceGatheringState === 'complete' && resolve();
    own.addEventListener('icegatheringstatechange', look);
    look();
  });
  return own.localDescription?.sdp ?? '';
}
