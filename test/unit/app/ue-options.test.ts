import { readOptions } from '../../../app/ue/options';

const read = (line: string) => readOptions(line.split(' ').filter(Boolean), undefined);

describe('the options of the UE tool', () => {
  test.each([
    ['', '--edge is missing: the address of the edge.'],
    ['--edge 192.0.2.1', 'Nothing to do: give --register, --call, --wait-call, --message or --wait-message.'],
    ['--edge 192.0.2.1:99999 --register', '--edge wants HOST or HOST:PORT, not "192.0.2.1:99999".'],
    ['--edge 192.0.2.1 --call bob', '--call wants a SIP URI such as sip:bob@example.net, not "bob".'],
    ['--edge 192.0.2.1 --call sip:a@b --wait-call', '--call and --wait-call exclude each other.'],
    ['--edge 192.0.2.1 --message bob', '--message wants a SIP URI such as sip:bob@example.net, not "bob".'],
    ['--edge 192.0.2.1 --register --text hello', '--text wants --message beside it.'],
    ['--edge 192.0.2.1 --wait-call --hang-up me', '--hang-up wants us or peer, not "me".'],
    ['--edge 192.0.2.1 --register --seconds 0', '--seconds wants a number of seconds up to 86400, not "0".'],
    ['--edge 192.0.2.1 --register --timeout soon', '--timeout wants a number of seconds up to 86400, not "soon".'],
    ['--edge 192.0.2.1 --register --answer', '--answer is for --core alone.'],
    ['--edge 192.0.2.1 --wait-call --media video', '--media wants audio or msrp, not "video".'],
    ['--edge 192.0.2.1 --wait-call --send-back', '--send-back wants --receive-file beside it.'],
    ['--edge 192.0.2.1 --wait-call --setup actpass', '--setup wants active or passive, not "actpass".'],
    ['--edge 192.0.2.1 --wait-call --receive=-1', '--receive wants a number of messages, not "-1".'],
    ['--edge 192.0.2.1 --register --insecure', '--insecure wants --tls beside it.'],
    ['--edge 192.0.2.1 --register --ws --server-name a', '--server-name wants --tls beside it.'],
    ['--edge 192.0.2.1 --register --http-proxy proxy:3128', '--http-proxy wants http://HOST:PORT, not "proxy:3128".'],
    [
      '--edge 192.0.2.1 --register --http-proxy https://proxy:3128',
      '--http-proxy wants http://HOST:PORT, not "https://proxy:3128".',
    ],
    ['--edge 192.0.2.1 --register --relay-only', '--relay-only wants --turn beside it.'],
    ['--edge 192.0.2.1 --register --turn a:b@192.0.2.1 --no-ice', '--turn and --no-ice exclude each other.'],
    ['--edge 192.0.2.1 --register --turn a@192.0.2.1', '--turn wants USER:PASSWORD@HOST[:PORT].'],
    ['--core --listen 192.0.2.2 --answer --turn a:b@192.0.2.1', '--turn is for a UE, not for --core.'],
    ['--core --listen 192.0.2.2 --answer --ws', '--ws is for a UE, not for --core.'],
    ['--core', '--listen is missing: the address of the core.'],
    ['--core --listen 192.0.2.2', '--core wants either --answer or --call-registered.'],
    ['--core --listen 192.0.2.2 --answer --user bob', '--user is for a UE, not for --core.'],
    ['--edge 192.0.2.1 --register --fast', "Unknown option '--fast'."],
  ])('"%s": %s', (line, message) => {
    expect(() => read(line)).toThrow(expect.objectContaining({ code: 'options-wrong', message }));
  });

  test.each([
    ['guest:secret@192.0.2.1:80', { username: 'guest', password: 'secret', host: '192.0.2.1', port: 80 }],
    [
      '1800000000:a@b.c:q/+=@[2001:db8::1]',
      { username: '1800000000:a@b.c', password: 'q/+=', host: '2001:db8::1', port: 443 },
    ],
  ])('M5: --turn %s', (turn, expected) => {
    const line = `--edge 192.0.2.1 --tls --ws --register --turn ${turn} --relay-only`;
    expect(read(line)).toMatchObject({ turn: { ...expected, alone: true } });
  });

  it('make a UE', () => {
    expect(
      read('--edge [2001:db8::1]:5070 --user alice --register --call sip:bob@example.net --seconds 2.5'),
    ).toMatchObject({
      role: 'ue',
      edge: { host: '2001:db8::1', port: 5070 },
      user: 'alice',
      register: true,
      call: 'sip:bob@example.net',
      seconds: 2.5,
      patience: 60_000,
    });
  });

  test.each([
    ['', { port: 5060 }, { tls: undefined, webSocket: false, proxy: undefined }],
    ['--tls', { port: 5061 }, { tls: { caFile: undefined, serverName: undefined, insecure: false } }],
    ['--tls --ca a.pem --server-name b --insecure', {}, { tls: { caFile: 'a.pem', serverName: 'b', insecure: true } }],
    ['--ws', { port: 80 }, { tls: undefined, webSocket: true }],
    ['--ws --tls', { port: 443 }, { tls: {}, webSocket: true }],
    ['--http-proxy http://proxy', {}, { proxy: { host: 'proxy', port: 80 } }],
    [
      '--http-proxy http://a:b%40c@[2001:db8::1]:3128',
      {},
      { proxy: { host: '2001:db8::1', port: 3128, credentials: 'a:b@c' } },
    ],
  ])('make a UE with SIP over "%s"', (line, edge, transport) => {
    expect(read(`--edge 192.0.2.1 --register ${line}`)).toMatchObject({ edge, transport });
    expect(read(`--edge 192.0.2.1:81 --register ${line}`)).toMatchObject({ edge: { port: 81 } });
  });

  it('make a UE that sends a text', () => {
    const line = '--edge 192.0.2.1 --register --message sip:bob@example.net';
    expect(read(line)).toMatchObject({ message: { uri: 'sip:bob@example.net', text: 'hello' } });
    expect(read(`${line} --text goodbye`)).toMatchObject({ message: { text: 'goodbye' } });
  });

  it('make a UE that sends and receives by MSRP', () => {
    const line = '--edge 192.0.2.1 --call sip:bob@example.net --media audio,msrp --send-file a --receive-file b';
    expect(read(`${line} --cema --setup passive --drop msrp`)).toMatchObject({
      media: ['audio', 'message'],
      messages: { sendFile: 'a', receiveFile: 'b', receive: 1, sendBack: false, cema: true, setup: 'passive' },
      drop: 'message',
    });
  });

  it('make a core', () => {
    expect(read('--core --listen 192.0.2.2 --call-registered alice --timeout 5')).toMatchObject({
      role: 'core',
      listen: { host: '192.0.2.2', port: 5060 },
      callRegistered: 'alice',
      patience: 5000,
    });
  });

  it('take the password from the environment, unless it is given', () => {
    const line = ['--edge', '192.0.2.1', '--register'];
    expect(readOptions(line, 'from-environment')).toMatchObject({ password: 'from-environment' });
    expect(readOptions([...line, '--password', 'given'], 'from-environment')).toMatchObject({ password: 'given' });
  });

  it('are undefined where help is asked for', () => {
    expect(read('--help')).toBeUndefined();
  });
});
