import fc from 'fast-check';
import { inProperForm } from '../../../lib/sdp/proper-form';
import { parseSdp } from '../../../lib/sdp/sdp';
import { sectionOf, textsOf } from './texts';

const head = ['v=0', 'o=- 1 1 IN IP4 192.0.2.5', 's=-', 't=0 0'];
const formOf = (...lines: string[]) => {
  const { session, media } = textsOf(inProperForm(parseSdp(lines.join('\r\n'))));
  return [...session, ...media.flat()];
};

test.each([
  ['as it should be', [...head, 'm=audio 5000 RTP/AVP 0'], [...head, 'm=audio 5000 RTP/AVP 0']],
  ['no s= and no t=', [head[0], head[1], 'a=x'], [...head, 'a=x']],
  ['a name that is empty', [head[0], head[1], 's= ', 't=0 0'], head],
  [
    'other order',
    ['v=0', 't=0 0', 'a=x', 'r=1 2', 'b=AS:1', 's=call', 'o=- 1 1 IN IP4 192.0.2.5'],
    ['v=0', 'o=- 1 1 IN IP4 192.0.2.5', 's=call', 'b=AS:1', 't=0 0', 'r=1 2', 'a=x'],
  ],
  [
    'two times, each with its repeats',
    [...head, 'r=7d 1h 0', 't=1 2', 'r=8d 1h 0', 'z=3 -1h'],
    [...head, 'r=7d 1h 0', 't=1 2', 'r=8d 1h 0', 'z=3 -1h'],
  ],
  [
    'a media part in another order, and a type of another specification',
    [...head, 'm=audio 5000 RTP/AVP 0', 'y=1', 'a=b', 'a=a', 'c=IN IP4 192.0.2.5', 'i=x'],
    [...head, 'm=audio 5000 RTP/AVP 0', 'i=x', 'c=IN IP4 192.0.2.5', 'a=b', 'a=a', 'y=1'],
  ],
  [
    'spaces',
    [...head, 'm=audio  5000 RTP/AVP\t0  8 ', 'a=rtpmap:8   PCMA/8000\t', 'a=x:two  spaces  '],
    [...head, 'm=audio 5000 RTP/AVP 0 8', 'a=rtpmap:8 PCMA/8000', 'a=x:two  spaces'],
  ],
  [
    'a key in the clear',
    [...head, 'k=clear:x', 'm=audio 5000 RTP/AVP 0', 'k=prompt'],
    [...head, 'm=audio 5000 RTP/AVP 0'],
  ],
  [
    'an origin with a word too many',
    ['v=0', 'o=a b 1 1 IN IP4 192.0.2.5', 's=-', 't=0 0'],
    ['v=0', 'o=- 0 0 IN IP4 0.0.0.0', 's=-', 't=0 0'],
  ],
])('B24: the form of RFC 8866, %s', (_, lines, expected) => {
  expect(formOf(...(lines as string[]))).toEqual(expected);
});

test('B3: what is in proper form is left as it is, and attributes keep their order', () => {
  const line = fc.constantFrom('a=x', 'a=y:1', 'a=z ', 'b=AS:1', 'c=IN IP4 192.0.2.5', 'i=x', 't=0 0', 's=x');
  const sections = fc.array(fc.array(line, { maxLength: 8 }), { maxLength: 3 });
  const attributes = (lines: readonly string[]) =>
    lines.filter((each) => each.startsWith('a=')).map((each) => each.trim());
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), sections, (session, media) => {
      const said = { session: [...head, ...session], media: media.map((rest) => ['m=audio 5000 RTP/AVP 0', ...rest]) };
      const formed = inProperForm(parseSdp([...said.session, ...said.media.flat()].join('\n')));
      expect(textsOf(inProperForm(formed))).toEqual(textsOf(formed));
      expect(attributes(textsOf(formed).session)).toEqual(attributes(said.session));
      expect(textsOf(formed).media.map(attributes)).toEqual(said.media.map(attributes));
    }),
  );
});

test('N3: a run of a million blanks is read in time that grows with its length', () => {
  const line = `a=rtcp:9${' '.repeat(1_000_000)}x`;
  const { session } = parseSdp(head.join('\n'));
  const formed = inProperForm({ session, media: [sectionOf(['m=audio 5000 RTP/AVP 0', line])] });
  expect(textsOf(formed).media.flat()).toContain(line);
});
