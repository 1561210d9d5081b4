/*
 * The media of one call in a browser's page, as an app with SIP in JavaScript has it. It is loaded into the page, and
 * the test calls the functions of `media` by their names.
 */
const media = {};

/** 85 ms at 48 kHz. */
const heardSamples = 4096;

let connection;
let context;
let analyser;

/** `frequency`: Hz of the tone that is sent; the others are of RTCConfiguration. */
media.open = async ({ bundlePolicy, video, frequency, iceServers, iceTransportPolicy }) => {
  // A page that may use the microphone lists its addresses; others list names of mDNS.
  await navigator.mediaDevices.getUserMedia({ audio: true });
  const sent = await tone(frequency);
  follow(new RTCPeerConnection({ bundlePolicy, iceServers, iceTransportPolicy }));
  for (const track of sent.getTracks()) connection.addTrack(track);
  if (video) await addVideo();
};

/** Before a page that has SIP of its own: its microphone gives a tone (Hz), and its newest connection is followed. */
media.attend = (frequency) => {
  const { mediaDevices } = navigator;
  const ask = mediaDevices.getUserMedia.bind(mediaDevices);
  mediaDevices.getUserMedia = async (wanted) => {
    await ask(wanted);
    return await tone(frequency);
  };
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration) {
      super(configuration);
      follow(this);
    }
  };
};

media.offer = async ({ iceRestart = false, direction, video = false }) => {
  if (video) await addVideo();
  if (direction !== undefined) for (const line of lines()) line.direction = direction;
  await connection.setLocalDescription(await connection.createOffer({ iceRestart }));
  return await gathered();
};

media.answer = async (sdp) => {
  await connection.setRemoteDescription({ type: 'offer', sdp });
  await connection.setLocalDescription(await connection.createAnswer());
  return await gathered();
};

media.accept = async (sdp) => {
  await connection.setRemoteDescription({ type: 'answer', sdp });
};

/** The newest of the sound that comes in, as Sound of client-media.ts: a text, since long arrays take half a second. */
media.heard = () => {
  const samples = new Float32Array(heardSamples);
  analyser?.getFloatTimeDomainData(samples);
  const bytes = new Uint8Array(Int16Array.from(samples, (sample) => Math.round(sample * 32767)).buffer);
  return { sampleRate: context.sampleRate, pcm: btoa(String.fromCharCode(...bytes)) };
};

/** The pair of candidates of each transport, as SelectedPair of client-media.ts. */
media.pairs = async () => {
  const stats = await connection.getStats();
  const all = [...stats.values()];
  const named = all.filter(({ type }) => type === 'transport').map((each) => stats.get(each.selectedCandidatePairId));
  // Firefox tells of no transports.
  const selected = named.length > 0 ? named : all.filter(({ type, selected: is }) => type === 'candidate-pair' && is);
  return selected.flatMap((pair) => {
    const remote = stats.get(pair?.remoteCandidateId);
    return remote ? [{ transport: remote.protocol, remote: `${remote.address}:${remote.port}` }] : [];
  });
};

/** Pictures that came in and could be read. */
media.pictures = async () => {
  const lines = [...(await connection.getStats()).values()].filter(({ type }) => type === 'inbound-rtp');
  return lines.find(({ kind }) => kind === 'video')?.framesDecoded ?? 0;
};

/** `direction` of each line as the last offer and answer have it. */
media.directions = () => lines().map(({ currentDirection }) => currentDirection);

media.close = async () => {
  connection?.close();
  await context?.close();
};

/** The edge is given all candidates at once (RFC 8838 §16, no trickling). */
async function gathered() {
  await new Promise((resolve) => {
    const look = () => {
      if (connection.iceGatheringState === 'complete') resolve();
    };
    connection.addEventListener('icegatheringstatechange', look);
    look();
  });
  return connection.localDescription.sdp;
}

async function tone(frequency) {
  context = new AudioContext();
  await context.resume();
  const oscillator = new OscillatorNode(context, { frequency });
  const sent = new MediaStreamAudioDestinationNode(context);
  oscillator.connect(new GainNode(context, { gain: 0.25 })).connect(sent);
  oscillator.start();
  return sent.stream;
}

function follow(made) {
  connection = made;
  connection.addEventListener('track', ({ track }) => {
    if (track.kind === 'audio') hear(track);
  });
}

/** Firefox lists those that were declined, too. */
function lines() {
  return connection.getTransceivers().filter(({ direction }) => direction !== 'stopped');
}

async function addVideo() {
  const captured = await navigator.mediaDevices.getUserMedia({ video: { width: 160, height: 120, frameRate: 10 } });
  for (const track of captured.getTracks()) connection.addTrack(track);
}

function hear(track) {
  const stream = new MediaStream([track]);
  // Chromium hands the sound of a track from afar to WebAudio only while an element plays it.
  const element = new Audio();
  element.srcObject = stream;
  element.muted = true;
  void element.play();
  analyser = new AnalyserNode(context, { fftSize: heardSamples });
  context.createMediaStreamSource(stream).connect(analyser);
}

globalThis.media = media;
