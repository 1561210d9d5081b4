import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ends } from '../../app/demo/ends';
import { addresses } from '../../app/demo/network';
import { turnCredential } from '../../lib/turn/credentials';
import type { Lab } from '../integration/support/lab';
import { labOfSuite } from '../integration/support/lab-of-suite';
import { logged } from '../integration/support/logged';
import { describeInNamespaces } from '../integration/support/namespaces';

/** More than permissions (300), channels and allocations (600) last, s. */
const seconds = 680;
/** Until the credential expires, s: what it has opened goes on. */
const credentialSeconds = 240;
const packets = seconds * 50;

const secret = 'the secret of these tests';

describeInNamespaces(
  'a call that outlasts permissions, channels, its relayed address and its credential',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'e80-slow-turn-'));
    let lab: Lab;
    let ends: Ends | undefined;

    afterAll(() => rmSync(folder, { recursive: true }));

    afterEach(() => ends?.close());

    labOfSuite((started) => (lab = started), { settings: { TURN_SECRET: secret }, firewall: 'tcp80' });

    const credential = () => {
      const expiresAt = Math.floor(Date.now() / 1000) + credentialSeconds;
      const { username, password } = turnCredential(secret, 'ue@example.net', expiresAt);
      return `${username}:${password}`;
    };

    // Ours binds channels; linphone sends indications.
    const clients = [
      { client: 'our UE', options: () => ['--turn', `${credential()}@${addresses.edgeAccess}:80`, '--relay-only'] },
      {
        client: 'linphone',
        program: 'demo/softphone/main.js',
        options: () => ['--turn', credential(), '--folder', folder],
      },
    ];

    test.each(clients)(
      'M1, M3, M5: media of $client lasts',
      async ({ program, options }) => {
        const ueOptions = options();
        ends = new Ends(lab.network, { seconds, direction: 'originating', ueOptions, ueProgram: program });
        const { ue, core } = await ends.run();
        expect({ ue, core }).toMatchObject({ ue: { error: null, path: 'relay' }, core: { error: null } });
        // One permission that was not refreshed would cost more than a quarter.
        for (const received of [ue.received, core.received]) expect(received).toBeGreaterThan(0.99 * packets);
        expect(logged(lab.edgeLog, 'TURN does not relay there')).toEqual([]);
      },
      (seconds + 120) * 1000,
    );
  },
  { programs: ['linphonec'] },
);
