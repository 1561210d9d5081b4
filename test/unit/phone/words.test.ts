/** A page's script, which has no types here. */
const words =
  jest.requireActual<Record<string, (...about: unknown[]) => string | undefined>>('../../../app/phone/words.js');

test.each([
  ['registrationRefused', [401, 'Unauthorized'], 'The user name or the password is wrong.'],
  ['registrationRefused', [404, 'Not Found'], 'Your provider does not know this address.'],
  ['registrationRefused', [408, 'Request Timeout'], 'No answer came in time (408).'],
  ['registrationRefused', [420, 'Bad Extension'], 'The registration was refused: 420 Bad Extension.'],
  ['callRefused', [486, 'Busy Here', 'bob'], 'bob is busy.'],
  ['callRefused', [603, 'Decline', 'bob'], 'bob declined.'],
  ['callRefused', [500, 'Server Error', 'bob'], 'The call was refused: 500 Server Error.'],
  ['messageRefused', [480, 'Gone', 'bob'], 'bob cannot be reached now: the message was not delivered.'],
  ['messageRefused', [415, 'Unsupported', 'bob'], 'The message was refused: 415 Unsupported.'],
  [
    'noMicrophone',
    [{ name: 'NotAllowedError', message: 'Permission denied' }],
    'The browser may not use the microphone. Allow it for this page, and call again.',
  ],
  ['noMicrophone', [{ message: 'What' }], 'The microphone cannot be used: What'],
  [
    'insecurePage',
    [false, 'sip.example.net'],
    'This page came over http, so the browser gives it neither the microphone nor TCP for media. Open https://sip.example.net/phone/ instead: the edge serves it where it has port 443.',
  ],
  ['insecurePage', [true, 'sip.example.net'], undefined],
  ['unusableServer', ['http://sip.example.net/', 'http:'], 'The WebSocket has to be like wss://sip.example.net/.'],
  [
    'unusableServer',
    ['ws://sip.example.net/', 'https:'],
    'This page came over https: browsers let it use wss:// alone, not ws://.',
  ],
  ['unusableServer', ['ws://sip.example.net/', 'http:'], undefined],
  [
    'noWebSocket',
    ['wss://a/', 'https://b'],
    'wss://a/ did not open. Nobody may listen there, its certificate may not be trusted, or it may refuse pages of https://b.',
  ],
])('what the web phone says (J5): %s %j', (name, about, said) => {
  expect(words[name]?.(...about)).toBe(said);
});
