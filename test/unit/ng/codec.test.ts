import fc from 'fast-check';
import { readBencode, writeBencode } from '../../../lib/ng/bencode';
import { errorReply, readRequest, splitMessage, writeReply, type NgRequest } from '../../../lib/ng/message';
import { commandLimits } from '../../../lib/ng/limits';
import { NgDictionary, NgInteger, type NgValue } from '../../../lib/ng/value';

const values = fc.letrec<{ value: NgValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small' },
    fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }).map((number) => new NgInteger(String(number))),
    fc.array(tie('value'), { maxLength: 4 }),
    fc
      .array(fc.tuple(fc.uint8Array({ maxLength: 8 }), tie('value')), { maxLength: 4 })
      .map((entries) => new NgDictionary(entries.map(([key, value]) => [Buffer.from(key), value]))),
  ),
}));

function read(payload: string | Buffer) {
  return readRequest(Buffer.from(payload));
}

test('K2: what was written is read as it was, byte for byte, and what follows is left', () => {
  fc.assert(
    fc.property(values.value, (value) => {
      const bytes = writeBencode(value);
      const { value: again, at } = readBencode(Buffer.concat([bytes, Buffer.from('trailing')]));
      expect(at).toBe(bytes.length);
      expect(writeBencode(again)).toEqual(bytes);
    }),
  );
});

test('K2: order of keys, keys that occur twice, and bytes that are no text stay', () => {
  const payload = Buffer.from('d7:command4:ping1:z3:\0\xff\xfe1:ai-12e1:al0:lee1:zdee', 'latin1');
  const request = read(payload) as NgRequest;
  expect(request.name).toBe('ping');
  expect(request.bencode).toEqual(payload);
  expect(writeBencode(request.command)).toEqual(payload);
});

test.each([
  ['', 'Invalid data (no payload)'],
  ['garbage', 'Invalid NG data format'],
  ['i5e', 'Invalid NG data format'],
  ['l4:pinge', 'Invalid NG data format'],
  [' d7:command4:pinge', 'Invalid NG data format'],
  ['d7:command4:pin', 'Could not decode bencode dictionary'],
  ['d7:command5:queryd', 'Could not decode bencode dictionary'],
  ['d', 'Could not decode bencode dictionary'],
  ['d7:command99999999999999999999:pinge', 'Could not decode bencode dictionary'],
  ['d07:command4:pinge', 'Could not decode bencode dictionary'],
  ['d-1:x7:command4:pinge', 'Could not decode bencode dictionary'],
  ['di5e1:a7:command4:pinge', 'Could not decode bencode dictionary'],
  ['d7:command4:ping1:aiee', 'Could not decode bencode dictionary'],
  ['d7:command4:ping1:ai007ee', 'Could not decode bencode dictionary'],
  [`d7:command4:ping1:ai${'9'.repeat(40)}ee`, 'Could not decode bencode dictionary'],
  [`d1:a${'l'.repeat(5000)}`, 'Could not decode bencode dictionary'],
  [`d1:a${'l'.repeat(100)}${'e'.repeat(100)}7:command4:pinge`, 'Could not decode bencode dictionary'],
  ['de', 'Dictionary contains no key "command"'],
  ['d7:commandi5ee', 'Dictionary contains no key "command"'],
  ['{"command":"ping"', 'Failed to parse JSON document'],
  ['{"command":"ping"} x', 'Failed to parse JSON document'],
  ['{"command":["ping"]}', 'Dictionary contains no key "command"'],
  ['{"command":"ping","x":1.5}', 'Could not decode bencode dictionary'],
  ['{"command":"ping","x":null}', 'Could not decode bencode dictionary'],
  ['{"command":"ping","x":12345678901234567890}', 'Could not decode bencode dictionary'],
  [`{"command":"ping","x":${'['.repeat(20_000)}${']'.repeat(20_000)}}`, 'Could not decode bencode dictionary'],
])('K2: %j is refused in the words of rtpengine', (payload, error) => {
  expect(read(payload)).toMatchObject({ error });
});

test('K1: JSON and bencode say the same', () => {
  const { bencode, format } = read('{"command":"list","limit":3,"é":["a",{"b":-1}]}') as NgRequest;
  expect(format).toBe('json');
  expect(bencode.toString()).toBe('d7:command4:list5:limiti3e2:él1:ad1:bi-1eeee');
  expect(JSON.parse(writeReply('json', bencode).toString())).toEqual({
    command: 'list',
    limit: 3,
    é: ['a', { b: -1 }],
  });
  expect(writeReply('json', errorReply('no "such" call')).toString()).toBe(
    '{"result":"error","error-reason":"no \\"such\\" call"}',
  );
});

test('K1: a message has a cookie of bytes, and an end', () => {
  expect(splitMessage(Buffer.from('c18'))).toBeUndefined();
  expect(splitMessage(Buffer.from(' d4:a'))).toBeUndefined();
  expect(splitMessage(Buffer.from(`${'c'.repeat(commandLimits.cookieBytes + 1)} de`))).toBeUndefined();
  expect(splitMessage(Buffer.alloc(commandLimits.bytes + 1, 'a '))).toBeUndefined();
  const { cookie, payload } = splitMessage(Buffer.from('\0\xff de f', 'latin1'))!;
  expect([cookie.toString('latin1'), payload.toString()]).toEqual(['\0\xff', 'de f']);
});
