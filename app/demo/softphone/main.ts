/** linphone in the place of the UE tool; its namespace is the process's own, and nothing else is in it. */
import { runTool } from '../processes';
import { runForeignPhone } from '../foreign-phone';
import { Linphone } from './linphone';

void runForeignPhone(async (options) => {
  // linphone takes itself for disconnected where there is no default route.
  await runTool('ip', ['route', 'replace', 'default', 'via', options.host]);
  return new Linphone(options);
});
