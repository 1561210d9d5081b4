import { answerChallenge } from '../../../lib/ue/digest';

const request = { method: 'GET', uri: '/dir/index.html', user: 'Mufasa', password: 'Circle of Life' };
const rfc7616 =
  'realm="http-auth@example.org", qop="auth, auth-int", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v"';

describe('digest credentials', () => {
  test.each([
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ])('are those of RFC 7616 §3.9.1 with %s', (algorithm, response) => {
    const value = answerChallenge(`Digest ${rfc7616}, algorithm=${algorithm}, opaque="FQhe"`, {
      ...request,
      cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
    });
    expect(value).toContain(`response="${response}"`);
    expect(value).toContain('opaque="FQhe"');
    expect(value).toContain('qop=auth, nc=00000001');
  });

  it('are the older ones where no qop is offered (RFC 2069)', () => {
    const value = answerChallenge('Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"', {
      ...request,
      password: 'CircleOfLife',
    });
    expect(value).toContain('response="1949323746fe6a43ef61f9606e7febea"');
    expect(value).not.toContain('qop');
  });

  test.each(['Basic realm="x"', 'Digest realm="x", nonce="y", algorithm=AKAv1-MD5'])(
    'are refused to %s',
    (challenge) => {
      expect(() => answerChallenge(challenge, request)).toThrow(expect.objectContaining({ code: 'challenge-unknown' }));
    },
  );
});
