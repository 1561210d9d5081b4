/** Who may be called in the core: one who answers, one who rings for ever; all others are busy. */
export const answeringUser = 'phone';
export const silentUser = 'silent';
export const busyUser = 'busy';

export const domain = 'example.net';

/** A UE whose call is held all the time; its media is counted. */
export const holderPrefix = 'holder';

/** A user whom the registrar does not know: it wants credentials that nobody has. */
export const strangerPrefix = 'stranger';
