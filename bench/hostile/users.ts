/** Who may be called in the core: one who answers, one who rings for ever; all others are busy. */
export const answeringUser = 'phone';
export const silentUser = 'silent';
export const busyUser = 'busy';

/** Of the credentials that attackers of TURN have, too. */
export const turnSecret = 'the secret of this bench';

export const domain = 'example.net';

/** A UE whose call is held all the time; its media is counted. */
export const holderPrefix = 'holder';

/** A user whom the registrar does not know: it wants credentials that nobody has. */
export const strangerPrefix = 'stranger';
