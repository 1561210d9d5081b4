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
    ['--core', '--listen is missing: the address of the core.'],
    ['--core --listen 192.0.2.2', '--core wants either --answer or --call-registered.'],
    ['--core --listen 192.0.2.2 --answer --user bob', '--user is for a UE, not for --core.'],
    ['--edge 192.0.2.1 --register --fast', "Unknown option '--fast'."],
  ])('"%s": %s', (line, message) => {
    expect(() => read(line)).toThrow(expect.objectContaining({ code: 'options-wrong', message }));
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
