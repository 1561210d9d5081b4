import { accessSides } from '../../../lib/ng/access-sides';
import { CallOptions, withoutOurs } from '../../../lib/ng/call-options';
import { ngOfJson } from '../../../lib/ng/json';
import type { NgDictionary } from '../../../lib/ng/value';
import { parseSdp } from '../../../lib/sdp/sdp';

const plain = ['v=0', 'o=- 1 1 IN IP4 192.0.2.1', 's=-', 'c=IN IP4 192.0.2.1', 't=0 0', 'm=audio 4000 RTP/AVP 0'];
const ice = [...plain, 'a=ice-ufrag:ueUF', 'a=ice-pwd:uepwduepwduepwduepwd12'];
const server = [...plain.slice(0, 5), 'a=ice-lite', ...ice.slice(5)];
const sdp = (lines: string[]) => parseSdp(`${lines.join('\r\n')}\r\n`);
const command = (json: object) => ngOfJson(json) as NgDictionary;

const unknown = { from: undefined, to: undefined };

describe('K1: which side of an offer is access', () => {
  test.each([
    ['plain to plain', plain, {}, unknown, [], false, false],
    ['a UE, no wish', ice, {}, unknown, [], true, true],
    ['a UE, ICE=optional', ice, { ICE: 'optional' }, unknown, [], true, true],
    ['a UE, ICE=remove', ice, { ICE: 'remove' }, unknown, [], true, false],
    ['plain, ICE=force', plain, { ICE: 'force' }, unknown, [], false, true],
    ['plain, ICE as a list', plain, { ICE: ['force', 'trickle'] }, unknown, [], false, true],
    ['plain, ICE=force as a flag', plain, { flags: ['ICE=force'] }, unknown, [], false, true],
    ['plain, WebRTC', plain, { flags: ['WebRTC'] }, unknown, [], false, true],
    ['plain, all in one string', plain, { 'rtpp-flags': 'replace-origin ICE=force' }, unknown, [], false, true],
    ['a server that is ICE-lite', server, { ICE: 'force' }, unknown, [], false, true],
    ['to a side that was access', plain, {}, { from: false, to: true }, [], false, true],
    ['to a side that was not', ice, { ICE: 'force' }, { from: true, to: false }, [], true, false],
    ['by interface', ice, { direction: ['pub', 'priv'], ICE: 'force' }, unknown, ['pub'], true, false],
    ['by interface, the other way', ice, { direction: ['priv', 'pub'] }, unknown, ['pub'], false, true],
    ['by the interfaces of OpenSIPS', plain, { 'in-iface': 'a', 'out-iface': 'b' }, unknown, ['b'], false, true],
    ['no interface said', plain, { ICE: 'force' }, unknown, ['pub'], false, true],
  ])('%s', (_what, lines, options, known, interfaces, from, to) => {
    const told = { what: 'offer' as const, options: new CallOptions(command(options)), sdp: sdp(lines) };
    expect(accessSides(told, known, interfaces)).toEqual({ from, to });
  });

  test('in an answer they are what they were', () => {
    const told = { what: 'answer' as const, options: new CallOptions(command({ ICE: 'force' })), sdp: sdp(plain) };
    expect(accessSides(told, { from: false, to: true }, [])).toEqual({ from: false, to: true });
    expect(accessSides(told, unknown, [])).toEqual({ from: false, to: false });
  });
});

describe('K4: the flag of the call', () => {
  test.each([
    [{ 'tcp-fallback': 'off', ICE: 'force' }, 'off', { ICE: 'force' }],
    [{ tcp_fallback: 'offered', ICE: 'force' }, 'offered', { ICE: 'force' }],
    [{ flags: ['a', 'tcp-fallback=always', 'b'] }, 'always', { flags: ['a', 'b'] }],
    [{ 'rtpp-flags': 'a  tcp-fallback=off b', z: 1 }, 'off', { 'rtpp-flags': 'a b', z: 1 }],
    [{ 'tcp-fallback': 'perhaps' }, undefined, {}],
    [{ flags: ['tcp-fallback'] }, undefined, { flags: [] }],
  ])('%j', (said, fallback, left) => {
    expect(new CallOptions(command(said)).fallback).toBe(fallback);
    expect(withoutOurs(command(said))).toEqual(command(left));
  });

  test('K2: a command without it is the same object', () => {
    const asked = command({ flags: ['a', ['b']], 'rtpp-flags': 'a  b' });
    expect(withoutOurs(asked)).toBe(asked);
  });
});
