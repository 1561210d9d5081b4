import { flowUri, FlowTokens, looksLikeFlowToken } from '../../../lib/sip/flow-token';

const here = '198.51.100.1:5060';
const flow = { transport: 'tcp', address: '192.0.2.7', port: 40123 } as const;

describe('flow tokens', () => {
  test('G2: a token gives back its flow, and can be a user part', () => {
    const tokens = new FlowTokens(here, ['a key of some length']);
    const token = tokens.write(flow);
    expect(tokens.read(token)).toEqual({ instance: here, flow });
    expect(looksLikeFlowToken(token)).toBe(true);
    expect(tokens.read(tokens.write({ ...flow, address: '2001:db8::1' }))?.flow.address).toBe('2001:db8::1');
  });

  test('G2: no changed character passes', () => {
    const tokens = new FlowTokens(here, ['a key of some length']);
    const token = tokens.write(flow);
    for (let at = 0; at < token.length; at++) {
      const other = token[at] === 'A' ? 'B' : 'A';
      expect(tokens.read(token.slice(0, at) + other + token.slice(at + 1))).toBeUndefined();
    }
  });

  test('G2: keys can be replaced: the first signs, all verify', () => {
    const before = new FlowTokens(here, ['the old key']);
    const during = new FlowTokens(here, ['the new key', 'the old key']);
    const after = new FlowTokens(here, ['the new key']);
    expect(during.read(before.write(flow))).toEqual({ instance: here, flow });
    expect(after.read(during.write(flow))).toEqual({ instance: here, flow });
    expect(after.read(before.write(flow))).toBeUndefined();
  });

  test('G2: a token names the instance that has the UE, whoever of those with the key reads it', () => {
    const there = new FlowTokens('[2001:db8::1]:5060', ['a key of some length']);
    const read = new FlowTokens(here, ['a key of some length']).read(there.write({ ...flow, connection: 'a-1_' }));
    expect(read).toEqual({ instance: '[2001:db8::1]:5060', flow: { ...flow, connection: 'a-1_' } });
  });

  test.each(['', 'bob', '===', 'A'.repeat(22)])('"%s" is no token', (token) => {
    expect(new FlowTokens(here, ['a key of some length']).read(token)).toBeUndefined();
  });

  test('a flow becomes a URI', () => {
    expect(flowUri(flow)).toBe('sip:192.0.2.7:40123;transport=tcp');
    expect(flowUri({ transport: 'udp', address: '2001:db8::1', port: 5060 })).toBe(
      'sip:[2001:db8::1]:5060;transport=udp',
    );
  });
});
