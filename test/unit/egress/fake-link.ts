import type { Link } from '../../../lib/wire/link';

/** A peer that keeps what it is sent. */
export class FakeLink implements Link {
  readonly sentBy = '192.0.2.1:7000';
  readonly sent: string[] = [];
  isConnecting = false;
  isProven = false;

  constructor(
    readonly address: string,
    readonly port = 5060,
    readonly transport: 'udp' | 'tcp' = 'udp',
  ) {}

  send(text: string): void {
    this.sent.push(text);
  }

  prove(): void {
    this.isProven = true;
  }

  /** The one message that was sent since the last look. */
  get one(): string {
    const [message = '', ...others] = this.sent.splice(0);
    expect(others).toEqual([]);
    return message;
  }
}
