/** The web phone of an edge, in a browser, in the place of the UE tool. */
import { runForeignPhone } from '../foreign-phone';
import { PhonePage } from './phone-page';

void runForeignPhone(({ host, port, isSecure, certificate, folder }) =>
  PhonePage.open({ origin: `${isSecure ? 'https' : 'http'}://${host}:${port}`, certificate, folder }),
);
