import { withExtensionsOf } from '../../../lib/sdp/header-extensions';
import { sectionOf, textsIn } from './texts';

const written = ['m=audio 5000 RTP/AVP 0', 'a=extmap:1 urn:a', 'a=extmap:3 urn:mid', 'a=sendrecv'];

test.each([
  ['a direction', ['a=extmap:1/sendonly urn:a'], ['a=extmap:1/sendonly urn:a', 'a=extmap:3 urn:mid']],
  ['parameters', ['a=extmap:1 urn:a short'], ['a=extmap:1 urn:a short', 'a=extmap:3 urn:mid']],
  ['another extension under the number', ['a=extmap:1/sendonly urn:b'], ['a=extmap:1 urn:a', 'a=extmap:3 urn:mid']],
  ['none', [], ['a=extmap:1 urn:a', 'a=extmap:3 urn:mid']],
])('B24: header extensions as their sender wrote them: %s', (_, theirs, expected) => {
  const other = sectionOf(['m=audio 1 RTP/AVP 0', ...theirs]);
  expect(textsIn(withExtensionsOf(sectionOf(written), other))).toEqual([written[0], ...expected, 'a=sendrecv']);
});
