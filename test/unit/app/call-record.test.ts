import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import { callRecordSchema, recordLine } from '../../../app/call-record';
import type { CallRecord } from '../../../lib/calls/call';
import { LineFile } from '../../../lib/ops/line-file';
import { createLogger } from '../../../lib/ops/logger';

const schemaFile = path.join(__dirname, '../../../docs/call-record.schema.json');

const record: CallRecord = {
  ...{ id: 'a', direction: 'originating', sipCallId: 'a@ue', ueAddress: '198.51.100.2', ue: 'sip:ue@example.net' },
  ...{ caller: 'sip:ue@example.net', callee: 'sip:+49@example.net', startedAt: 0, answeredAt: 1000, endedAt: 61_500 },
  ...{ firstMedia: { at: 1400, path: 'tcp80' }, cause: 'hung-up' },
  streams: [
    {
      ...{ line: 0, path: 'tcp80', remote: { address: '2001:db8::2', port: 4000 }, tcpReason: 'udp-lost', rttMs: 40 },
      quality: { access: { loss: 0.02, jitterMs: 8 }, core: undefined },
      ...{ reconnects: 2, dropped: 3, packets: { access: 10, core: 20 } },
    },
  ],
};

test('I8: a line says who, when, by which way and why, and how it was', () => {
  const line = recordLine(record);
  expect(line).toMatch(/^\{.*\}\n$/);
  expect(callRecordSchema.strict().parse(JSON.parse(line))).toEqual({
    ...{ version: 1, call: 'a', callId: 'a@ue', direction: 'originating', emergency: false, cause: 'hung-up' },
    ...{ caller: 'sip:ue@example.net', callee: 'sip:+49@example.net', ueAddress: '198.51.100.2' },
    ...{ startedAt: '1970-01-01T00:00:00.000Z', answeredAt: '1970-01-01T00:00:01.000Z' },
    ...{ endedAt: '1970-01-01T00:01:01.500Z', seconds: 60.5, timeToMediaMs: 400 },
    streams: [
      {
        ...{ line: 0, path: 'tcp80', tcpReason: 'udp-lost', remote: '[2001:db8::2]:4000', reconnects: 2, dropped: 3 },
        ...{ rttMs: 40, packets: { fromUe: 10, fromCore: 20 }, loss: { fromUe: 0.02, fromCore: null } },
        jitterMs: { fromUe: 8, fromCore: null },
      },
    ],
  });
});

test('I8: a call that was not answered has a line, too', () => {
  const line = recordLine({ ...record, answeredAt: undefined, firstMedia: undefined, cause: 'rejected', streams: [] });
  const shown = { answeredAt: null, seconds: 0, timeToMediaMs: null, cause: 'rejected', streams: [] };
  expect(callRecordSchema.strict().parse(JSON.parse(line))).toMatchObject(shown);
});

test('I8: what a caller writes makes no second line, and no long one', () => {
  const line = recordLine({ ...record, caller: `sip:a\r\n{"b"@${'c'.repeat(9000)}` });
  expect(line.trimEnd().split('\n')).toHaveLength(1);
  expect(line.length).toBeLessThan(2000);
});

test('I8: docs/call-record.schema.json is the schema', () => {
  const schema = `${JSON.stringify(z.toJSONSchema(callRecordSchema), null, 2)}\n`;
  expect(JSON.parse(readFileSync(schemaFile, 'utf8'))).toEqual(JSON.parse(schema));
});

describe('I8: the file of call records', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'edge80-'));
  const place = path.join(folder, 'calls');
  const lines = (file: string) => readFileSync(file, 'utf8');

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('is appended to, and opened anew when it was moved away', async () => {
    const first = await LineFile.open(place, createLogger('silent'));
    first.write('1\n');
    await first.close();
    await first.close();
    const second = await LineFile.open(place, createLogger('silent'));
    second.write('2\n');
    renameSync(place, `${place}.old`);
    await second.reopen();
    second.write('3\n');
    await second.close();
    // What waited while it was moved goes to either.
    expect(lines(`${place}.old`) + lines(place)).toBe('1\n2\n3\n');
    expect(lines(place)).toMatch(/3\n$/);
  });

  test('that cannot be written ends the start, and later is told while the old one stays', async () => {
    const opened = (at: string) => LineFile.open(at, createLogger('silent'));
    await expect(opened(path.join(folder, 'none', 'calls'))).rejects.toMatchObject({
      ...{ code: 'config-invalid', message: expect.stringContaining('(ENOENT)') },
    });
    await expect(opened(folder)).rejects.toThrow(/cannot be written \(EISDIR\)/);
    const file = await opened(place);
    rmSync(folder, { recursive: true });
    await expect(file.reopen()).rejects.toMatchObject({ code: 'config-invalid' });
    file.write('4\n');
    await file.close();
  });
});
