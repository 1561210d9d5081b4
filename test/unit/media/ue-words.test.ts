import type { MediaView } from '../../../lib/sdp/session-view';
import { UeWords } from '../../../lib/media/ue-words';
import { audio, ice, mediaOf, ueSdp } from './fixtures';

const image = 'm=image 5010 udptl t38';
const withIce = [...audio, ...ice, 'a=rtcp-mux'];
const bfcp = ['m=application 5020 UDP/BFCP *', 'c=IN IP4 10.0.0.5'];

function heard(...sdps: string[][]): UeWords {
  const words = new UeWords();
  for (const lines of sdps) words.heard(mediaOf(ueSdp(...lines)), new Map());
  return words;
}

/** As the first line of an offer. */
function line(...lines: string[]): MediaView {
  const [view] = mediaOf(ueSdp(...lines));
  if (view === undefined) throw new Error('It has no line.');
  return view;
}

describe('B28: what a line without RTP says of ICE says nothing of those with it', () => {
  test.each([
    ['nothing said yet', [], false],
    ['ICE', [withIce], false],
    ['no ICE', [audio], true],
    ['S10: ICE, then a fax on the line', [withIce, [image]], false],
    ['no ICE, then a fax', [audio, [image]], true],
    ['a fax from the start', [[image]], false],
    ['a fax, then no ICE', [[image], audio], true],
    ['ICE, then a fax on a line of its own', [withIce, ['m=audio 0 RTP/AVP 0', image]], false],
    ['no ICE beside BFCP that has it', [[...audio, ...bfcp, ...ice]], true],
    ['ICE beside BFCP without', [[...withIce, ...bfcp]], false],
  ])('%s', (_, sdps, declinesIce) => expect(heard(...sdps).declinesIce).toBe(declinesIce));

  test('the last word on a line is that of its kind', () => {
    const words = heard(withIce, [image]);
    expect(words.of(line(...audio))).toMatchObject({ kind: 'audio', hasIce: true });
    expect(words.of(line(image))).toMatchObject({ kind: 'image', hasIce: false });
    expect(words.of({ ...line(...audio), index: 1 })).toBeUndefined();
  });

  test('a line that is taken over by other media has said nothing', () => {
    const words = heard([...withIce, 'm=video 5002 RTP/AVP 34']);
    const video = { ...line('m=video 5002 RTP/AVP 34'), index: 1 };
    expect(words.of(video)).toMatchObject({ hasIce: false });
    expect(words.of({ ...video, kind: 'audio' })).toBeUndefined();
  });

  test('a line that was declined has said nothing', () => {
    const words = heard(withIce, ['m=audio 0 RTP/AVP 0']);
    expect(words.of(line(...audio))).toBeUndefined();
    expect(words.declinesIce).toBe(false);
  });
});
