import { createHash } from 'node:crypto';
import { isControlText } from '../../../lib/gateway/control-text';
import { packetKind } from '../../../lib/gateway/first-byte';
import { controlTexts, likeControlText } from './control-texts';

test.each(controlTexts())('N1: %s is no media', (_name, packet) => {
  expect(packetKind(packet)).toMatch(/^rtc?p$/);
  expect(isControlText(packet)).toBe(true);
});

test.each(likeControlText())('N1: %s is media', (_name, packet) => {
  expect(packetKind(packet)).toBe('rtp');
  expect(isControlText(packet)).toBe(false);
});

test('N1: of 2,000 packets of encoded or encrypted media none is taken for text', () => {
  for (let i = 0; i < 2000; i++) {
    const noise = Array.from({ length: 5 }, (_, part) => createHash('sha256').update(`${i} ${part}`).digest());
    expect(isControlText(Buffer.concat([Buffer.from([0x80, 0, 0, 1]), ...noise]))).toBe(false);
  }
});
