import JsSIP from 'jssip';
import './browser-page.js';

/*
 * A page with JsSIP, as its users write one. The test calls functions of `media`, beside those of browser-page.js, which
 * stands between JsSIP and its microphone.
 */
const { media } = globalThis;

let agent;
let incoming;
let session;
let callOptions;
const messages = [];

/** `frequency`: Hz of the tone in the microphone's place. */
media.register = async ({ server, uri, bundlePolicy, frequency }) => {
  media.attend(frequency);
  callOptions = { mediaConstraints: { audio: true, video: false }, pcConfig: { bundlePolicy } };
  agent = new JsSIP.UA({ sockets: [new JsSIP.WebSocketInterface(server)], uri });
  incoming = new Promise((resolve) => {
    agent.on('newRTCSession', (made) => {
      if (made.originator === 'remote') resolve(made.session);
    });
  });
  agent.on('newMessage', ({ originator, request }) => {
    if (originator === 'remote') messages.push(request.body);
  });
  agent.start();
  await event(agent, 'registered', 'registrationFailed');
};

/** Resolves once the call is up. */
media.call = async (target) => {
  session = agent.call(target, callOptions);
  await event(session, 'confirmed', 'failed');
};

/** Answers the call that comes in, or has come in. */
media.take = async () => {
  session = await incoming;
  session.answer(callOptions);
  await event(session, 'confirmed', 'failed');
};

media.hold = async (holds) => {
  await new Promise((resolve, reject) => {
    const isSent = holds ? session.hold({}, resolve) : session.unhold({}, resolve);
    if (!isSent) reject(new Error('JsSIP does not hold now'));
  });
};

media.press = (digits) => session.sendDTMF(digits);

/** Resolves once it was taken. */
media.write = async (target, text) => {
  await new Promise((resolve, reject) => {
    const failed = ({ cause }) => reject(new Error(cause));
    agent.sendMessage(target, text, { eventHandlers: { succeeded: () => resolve(), failed } });
  });
};

/** Those that came, oldest first. */
media.messages = () => messages;

/** Ends call and registration. */
media.leave = async () => {
  if (session?.isEnded() === false) session.terminate();
  if (!agent?.isConnected()) return;
  const gone = event(agent, 'disconnected');
  agent.stop();
  await gone;
};

async function event(of, wanted, failed) {
  await new Promise((resolve, reject) => {
    of.once(wanted, () => resolve());
    if (failed) of.once(failed, ({ cause }) => reject(new Error(`${failed}: ${cause}`)));
  });
}
