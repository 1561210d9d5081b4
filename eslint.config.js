const js = require('@eslint/js');
const tseslint = require('typescript-eslint');

/**
 * Imports point one way: what each folder of lib may import, besides errors.ts, newest.ts, groups.ts and with-resolvers.ts.
 * One that is not here: nothing. A folder in another stands after it.
 */
const layers = {
  wire: ['ip-address', 'heap'],
  admission: ['ip-address', 'heap'],
  ops: ['ip-address'],
  admin: ['ops', 'wire', 'ip-address'],
  port: ['ice', 'wire', 'ip-address'],
  shares: ['ops'],
  drachtio: ['drachtio/fence', 'wire', 'ops'],
  'drachtio/fence': ['wire', 'heap', 'ip-address'],
  embedded: ['drachtio/fence', 'wire', 'shares', 'ops', 'ip-address', 'ip-prefix'],
  egress: ['drachtio/fence', 'wire', 'ops', 'address-kind', 'ip-address'],
  access: ['drachtio/fence', 'wire', 'shares', 'ops', 'admission', 'port', 'ice', 'ip-address'],
  web: ['wire', 'shares', 'ops', 'admission', 'port', 'ip-address'],
  ice: ['ip-address'],
  sdp: ['ice', 'ip-address'],
  gateway: ['ice', 'ops', 'port', 'admission', 'shares', 'ip-address'],
  turn: ['gateway', 'ice', 'shares', 'ops', 'ip-address'],
  rtpengine: ['ops', 'ip-address'],
  msrp: ['ice', 'ops', 'ip-address'],
  media: ['sdp', 'gateway', 'msrp', 'rtpengine', 'shares', 'ice', 'ops', 'ip-address', 'ip-prefix', 'media-places'],
  ng: ['media', 'rtpengine', 'gateway', 'msrp', 'sdp', 'ice', 'wire', 'shares', 'ops', 'ip-address', 'ip-prefix'],
  nodes: ['media', 'ops', 'ip-address'],
  calls: ['media', 'wire', 'ops', 'ip-address'],
  sip: ['wire', 'drachtio', 'media', 'calls', 'shares', 'ops', 'ip-address', 'ip-prefix'],
  ue: ['wire', 'drachtio', 'embedded', 'ice', 'turn', 'msrp', 'sdp', 'ops', 'ip-address'],
};

/** Of these it may import types alone: the objects are handed in by app. */
const typesOf = { sip: ['egress/errand'] };

const pure = ['node:net', 'node:dgram', 'node:timers', 'node:timers/promises', 'node:fs', 'pino'];

function importing(folder, others, types = []) {
  const path = folder.split('/');
  const up = '\\.\\./'.repeat(Math.max(1, path.length - 1));
  const inside = others
    .filter((other) => other.startsWith(`${path[1]}/`))
    .map((other) => `\\./${other.split('/')[1]}/`);
  const outside = [
    ...['errors', 'newest', 'groups', 'with-resolvers', ...others, ...types].map((other) => `${up}${other}(/|$)`),
    ...inside,
  ];
  const message = `${folder} must not import this (imports point one way).`;
  const patterns = [{ regex: `^(?!${outside.join('|')})(\\./.+/|\\.\\./)`, message }];
  for (const type of types) patterns.push({ regex: `^${up}${type}$`, message, allowTypeImports: true });
  return { '@typescript-eslint/no-restricted-imports': ['error', { patterns }] };
}

const environment = { object: 'process', property: 'env', message: 'Settings come from app/config.ts.' };

const clock = 'What lasts or expires goes by monotonicNow(), what is told by wallClock(): lib/ops/clock.ts.';
const systemClock = [
  ...["NewExpression[callee.name='Date'][arguments.length=0]", "CallExpression[callee.name='Date']"],
  "MemberExpression[object.name='Date'][property.name='now']",
].map((selector) => ({ selector, message: clock }));

const ofBrowsers = ['test/integration/clients/browser-page.js', 'app/phone/*.js', 'app/admin-page/*.js'];
const browserNames = [
  ...['navigator', 'RTCPeerConnection', 'MediaStream', 'Audio', 'AudioContext', 'AnalyserNode'],
  ...['GainNode', 'OscillatorNode', 'MediaStreamAudioDestinationNode', 'btoa', 'HTMLInputElement'],
  ...['document', 'location', 'localStorage', 'isSecureContext', 'performance', 'console'],
  ...['setInterval', 'clearInterval', 'fetch', 'sessionStorage', 'addEventListener', 'Element'],
];

module.exports = tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'coverage/', 'native/build/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: __dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-non-null-assertion': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/dot-notation': 'off',
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  {
    files: ['lib/**/*.ts'],
    rules: { 'no-restricted-properties': ['error', environment] },
  },
  {
    files: ['lib/**/*.ts', 'app/**/*.ts'],
    ignores: ['lib/ops/clock.ts'],
    rules: { 'no-restricted-syntax': ['error', ...systemClock] },
  },
  { files: ['lib/**/*.ts'], rules: importing('lib', []) },
  ...Object.entries(layers).map(([folder, others]) => ({
    files: [`lib/${folder}/**/*.ts`],
    rules: importing(`lib/${folder}`, others, typesOf[folder]),
  })),
  {
    files: ['lib/ice/**/*.ts', 'lib/sdp/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        ...pure.map((name) => ({ name, message: 'A pure core: no sockets, timers, files or logs.' })),
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    // Jest's matchers are typed `any`.
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
    },
  },
  {
    files: ['**/*.js'],
    ignores: ofBrowsers,
    languageOptions: { globals: { module: 'writable', require: 'readonly', __dirname: 'readonly' } },
  },
  {
    files: ofBrowsers,
    languageOptions: { globals: Object.fromEntries(browserNames.map((name) => [name, 'readonly'])) },
  },
);
