const js = require('@eslint/js');
const tseslint = require('typescript-eslint');

/** Imports point one way: what each folder of lib may not import. */
const layers = {
  ice: ['sdp', 'gateway', 'rtpengine', 'media', 'sip', 'calls', 'ops', 'embedded', 'ue', 'msrp'],
  sdp: ['gateway', 'rtpengine', 'media', 'sip', 'calls', 'ops', 'embedded', 'ue', 'msrp'],
  gateway: ['rtpengine', 'media', 'sip', 'embedded', 'ue'],
  rtpengine: ['gateway', 'media', 'sip', 'embedded', 'ue'],
  media: ['sip', 'embedded', 'ue'],
  sip: ['gateway', 'rtpengine', 'ice', 'embedded', 'ue'],
  embedded: ['sdp', 'ice', 'gateway', 'rtpengine', 'media', 'sip', 'calls', 'ue'],
  wire: [
    'sdp',
    'ice',
    'gateway',
    'rtpengine',
    'media',
    'sip',
    'calls',
    'ops',
    'embedded',
    'ue',
    'drachtio',
    'egress',
    'access',
  ],
  egress: ['sdp', 'ice', 'gateway', 'rtpengine', 'media', 'sip', 'calls', 'embedded', 'ue', 'drachtio', 'access'],
  access: ['sdp', 'ice', 'gateway', 'rtpengine', 'media', 'sip', 'calls', 'embedded', 'ue', 'drachtio', 'egress'],
  ue: ['gateway', 'rtpengine', 'media', 'sip', 'calls'],
  calls: ['gateway', 'rtpengine', 'sip', 'embedded', 'ue'],
  drachtio: ['sdp', 'ice', 'gateway', 'rtpengine', 'media', 'sip', 'calls', 'embedded', 'ue'],
  ops: ['sdp', 'ice', 'gateway', 'rtpengine', 'media', 'sip', 'calls', 'embedded', 'ue'],
};

const pure = ['node:net', 'node:dgram', 'node:timers', 'node:timers/promises', 'node:fs', 'pino'];

module.exports = tseslint.config(
  { ignores: ['dist/', 'node_modules/', 'coverage/'] },
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
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'Settings come from app/config.ts.' },
      ],
    },
  },
  ...Object.entries(layers).map(([folder, forbidden]) => ({
    files: [`lib/${folder}/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: forbidden.map((other) => `**/${other}/**`),
              message: `lib/${folder} must not import this (imports point one way).`,
            },
            { group: ['**/app/**'] },
          ],
          paths:
            folder === 'ice' || folder === 'sdp'
              ? pure.map((name) => ({ name, message: 'A pure core: no sockets, timers, files or logs.' }))
              : [],
        },
      ],
    },
  })),
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
    languageOptions: { globals: { module: 'writable', require: 'readonly', __dirname: 'readonly' } },
  },
);
